package main

import _ "sigs.k8s.io/kustomize/api/types" // its sources are read
