package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
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

func check(err error) { must(0, err) }

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
