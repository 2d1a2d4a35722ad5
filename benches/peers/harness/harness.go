// Package harness is what all peers share: a loop that is timed, and a conversation.
package harness

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// Run is what a peer is asked to measure: `peer <row> <input-file> <iterations>`.
type Run struct {
	Row   string
	Input []byte
	// Children is set where other processes do the work: theirs is the CPU, and nobody counts allocations.
	Children bool
	// Made is the size of what came out, where the row asks for it.
	Made func() int64

	iterations int
}

// Asked reads the arguments.
func Asked() *Run {
	return &Run{
		Row:        os.Args[1],
		Input:      Must(os.ReadFile(os.Args[2])),
		iterations: Must(strconv.Atoi(os.Args[3])),
	}
}

// Measure performs an operation once to warm up and then as often as was asked, and prints what that took.
// The result is shown as a word that both sides must agree on.
func Measure[T any](run *Run, operation func() T, show func(T) string) {
	result := operation()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), run.cpu()
	for range run.iterations {
		result = operation()
	}
	elapsed, used := time.Since(wall), run.cpu()-cpu
	runtime.ReadMemStats(&after)
	record := map[string]any{
		"row": run.Row, "iterations": run.iterations, "wall_ns": elapsed.Nanoseconds(), "cpu_ns": used.Nanoseconds(),
		"bytes": len(run.Input), "allocs": after.Mallocs - before.Mallocs, "result": show(result),
	}
	if run.Children {
		record["allocs"] = nil
	}
	if run.Made != nil {
		record["made"] = run.Made()
	}
	Check(json.NewEncoder(os.Stdout).Encode(record))
}

func (run *Run) cpu() time.Duration {
	who := syscall.RUSAGE_SELF
	if run.Children {
		who = syscall.RUSAGE_CHILDREN
	}
	var usage syscall.Rusage
	Check(syscall.Getrusage(who, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Plain shows a result as it is.
func Plain[T any](result T) string { return fmt.Sprint(result) }

// Digest shows the SHA-256 of a text.
func Digest[T string | []byte](text T) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

// Converse answers every line of JSON with one.
func Converse(answer func(line []byte) any) {
	lines, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		_ = Must(out.Write(append(Must(json.Marshal(safely(answer, line))), '\n')))
		Check(out.Flush())
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

// Must is the value, where there is no error.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}

// Check ends the program with an error, if there is one.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
