// Substitutes variables as Flux's kustomize-controller does, and measures it.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fluxcd/pkg/envsubst"
)

var variables = map[string]string{
	"cluster": "production-eu-west-1", "registry": "registry.example.com/platform",
	"tag": "v1.42.7", "replicas": "3", "empty": "",
}

func main() {
	if os.Args[1] == "diff" {
		converse(diffSubstitution)
		return
	}
	row, iterations := os.Args[1], must(strconv.Atoi(os.Args[3]))
	input := string(must(os.ReadFile(os.Args[2])))
	expand := func() string {
		var all strings.Builder
		for _, object := range strings.Split(input, "---\n") {
			all.WriteString(must(envsubst.Eval(object, func(name string) (string, bool) {
				value, known := variables[name]
				return value, known
			})))
		}
		return all.String()
	}
	result := expand()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), cpuTime()
	for range iterations {
		result = expand()
	}
	wallTime, cpuUsed := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	digest := sha256.Sum256([]byte(result))
	fmt.Println(string(must(json.Marshal(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": wallTime.Nanoseconds(), "cpu_ns": cpuUsed.Nanoseconds(),
		"bytes": len(input), "allocs": after.Mallocs - before.Mallocs, "result": hex.EncodeToString(digest[:]),
	}))))
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
