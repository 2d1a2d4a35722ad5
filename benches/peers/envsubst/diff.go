package main

import (
	"encoding/hex"
	"encoding/json"
	"unicode/utf8"

	"github.com/fluxcd/pkg/envsubst"
)

// diffSubstitution expands a template.
func diffSubstitution(line []byte) any {
	var input struct {
		Template  *string
		Variables map[string]string
		Strict    bool
	}
	if json.Unmarshal(line, &input) != nil || input.Template == nil || input.Variables == nil {
		return nil
	}
	out, err := envsubst.Eval(*input.Template, func(name string) (string, bool) {
		value, known := input.Variables[name]
		return value, known || !input.Strict
	})
	switch {
	case err != nil:
		return map[string]any{"error": err.Error()}
	case utf8.ValidString(out):
		return map[string]any{"text": out}
	}
	return map[string]any{"hex": hex.EncodeToString([]byte(out))}
}
