// Builds as kustomize 5.8.1 and Flux's kustomize-controller do, and measures it.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	if os.Args[1] == "diff" {
		converse(diffBuild)
		return
	}
	row, iterations := os.Args[1], must(strconv.Atoi(os.Args[3]))
	input := string(must(os.ReadFile(os.Args[2])))
	if row == "kustomize/objects-16000" {
		fmt.Fprintln(os.Stderr, "it takes minutes: the original grows with the square")
		os.Exit(1)
	}
	build := func() string {
		switch row {
		case "kustomize/overlays-300":
			return overlays(input)
		case "kustomize/flux":
			return flux(input)
		}
		return run(memory(input), "overlay")
	}
	result := build()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), cpuTime()
	for range iterations {
		result = build()
	}
	wallTime, cpuUsed := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	digest := sha256.Sum256([]byte(result))
	fmt.Println(string(must(json.Marshal(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": wallTime.Nanoseconds(), "cpu_ns": cpuUsed.Nanoseconds(),
		"bytes": len(input), "allocs": after.Mallocs - before.Mallocs, "result": hex.EncodeToString(digest[:]),
	}))))
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
		if err := fs.WriteFile("/"+path, []byte(text)); err != nil {
			fail(err)
		}
	})
	return fs
}

func run(fs filesys.FileSystem, folder string) string {
	built := must(krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, "/"+folder))
	return string(must(built.AsYaml()))
}

func overlays(input string) string {
	fs := memory(input)
	var all strings.Builder
	for i := range 300 {
		all.WriteString(run(fs, fmt.Sprintf("overlays/%d", i)))
	}
	return all.String()
}

// flux does what the controller does: it writes into a copy of the artifact.
func flux(input string) string {
	root := must(filepath.EvalSymlinks(must(os.MkdirTemp("", "flux-"))))
	defer os.RemoveAll(root)
	files(input, func(path, text string) {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			fail(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			fail(err)
		}
	})
	object := unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"targetNamespace": "shop",
		"postBuild":       map[string]any{"substitute": map[string]any{"cluster": "eu-west-1", "tag": "1.42.7"}},
	}}}
	must(kustomize.NewGenerator(root, object).WriteFile(root))
	built := must(kustomize.SecureBuild(root, root, false))
	for _, resource := range built.Resources() {
		out := must(kustomize.SubstituteVariables(context.Background(), nil, object, resource,
			kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(true)))
		if out != nil {
			must(built.Replace(out))
		}
	}
	return string(must(built.AsYaml()))
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err)
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
