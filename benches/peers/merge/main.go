// Kubernetes' own field manager as a peer: one forced apply, from JSON to JSON.
//
//	peer <row> <input-file> <iterations>
//
// The input is two lines: the live object with its managed fields, and the configuration.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"

	"gotk.rs/peer-harness"
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
		harness.Converse(diffScript)
		return
	}
	run := harness.Asked()
	live, config, _ := bytes.Cut(bytes.TrimSpace(run.Input), []byte("\n"))
	kind := parse(config).GroupVersionKind()
	manager, err := managedfields.NewDefaultFieldManager(applyconfigurations.NewTypeConverter(scheme.Scheme),
		oneVersion{}, oneVersion{}, oneVersion{}, kind, kind.GroupVersion(), "", nil)
	harness.Check(err)
	apply := func() []byte {
		object, err := manager.Apply(parse(live), parse(config), "bench", true)
		harness.Check(err)
		out, err := json.Marshal(object.(*unstructured.Unstructured).Object)
		harness.Check(err)
		return out
	}
	// The clock is not ours to set: every time is the one that the other side is given.
	harness.Measure(run, apply, func(result []byte) string {
		return harness.Digest(written.ReplaceAll(result, []byte(`"time":"2026-01-01T00:00:00Z"`)))
	})
}

func parse(text []byte) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	harness.Check(object.UnmarshalJSON(text))
	return object
}
