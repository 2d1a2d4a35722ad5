package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	yaml3 "go.yaml.in/yaml/v3"
	stream "k8s.io/apimachinery/pkg/util/yaml"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

// diffText reads or writes a text.
func diffText(line []byte) any {
	var input struct{ Op, Text *string }
	if json.Unmarshal(line, &input) != nil || input.Op == nil || input.Text == nil {
		return nil
	}
	out, err := perform(*input.Op, *input.Text)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return out
}

func perform(op, text string) (any, error) {
	switch op {
	case "parse":
		out, err := yaml.YAMLToJSON([]byte(text))
		return json.RawMessage(out), err
	case "parse-strict":
		out, err := yaml.YAMLToJSONStrict([]byte(text))
		return json.RawMessage(out), err
	case "rewrite":
		out, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			return nil, err
		}
		out, err = yaml.JSONToYAML(out)
		return string(out), err
	case "emit":
		out, err := yaml.JSONToYAML([]byte(text))
		return string(out), err
	case "emit-kyaml", "emit-v3":
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return nil, err
		}
		if op == "emit-kyaml" {
			out, err := kyaml.Marshal(value)
			return string(out), err
		}
		out, err := yaml3.Marshal(value)
		return string(out), err
	case "keep":
		node, err := kyaml.Parse(text)
		if err != nil {
			return nil, err
		}
		return node.String()
	case "decode":
		values := []any{}
		decoder := stream.NewYAMLOrJSONDecoder(strings.NewReader(text), 2048)
		for {
			var value any
			if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
				return values, nil
			} else if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
	case "split":
		parts := []string{}
		reader := stream.NewYAMLReader(bufio.NewReader(bytes.NewReader([]byte(text))))
		for {
			part, err := reader.Read()
			if errors.Is(err, io.EOF) {
				return parts, nil
			} else if err != nil {
				return nil, err
			}
			parts = append(parts, string(part))
		}
	}
	return nil, nil
}
