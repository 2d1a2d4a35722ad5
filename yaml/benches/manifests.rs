//! A stream of manifests such as a cluster has, made up and always the same.

/// About this many bytes of Deployments, Services, `ConfigMaps` and definitions of resources.
pub(crate) fn stream(bytes: usize) -> String {
    let mut stream = String::with_capacity(bytes + 8192);
    let mut index = 0;
    while stream.len() < bytes {
        stream.push_str("---\n");
        match index % 8 {
            0..=2 => deployment(&mut stream, index),
            3 | 4 => service(&mut stream, index),
            5 => config(&mut stream, index),
            6 => definition(&mut stream, index),
            _ => policy(&mut stream, index),
        }
        index += 1;
    }
    stream
}

fn deployment(out: &mut String, index: usize) {
    out.push_str(&format!(
        "# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{index}
  namespace: shop
  labels:
    app.kubernetes.io/name: web-{index}
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: \"1.{index}.0\"
  annotations:
    checksum/config: 01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b
spec:
  replicas: 3
  selector:
    matchLabels: {{app.kubernetes.io/name: web-{index}}}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web-{index}
    spec:
      serviceAccountName: web
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
      containers:
      - name: web
        image: registry.example.com/shop/web:v1.{index}.0 # pinned by automation
        imagePullPolicy: IfNotPresent
        args:
        - --listen=0.0.0.0:8080
        - --log-level=info
        - '--feature-gates=Cache=true,Search=false'
        ports:
        - containerPort: 8080
          name: http
          protocol: TCP
        env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: GREETING
          value: \"Hello, \\\"world\\\"\\n\"
        readinessProbe:
          httpGet:
            path: /healthz
            port: http
          initialDelaySeconds: 5
          periodSeconds: 10
        resources:
          limits:
            memory: 256Mi
          requests:
            cpu: 100m
            memory: 128Mi
        volumeMounts:
        - mountPath: /etc/web
          name: config
          readOnly: true
      volumes:
      - name: config
        configMap:
          name: web-{index}
"
    ));
}

fn service(out: &mut String, index: usize) {
    out.push_str(&format!(
        "apiVersion: v1
kind: Service
metadata:
  name: web-{index}
  namespace: shop
spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: web-{index}
  ports:
  - name: http
    port: 80
    targetPort: http
    protocol: TCP
"
    ));
}

fn config(out: &mut String, index: usize) {
    out.push_str(&format!(
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: web-{index}
  namespace: shop
data:
  LOG_LEVEL: info
  MAX_CONNECTIONS: \"{index}\"
  nginx.conf: |
    worker_processes auto;
    events {{
      worker_connections 1024;
    }}
    http {{
      server {{
        listen 8080;
        location / {{
          proxy_pass http://web-{index}.shop.svc.cluster.local;
        }}
      }}
    }}
  motd: >-
    This text is folded: it is one long line in the end,
    whatever the editor of its author thought about that.
"
    ));
}

fn definition(out: &mut String, index: usize) {
    out.push_str(&format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: apps{index}.shop.example.com
spec:
  group: shop.example.com
  names:
    kind: App{index}
    listKind: App{index}List
    plural: apps{index}
    singular: app{index}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - jsonPath: .status.conditions[?(@.type==\"Ready\")].status
      name: Ready
      type: string
    schema:
      openAPIV3Schema:
        description: App is the Schema for the apps API.
        type: object
        properties:
"
    ));
    for property in 0..30 {
        out.push_str(&format!(
            "          property{property}:
            description: |-
              Property{property} says how the app behaves in one respect. It may be left
              out, in which case the controller chooses what suits the platform.

              More info: https://shop.example.com/docs/property{property}
            type: object
            required: [name, interval]
            properties:
              name:
                maxLength: 253
                minLength: 1
                type: string
              interval:
                description: Interval at which to look again.
                pattern: ^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$
                type: string
              suspend:
                default: false
                type: boolean
              weight:
                format: int32
                maximum: 100
                type: integer
"
        ));
    }
}

fn policy(out: &mut String, index: usize) {
    out.push_str(&format!(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{\"name\": \"web-{index}\", \"namespace\": \"shop\"}}
rules:
- apiGroups: [\"\", \"apps\"]
  resources: [\"pods\", \"deployments\"]
  verbs: [get, list, watch]
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  verbs:
  - '*'
"
    ));
}
