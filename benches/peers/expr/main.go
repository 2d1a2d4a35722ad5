// Masterminds/semver and cel-go (as fluxcd/pkg/runtime/cel sets it up) as a peer.
//
//	peer <row> <input-file> <iterations>
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
	"gotk.rs/peer-harness"
)

func main() {
	if os.Args[1] == "diff" {
		harness.Converse(diffSemver)
		return
	}
	run := harness.Asked()
	operation := map[string]func([]byte) func() string{
		"expr/best": best, "expr/compile": compile, "expr/evaluate": evaluate,
	}[run.Row](run.Input)
	harness.Measure(run, operation, harness.Digest)
}

// best: the first line is a constraint, every other one a tag.
func best(text []byte) func() string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return func() string {
		constraint, err := semver.NewConstraint(lines[0])
		harness.Check(err)
		var best *semver.Version
		for _, tag := range lines[1:] {
			version, err := semver.NewVersion(tag)
			if err == nil && constraint.Check(version) && (best == nil || version.GreaterThan(best)) {
				best = version
			}
		}
		if best == nil {
			return ""
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
		harness.Check(json.Unmarshal(line, &object))
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
	harness.Check(err)
	return env
}

func program(env *cel.Env, source string) cel.Program {
	ast, issues := env.Parse(source)
	harness.Check(issues.Err())
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.InterruptCheckFrequency(100))
	harness.Check(err)
	return program
}
