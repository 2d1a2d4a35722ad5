// Clones and polls as Flux's source-controller does, and measures it. `verify FOLDER` prints what it says about
// the signatures of gotk-git's fixtures.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fluxcd/pkg/git"
	"github.com/fluxcd/pkg/git/gogit"
	"github.com/fluxcd/pkg/git/repository"
	"github.com/fluxcd/pkg/git/signature"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// The input of every row is the URL of a repository; the result is a number both sides must agree on.
func main() {
	if os.Args[1] == "verify" {
		verify(os.Args[2])
		return
	}
	row, input, iterations := os.Args[1], must(os.ReadFile(os.Args[2])), must(strconv.Atoi(os.Args[3]))
	url := strings.TrimSpace(string(input))
	var perform func() string
	switch row {
	case "git/clone":
		perform = func() string { return clone(url, repository.CheckoutStrategy{Branch: "main"}, "") }
	case "git/semver":
		perform = func() string { return clone(url, repository.CheckoutStrategy{SemVer: "~1.42"}, "") }
	case "git/consumers":
		perform = func() string {
			for range 99 {
				clone(url, repository.CheckoutStrategy{Branch: "main"}, "")
			}
			return clone(url, repository.CheckoutStrategy{Branch: "main"}, "")
		}
	case "git/poll":
		last := observed(url)
		perform = func() string {
			for range 100 {
				clone(url, repository.CheckoutStrategy{Branch: "main"}, last)
			}
			return "100"
		}
	}
	result := perform()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), cpuTime()
	for range iterations {
		result = perform()
	}
	wallTime, cpuUsed := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	fmt.Println(string(must(json.Marshal(map[string]any{
		"row": row, "iterations": iterations, "wall_ns": wallTime.Nanoseconds(), "cpu_ns": cpuUsed.Nanoseconds(),
		"bytes": len(input), "allocs": after.Mallocs - before.Mallocs, "result": result,
	}))))
}

// clone answers with the number of files, and does nothing where last is the commit already.
func clone(url string, strategy repository.CheckoutStrategy, last string) string {
	dir := must(os.MkdirTemp("", "peer-git-"))
	defer os.RemoveAll(dir)
	client := must(gogit.NewClient(dir, &git.AuthOptions{Transport: git.HTTP}, gogit.WithDiskStorage()))
	defer client.Close()
	commit := must(client.Clone(context.Background(), url, repository.CloneConfig{
		CheckoutStrategy: strategy, ShallowClone: true, LastObservedCommit: last,
	}))
	if last != "" {
		if git.IsConcreteCommit(*commit) {
			panic("the commit was cloned again")
		}
		return ""
	}
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

func observed(url string) string {
	dir := must(os.MkdirTemp("", "peer-git-"))
	defer os.RemoveAll(dir)
	client := must(gogit.NewClient(dir, &git.AuthOptions{Transport: git.HTTP}, gogit.WithDiskStorage()))
	defer client.Close()
	commit := must(client.Clone(context.Background(), url, repository.CloneConfig{
		CheckoutStrategy: repository.CheckoutStrategy{Branch: "main"}, ShallowClone: true,
	}))
	return commit.String()
}

// verify prints, for each fixture, which key signed it or nothing.
func verify(dir string) {
	for _, path := range must(filepath.Glob(filepath.Join(dir, "*.commit"))) {
		name := strings.TrimSuffix(filepath.Base(path), ".commit")
		for _, kind := range []plumbing.ObjectType{plumbing.CommitObject, plumbing.TagObject} {
			raw := &plumbing.MemoryObject{}
			raw.SetType(kind)
			must(raw.Write(must(os.ReadFile(filepath.Join(dir, name+"."+kind.String())))))
			signed, payload := "", &plumbing.MemoryObject{}
			if kind == plumbing.CommitObject {
				commit := &object.Commit{}
				check(commit.Decode(raw))
				check(commit.EncodeWithoutSignature(payload))
				signed = commit.PGPSignature
			} else {
				tag := &object.Tag{}
				check(tag.Decode(raw))
				check(tag.EncodeWithoutSignature(payload))
				signed = tag.PGPSignature
			}
			text := must(io.ReadAll(must(payload.Reader())))
			key := ""
			if ssh, err := os.ReadFile(filepath.Join(dir, name+".sshpub")); err == nil {
				key, _ = signature.VerifySSHSignature(signed, text, string(ssh))
			} else if pgp, err := os.ReadFile(filepath.Join(dir, name+".asc")); err == nil {
				key, _ = signature.VerifyPGPSignature(signed, text, string(pgp))
			}
			fmt.Println(strings.TrimSpace(name + " " + kind.String() + " " + key))
		}
	}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
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
