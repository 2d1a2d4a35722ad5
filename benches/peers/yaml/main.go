// Reads and writes manifests as Kubernetes, Helm and kustomize do, and measures it.
package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"gotk.rs/peer-harness"
	stream "k8s.io/apimachinery/pkg/util/yaml"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

func main() {
	if os.Args[1] == "diff" {
		harness.Converse(diffText)
		return
	}
	run := harness.Asked()
	operation := map[string]func([]byte) any{
		"yaml/read": read, "yaml/hold": hold, "yaml/rewrite": rewrite, "yaml/keep": keep, "yaml/emit": emit(),
	}[run.Row]
	harness.Measure(run, func() any { return operation(run.Input) }, func(result any) string {
		if text, isText := result.([]byte); isText {
			return harness.Digest(text)
		}
		return harness.Plain(result)
	})
}

func each(input []byte, then func(any)) {
	decoder := stream.NewYAMLOrJSONDecoder(bytes.NewReader(input), 2048)
	for {
		var value any
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			harness.Must(0, err)
		}
		then(value)
	}
}

func read(input []byte) any {
	count := 0
	each(input, func(any) { count++ })
	return count
}

// held keeps the values of the last run in memory.
var held []any

func hold(input []byte) any {
	held = nil
	each(input, func(value any) { held = append(held, value) })
	return len(held)
}

func rewrite(input []byte) any {
	var out []byte
	each(input, func(value any) { out = append(out, harness.Must(yaml.Marshal(value))...) })
	return out
}

// emit writes values that were read once.
func emit() func([]byte) any {
	var values []any
	return func(input []byte) any {
		if values == nil {
			each(input, func(value any) { values = append(values, value) })
		}
		var out []byte
		for _, value := range values {
			out = append(out, harness.Must(yaml.Marshal(value))...)
		}
		return out
	}
}

func keep(input []byte) any {
	var out []byte
	for _, part := range strings.Split(string(input), "---\n") {
		if part != "" {
			out = append(out, harness.Must(harness.Must(kyaml.Parse(part)).String())...)
		}
	}
	return out
}
