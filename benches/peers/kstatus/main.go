// The kstatus of Flux (fluxcd/cli-utils) as a peer: judges every object of a file.
//
//	peer <row> <input-file> <iterations>
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"gotk.rs/peer-harness"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if os.Args[1] == "diff" {
		harness.Converse(diffObject)
		return
	}
	run := harness.Asked()
	objects := parse(run.Input)
	operation := letters
	if run.Row == "kstatus/sentences" {
		operation = sentences
	}
	harness.Measure(run, func() []byte { return operation(objects) }, harness.Digest)
}

func parse(text []byte) (objects []*unstructured.Unstructured) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		object := &unstructured.Unstructured{}
		harness.Check(object.UnmarshalJSON(lines.Bytes()))
		objects = append(objects, object)
	}
	return objects
}

// letters are the first ones of the statuses.
func letters(objects []*unstructured.Unstructured) (out []byte) {
	for _, object := range objects {
		if result, err := status.Compute(object); err == nil {
			out = append(out, result.Status[0])
		}
	}
	return out
}

// sentences has one line per object: status, a tab, the sentence.
func sentences(objects []*unstructured.Unstructured) []byte {
	var out bytes.Buffer
	for _, object := range objects {
		if result, err := status.Compute(object); err == nil {
			fmt.Fprintf(&out, "%s\t%s\n", result.Status, result.Message)
		}
	}
	return out.Bytes()
}
