// kustomize as an oracle: `peer diff kustomize`.
package main

import (
	"bytes"
	"encoding/json"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// diffBuild builds the folder "overlay" of a tree of files.
func diffBuild(line []byte) any {
	var input struct{ Files map[string]json.RawMessage }
	if json.Unmarshal(line, &input) != nil || input.Files == nil {
		return nil
	}
	fs := filesys.MakeFsInMemory()
	for path, content := range input.Files {
		if fs.WriteFile("/"+path, contentOf(content)) != nil {
			return nil
		}
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, "/overlay")
	if err != nil && isOfLines(err.Error()) {
		return map[string]any{"error": "lines"}
	}
	if err != nil {
		return map[string]any{"error": true}
	}
	text, err := built.AsYaml()
	if err != nil {
		return map[string]any{"error": true}
	}
	return map[string]any{"yaml": string(text)}
}

// isOfLines is whether a validator is told to have changed an object, and shown the same one twice: it
// wrote what was there, and the comparison is of nodes with their lines and columns.
func isOfLines(message string) bool {
	_, shown, found := strings.Cut(message, "nodes unequal: \n -- ")
	shown, _, _ = strings.Cut(shown, "\n\n--\n")
	before, after, _ := strings.Cut(shown, ",\n -- ")
	return found && before == after
}

// contentOf is a text as it is, and a value as it was sent: documents, or one.
func contentOf(content json.RawMessage) []byte {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return []byte(text)
	}
	var documents []json.RawMessage
	if json.Unmarshal(content, &documents) != nil {
		return content
	}
	return bytes.Join(rawBytes(documents), []byte("\n---\n"))
}

func rawBytes(all []json.RawMessage) [][]byte {
	bytes := make([][]byte, len(all))
	for at, one := range all {
		bytes[at] = one
	}
	return bytes
}
