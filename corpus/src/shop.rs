//! A shop of any size: a base of manifests as people write them, and an overlay that touches all of it.

/// A path and the text there.
pub type File = (String, String);

/// An overlay over a base of so many objects, so many of them to a file.
pub fn shop(objects: usize, in_a_file: usize) -> Vec<File> {
    let mut files = base(objects, in_a_file);
    files.push(("overlay/kustomization.yaml".to_owned(), OVERLAY.to_owned()));
    files
}

/// The base alone.
pub fn base(objects: usize, in_a_file: usize) -> Vec<File> {
    let firsts = || (0..objects).step_by(in_a_file.max(1));
    let names = firsts().map(|first| format!("- objects-{first}.yaml\n")).collect::<String>();
    let file = |first: usize| {
        let of = (first..objects.min(first + in_a_file)).map(|at| object(at, "web:1"));
        (format!("base/objects-{first}.yaml"), of.collect::<Vec<_>>().join("---\n"))
    };
    let says = ("base/kustomization.yaml".to_owned(), format!("resources:\n{names}"));
    std::iter::once(says).chain(firsts().map(file)).collect()
}

/// The same without what stands in configuration files: of short texts only.
pub fn terse(files: Vec<File>) -> Vec<File> {
    let shorten = |(path, text): File| (path, text.replace(SETTINGS, "    served: yes\n"));
    files.into_iter().map(shorten).collect()
}

const OVERLAY: &str = "\
namespace: shop
namePrefix: prod-
resources: [../base]
labels:
- pairs: {env: production}
  includeSelectors: true
commonAnnotations: {team: platform}
images:
- name: registry.example.com/web
  newTag: \"2\"
patches:
- target: {kind: Deployment}
  patch: '[{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": false}]'
- target: {kind: Deployment}
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec:
      template:
        spec:
          containers:
          - name: web
            env:
            - {name: REGION, value: eu}
configMapGenerator:
- name: settings
  literals: [a=b]
";

/// A file, as every `ConfigMap` here holds it.
const SETTINGS: &str = "    # served to everybody
    listen = 0.0.0.0:8080
    root = /srv/www
    index = index.html
    log.format = json
    log.level = info
    cache.size = 64Mi
    cache.ttl = 10m
    compression = gzip, br
    timeout.read = 30s
    timeout.write = 30s
    header.cache-control = public, max-age=3600
";

/// One of the objects: of every four that belong together the last is a Deployment, which names two
/// of the others.
pub fn object(at: usize, image: &str) -> String {
    let app = at / 4;
    let head = |api: &str, kind: &str| {
        format!(
            "apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: web-{app}\n  labels: {{app: web-{app}}}\n"
        )
    };
    match at % 4 {
        0 => head("v1", "ServiceAccount"),
        1 => format!(
            "{}data:\n  host: web-{app}.example.com\n  level: info\n  server.conf: |\n{}",
            head("v1", "ConfigMap"),
            SETTINGS
        ),
        2 => format!(
            "{}spec:\n  selector: {{app: web-{app}}}\n  ports:\n  - name: http\n    port: 80\n    \
             targetPort: 8080\n",
            head("v1", "Service")
        ),
        _ => format!(
            "{}spec:
  replicas: 2
  selector:
    matchLabels: {{app: web-{app}}}
  template:
    metadata:
      labels: {{app: web-{app}}}
    spec:
      serviceAccountName: web-{app}
      containers:
      - name: web
        image: registry.example.com/{image}
        args: [--listen=0.0.0.0:8080, --log=info]
        envFrom:
        - configMapRef: {{name: web-{app}}}
        ports:
        - containerPort: 8080
          name: http
        resources:
          requests: {{cpu: 10m, memory: 64Mi}}
          limits: {{memory: 128Mi}}
        readinessProbe:
          httpGet: {{path: /healthz, port: http}}
",
            head("apps/v1", "Deployment")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_has_all_its_objects() {
        let files = shop(10, 4);
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        let objects = ["base/objects-0.yaml", "base/objects-4.yaml", "base/objects-8.yaml"];
        assert_eq!(paths[0], "base/kustomization.yaml");
        assert_eq!(paths[1..4], objects);
        let kinds: usize =
            files[1..4].iter().map(|(_, text)| text.matches("\nkind: ").count()).sum();
        assert_eq!(kinds, 10);
    }
}
