// Builds as kustomize 5.8.1 and Flux's kustomize-controller do, and measures it.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/fluxcd/pkg/kustomize"
	"gotk.rs/peer-harness"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	if os.Args[1] == "diff" {
		log.SetOutput(io.Discard)
		harness.Converse(diffBuild)
		return
	}
	run := harness.Asked()
	input := string(run.Input)
	if run.Row == "kustomize/objects-16000" {
		fmt.Fprintln(os.Stderr, "it takes minutes: the original grows with the square")
		os.Exit(1)
	}
	build := func() string {
		switch run.Row {
		case "kustomize/overlays-300":
			return overlays(input)
		case "kustomize/flux":
			return flux(input)
		}
		return built(memory(input), "overlay")
	}
	harness.Measure(run, build, harness.Digest)
}

// files calls back for each file of the input: "%%% path", and its text from the next line on.
func files(input string, each func(path, text string)) {
	for _, part := range strings.Split(input, "%%% ")[1:] {
		path, text, _ := strings.Cut(part, "\n")
		each(path, text)
	}
}

func memory(input string) filesys.FileSystem {
	fs := filesys.MakeFsInMemory()
	files(input, func(path, text string) {
		harness.Check(fs.WriteFile("/"+path, []byte(text)))
	})
	return fs
}

func built(fs filesys.FileSystem, folder string) string {
	resources := harness.Must(krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, "/"+folder))
	return string(harness.Must(resources.AsYaml()))
}

func overlays(input string) string {
	fs := memory(input)
	var all strings.Builder
	for i := range 300 {
		all.WriteString(built(fs, fmt.Sprintf("overlays/%d", i)))
	}
	return all.String()
}

// flux does what the controller does: it writes into a copy of the artifact.
func flux(input string) string {
	root := harness.Must(filepath.EvalSymlinks(harness.Must(os.MkdirTemp("", "flux-"))))
	defer os.RemoveAll(root)
	files(input, func(path, text string) {
		path = filepath.Join(root, path)
		harness.Check(os.MkdirAll(filepath.Dir(path), 0o700))
		harness.Check(os.WriteFile(path, []byte(text), 0o600))
	})
	object := unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"targetNamespace": "shop",
		"postBuild":       map[string]any{"substitute": map[string]any{"cluster": "eu-west-1", "tag": "1.42.7"}},
	}}}
	harness.Must(kustomize.NewGenerator(root, object).WriteFile(root))
	built := harness.Must(kustomize.SecureBuild(root, root, false))
	for _, resource := range built.Resources() {
		out := harness.Must(kustomize.SubstituteVariables(context.Background(), nil, object, resource,
			kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(true)))
		if out != nil {
			harness.Must(built.Replace(out))
		}
	}
	return string(harness.Must(built.AsYaml()))
}
