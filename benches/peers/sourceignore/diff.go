// The ignore rules of Flux (fluxcd/pkg/sourceignore) as an oracle: `peer diff ignore`.
package main

import (
	"encoding/json"
	"strings"

	"github.com/fluxcd/pkg/sourceignore"
	"gotk.rs/peer-harness"
)

func main() { harness.Converse(diffRules) }

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
