// Kubernetes' own field manager as a peer: one forced apply, from JSON to JSON.
//
//	peer <row> <input-file> <iterations>
//
// The input is two lines: the live object with its managed fields, and the configuration.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubernetes "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

// oneVersion stands for conversion and defaulting: there is one version, and nothing to default.
type oneVersion struct{}

func (oneVersion) Convert(in, out, context any) error { return nil }
func (oneVersion) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}
func (oneVersion) ConvertToVersion(in kubernetes.Object, _ kubernetes.GroupVersioner) (kubernetes.Object, error) {
	return in, nil
}
func (oneVersion) Default(kubernetes.Object) {}
func (oneVersion) New(kind schema.GroupVersionKind) (kubernetes.Object, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	return object, nil
}

var written = regexp.MustCompile(`"time":"[0-9TZ:-]*"`)

func main() {
	if os.Args[1] == "diff" {
		converse(diffScript)
		return
	}
	row, file := os.Args[1], os.Args[2]
	iterations, err := strconv.Atoi(os.Args[3])
	check(err)
	text, err := os.ReadFile(file)
	check(err)
	live, config, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	kind := parse(config).GroupVersionKind()
	manager, err := managedfields.NewDefaultFieldManager(applyconfigurations.NewTypeConverter(scheme.Scheme),
		oneVersion{}, oneVersion{}, oneVersion{}, kind, kind.GroupVersion(), "", nil)
	check(err)
	apply := func() []byte {
		object, err := manager.Apply(parse(live), parse(config), "bench", true)
		check(err)
		out, err := json.Marshal(object.(*unstructured.Unstructured).Object)
		check(err)
		return out
	}
	result := apply() // warm-up

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, wall := cpuTime(), time.Now()
	for range iterations {
		result = apply()
	}
	elapsed, used := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	// The clock is not ours to set: every time is the one that the other side is given.
	result = written.ReplaceAll(result, []byte(`"time":"2026-01-01T00:00:00Z"`))
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": elapsed.Nanoseconds(), "cpu_ns": used.Nanoseconds(),
		"bytes": len(text), "allocs": after.Mallocs - before.Mallocs,
		"result": fmt.Sprintf("%x", sha256.Sum256(result)),
	}))
}

func parse(text []byte) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	check(object.UnmarshalJSON(text))
	return object
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
