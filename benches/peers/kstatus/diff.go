package main

import (
	"encoding/json"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// diffObject judges an object.
func diffObject(line []byte) any {
	var input struct{ Object json.RawMessage }
	if json.Unmarshal(line, &input) != nil || len(input.Object) == 0 || input.Object[0] != '{' {
		return nil
	}
	object := &unstructured.Unstructured{}
	if object.UnmarshalJSON(input.Object) != nil {
		return map[string]any{"error": true}
	}
	result, err := status.Compute(object)
	if err != nil {
		return map[string]any{"error": true}
	}
	return map[string]any{"status": result.Status, "message": result.Message}
}
