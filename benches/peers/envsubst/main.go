// Substitutes variables as Flux's kustomize-controller does, and measures it.
package main

import (
	"os"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
	"gotk.rs/peer-harness"
)

var variables = map[string]string{
	"cluster": "production-eu-west-1", "registry": "registry.example.com/platform",
	"tag": "v1.42.7", "replicas": "3", "empty": "",
}

func main() {
	if os.Args[1] == "diff" {
		harness.Converse(diffSubstitution)
		return
	}
	run := harness.Asked()
	input := string(run.Input)
	expand := func() string {
		var all strings.Builder
		for _, object := range strings.Split(input, "---\n") {
			all.WriteString(harness.Must(envsubst.Eval(object, func(name string) (string, bool) {
				value, known := variables[name]
				return value, known
			})))
		}
		return all.String()
	}
	harness.Measure(run, expand, harness.Digest)
}
