// Masterminds/semver and cel-go (as fluxcd/pkg/runtime/cel sets it up) as a peer.
//
//	peer <row> <input-file> <iterations>
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
)

func main() {
	if os.Args[1] == "diff" {
		converse(diffSemver)
		return
	}
	row, file := os.Args[1], os.Args[2]
	iterations, err := strconv.Atoi(os.Args[3])
	check(err)
	text, err := os.ReadFile(file)
	check(err)
	operation := map[string]func([]byte) func() string{
		"expr/best": best, "expr/compile": compile, "expr/evaluate": evaluate,
	}[row](text)
	result := operation() // warm-up

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, wall := cpuTime(), time.Now()
	for range iterations {
		result = operation()
	}
	elapsed, used := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": elapsed.Nanoseconds(), "cpu_ns": used.Nanoseconds(),
		"bytes": len(text), "allocs": after.Mallocs - before.Mallocs,
		"result": fmt.Sprintf("%x", sha256.Sum256([]byte(result))),
	}))
}

// best: the first line is a constraint, every other one a tag.
func best(text []byte) func() string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return func() string {
		constraint, err := semver.NewConstraint(lines[0])
		check(err)
		var best *semver.Version
		for _, tag := range lines[1:] {
			version, err := semver.NewVersion(tag)
			if err == nil && constraint.Check(version) && (best == nil || version.GreaterThan(best)) {
				best = version
			}
		}
		return best.Original()
	}
}

// compile: every line is an expression.
func compile(text []byte) func() string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return func() string {
		env := environment()
		for _, line := range lines {
			program(env, line)
		}
		return fmt.Sprint(len(lines))
	}
}

// evaluate: the first line is an expression, every other one an object.
func evaluate(text []byte) func() string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	health := program(environment(), string(lines[0]))
	objects := make([]map[string]any, 0, len(lines))
	for _, line := range lines[1:] {
		object := map[string]any{}
		check(json.Unmarshal(line, &object))
		objects = append(objects, object)
	}
	return func() string {
		out := make([]byte, 0, len(objects))
		for _, object := range objects {
			switch value, _, err := health.Eval(object); {
			case err != nil:
				out = append(out, 'e')
			case value == types.True:
				out = append(out, 't')
			default:
				out = append(out, 'f')
			}
		}
		return string(out)
	}
}

func environment() *cel.Env {
	env, err := cel.NewEnv(cel.HomogeneousAggregateLiterals(), cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true), cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(),
		ext.Strings(), ext.Sets(), ext.Encoders())
	check(err)
	return env
}

func program(env *cel.Env, source string) cel.Program {
	ast, issues := env.Parse(source)
	check(issues.Err())
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.InterruptCheckFrequency(100))
	check(err)
	return program
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
