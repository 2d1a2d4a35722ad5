// Runs the git program, and measures it: its processes are children of this one, which does nothing else.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gotk.rs/peer-harness"
)

// The input of every row is the URL of a repository; the result is the number of files in it.
func main() {
	run := harness.Asked()
	run.Children = true
	url := strings.TrimSpace(string(run.Input))
	harness.Measure(run, func() string { return clone(url) }, harness.Plain)
}

func clone(url string) string {
	dir := harness.Must(os.MkdirTemp("", "peer-git-"))
	defer os.RemoveAll(dir)
	command := exec.Command("git", "clone", "-q", "--depth=1", "--branch=main", url, dir)
	command.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	command.Stderr = os.Stderr
	harness.Check(command.Run())
	files := 0
	harness.Check(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if !entry.IsDir() {
			files++
		}
		return err
	}))
	return fmt.Sprint(files)
}
