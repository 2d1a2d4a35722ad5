// Reads and writes manifests as Kubernetes, Helm and kustomize do, and measures it.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	stream "k8s.io/apimachinery/pkg/util/yaml"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

func main() {
	if os.Args[1] == "diff" {
		converse(diffText)
		return
	}
	row, iterations := os.Args[1], must(strconv.Atoi(os.Args[3]))
	input := must(os.ReadFile(os.Args[2]))
	operation := map[string]func([]byte) any{
		"yaml/read": read, "yaml/rewrite": rewrite, "yaml/keep": keep, "yaml/emit": emit(),
	}[row]
	result := operation(input)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), cpuTime()
	for range iterations {
		result = operation(input)
	}
	wallTime, cpuUsed := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	if text, isText := result.([]byte); isText {
		digest := sha256.Sum256(text)
		result = hex.EncodeToString(digest[:])
	}
	fmt.Println(string(must(json.Marshal(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": wallTime.Nanoseconds(), "cpu_ns": cpuUsed.Nanoseconds(),
		"bytes": len(input), "allocs": after.Mallocs - before.Mallocs, "result": fmt.Sprint(result),
	}))))
}

func each(input []byte, then func(any)) {
	decoder := stream.NewYAMLOrJSONDecoder(bytes.NewReader(input), 2048)
	for {
		var value any
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			must(0, err)
		}
		then(value)
	}
}

func read(input []byte) any {
	count := 0
	each(input, func(any) { count++ })
	return count
}

func rewrite(input []byte) any {
	var out []byte
	each(input, func(value any) { out = append(out, must(yaml.Marshal(value))...) })
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
			out = append(out, must(yaml.Marshal(value))...)
		}
		return out
	}
}

func keep(input []byte) any {
	var out []byte
	for _, part := range strings.Split(string(input), "---\n") {
		if part != "" {
			out = append(out, must(must(kyaml.Parse(part)).String())...)
		}
	}
	return out
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}
