// The ignore rules of Flux (fluxcd/pkg/sourceignore) as an oracle: `peer diff ignore`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/fluxcd/pkg/sourceignore"
)

func main() { converse(diffRules) }

// diffRules judges paths by ignore rules.
func diffRules(line []byte) any {
	var input struct {
		Mode             string
		Patterns, Domain []string
		Paths            []struct {
			Path   string
			Folder bool
		}
	}
	if json.Unmarshal(line, &input) != nil || input.Paths == nil || input.Patterns == nil {
		return nil
	}
	// As a Source: the rules of Git always, the defaults where there are none of its own.
	patterns := sourceignore.ReadPatterns(strings.NewReader(strings.Join(input.Patterns, "\n")), input.Domain)
	matcher := sourceignore.NewMatcher(patterns)
	switch input.Mode {
	case "vcs":
		matcher = sourceignore.NewMatcher(append(sourceignore.VCSPatterns(nil), patterns...))
	case "default":
		matcher = sourceignore.NewDefaultMatcher(patterns, nil)
	}
	excluded := []bool{}
	for _, it := range input.Paths {
		if it.Path == "" {
			return nil
		}
		excluded = append(excluded, matcher.Match(strings.Split(it.Path, "/"), it.Folder))
	}
	return excluded
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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
