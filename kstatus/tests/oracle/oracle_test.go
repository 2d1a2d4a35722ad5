// Asks the Go originals what they make of our cases and writes their answers down.
//
//	CASES=../cases/objects.jsonl go test -count=1 ./...
//
// rewrites `expect` in every line of that file. The clock stands at 2000-01-01T00:00:00Z (synctest)
// and moves only by `tick`.
package oracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/runtime/statusreaders"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type record map[string]json.RawMessage

func TestOracle(t *testing.T) {
	file := os.Getenv("CASES")
	if file == "" {
		t.Skip("CASES names the file to answer")
	}
	in, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(in))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		// Every case has a clock of its own.
		synctest.Test(t, func(*testing.T) { r["expect"] = marshal(answer(r)) })
		out.Write(marshal(r))
		out.WriteByte('\n')
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func marshal(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

func answer(r record) (answer map[string]any) {
	defer func() {
		if problem := recover(); problem != nil {
			answer = map[string]any{"panic": fmt.Sprint(problem)}
		}
	}()
	if ops, ok := r["ops"]; ok {
		return runScript(r["object"], ops)
	}
	if options, ok := r["lint"]; ok {
		return lint(r["object"], options)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(r["object"]); err != nil {
		return map[string]any{"decodeError": err.Error()}
	}
	if string(r["reader"]) == `"job"` {
		return judged(statusreaders.ComputeJobStatus(object))
	}
	if string(r["reader"]) == `"augment"` {
		if err := status.Augment(object); err != nil {
			return map[string]any{"error": err.Error()}
		}
		return map[string]any{"object": object.Object}
	}
	result, err := status.Compute(object)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return judged(*result)
}

func judged(result status.Result) map[string]any {
	return map[string]any{
		"status": result.Status, "message": result.Message, "conditions": append([]status.Condition{}, result.Conditions...),
	}
}
