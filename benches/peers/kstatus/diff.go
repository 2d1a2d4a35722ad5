package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

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

// converse answers every line of JSON with one.
func converse(answer func(line []byte) any) {
	lines, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		text, err := json.Marshal(safely(answer, line))
		check(err)
		_, _ = out.Write(append(text, '\n'))
		check(out.Flush())
	}
}

// safely is the answer, or the panic it ended in.
func safely(answer func([]byte) any, line []byte) (result any) {
	defer func() {
		if problem := recover(); problem != nil {
			result = map[string]any{"panic": fmt.Sprint(problem)}
		}
	}()
	return answer(line)
}
