package main

import (
	"encoding/json"

	"github.com/Masterminds/semver/v3"
)

// diffSemver judges versions by a constraint.
func diffSemver(line []byte) any {
	var input struct {
		Constraint *string
		Versions   []string
	}
	if json.Unmarshal(line, &input) != nil || input.Constraint == nil || input.Versions == nil {
		return nil
	}
	parsed := make([][2]string, 0, len(input.Versions))
	for _, text := range input.Versions {
		parsed = append(parsed, [2]string{
			told(semver.NewVersion(text)), told(semver.StrictNewVersion(text)),
		})
	}
	constraint, err := semver.NewConstraint(*input.Constraint)
	if err != nil {
		return map[string]any{"error": err.Error(), "parsed": parsed}
	}
	matches, best := make([]bool, len(input.Versions)), (*semver.Version)(nil)
	for i, text := range input.Versions {
		version, err := semver.NewVersion(text)
		matches[i] = err == nil && constraint.Check(version)
		if matches[i] && (best == nil || version.GreaterThan(best)) {
			best = version
		}
	}
	original := ""
	if best != nil {
		original = best.Original()
	}
	return map[string]any{"string": constraint.String(), "matches": matches, "best": original, "parsed": parsed}
}

func told(version *semver.Version, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return version.String()
}
