// The kstatus of Flux (fluxcd/cli-utils) as a peer: judges every object of a file.
//
//	peer <row> <input-file> <iterations>
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if os.Args[1] == "diff" {
		converse(diffObject)
		return
	}
	row, file := os.Args[1], os.Args[2]
	iterations, err := strconv.Atoi(os.Args[3])
	check(err)
	text, err := os.ReadFile(file)
	check(err)
	objects := parse(text)
	operation := letters
	if row == "kstatus/sentences" {
		operation = sentences
	}
	result := operation(objects) // warm-up

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, wall := cpuTime(), time.Now()
	for range iterations {
		result = operation(objects)
	}
	elapsed, used := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": elapsed.Nanoseconds(), "cpu_ns": used.Nanoseconds(),
		"bytes": len(text), "allocs": after.Mallocs - before.Mallocs,
		"result": fmt.Sprintf("%x", sha256.Sum256(result)),
	}))
}

func parse(text []byte) (objects []*unstructured.Unstructured) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		object := &unstructured.Unstructured{}
		check(object.UnmarshalJSON(lines.Bytes()))
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
