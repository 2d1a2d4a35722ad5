// Runs the git program, and measures it: its processes are children of this one, which does nothing else.
package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The input of every row is the URL of a repository; the result is the number of files in it.
func main() {
	row, input, iterations := os.Args[1], must(os.ReadFile(os.Args[2])), must(strconv.Atoi(os.Args[3]))
	url := strings.TrimSpace(string(input))
	result := clone(url)
	wall, cpu := time.Now(), cpuTime()
	for range iterations {
		result = clone(url)
	}
	wallTime, cpuUsed := time.Since(wall), cpuTime()-cpu
	fmt.Println(string(must(json.Marshal(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": wallTime.Nanoseconds(), "cpu_ns": cpuUsed.Nanoseconds(),
		"bytes": len(input), "allocs": nil, "result": result,
	}))))
}

func clone(url string) string {
	dir := must(os.MkdirTemp("", "peer-git-"))
	defer os.RemoveAll(dir)
	command := exec.Command("git", "clone", "-q", "--depth=1", "--branch=main", url, dir)
	command.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	command.Stderr = os.Stderr
	check(command.Run())
	files := 0
	check(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
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

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
