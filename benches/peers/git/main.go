// Clones and polls as Flux's source-controller does, and measures it. `verify FOLDER` prints what it says about
// the signatures of gotk-git's fixtures.
package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fluxcd/pkg/git"
	"github.com/fluxcd/pkg/git/gogit"
	"github.com/fluxcd/pkg/git/repository"
	"github.com/fluxcd/pkg/git/signature"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"gotk.rs/peer-harness"
)

// The input of every row is the URL of a repository; the result is a number both sides must agree on.
func main() {
	if os.Args[1] == "verify" {
		verify(os.Args[2])
		return
	}
	run := harness.Asked()
	url := strings.TrimSpace(string(run.Input))
	var perform func() string
	switch run.Row {
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
	harness.Measure(run, perform, harness.Plain)
}

// clone answers with the number of files, and does nothing where last is the commit already.
func clone(url string, strategy repository.CheckoutStrategy, last string) string {
	dir := harness.Must(os.MkdirTemp("", "peer-git-"))
	defer os.RemoveAll(dir)
	client := harness.Must(gogit.NewClient(dir, &git.AuthOptions{Transport: git.HTTP}, gogit.WithDiskStorage()))
	defer client.Close()
	commit := harness.Must(client.Clone(context.Background(), url, repository.CloneConfig{
		CheckoutStrategy: strategy, ShallowClone: true, LastObservedCommit: last,
	}))
	if last != "" {
		if git.IsConcreteCommit(*commit) {
			panic("the commit was cloned again")
		}
		return ""
	}
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

func observed(url string) string {
	dir := harness.Must(os.MkdirTemp("", "peer-git-"))
	defer os.RemoveAll(dir)
	client := harness.Must(gogit.NewClient(dir, &git.AuthOptions{Transport: git.HTTP}, gogit.WithDiskStorage()))
	defer client.Close()
	commit := harness.Must(client.Clone(context.Background(), url, repository.CloneConfig{
		CheckoutStrategy: repository.CheckoutStrategy{Branch: "main"}, ShallowClone: true,
	}))
	return commit.String()
}

// verify prints, for each fixture, which key signed it or nothing.
func verify(dir string) {
	for _, path := range harness.Must(filepath.Glob(filepath.Join(dir, "*.commit"))) {
		name := strings.TrimSuffix(filepath.Base(path), ".commit")
		for _, kind := range []plumbing.ObjectType{plumbing.CommitObject, plumbing.TagObject} {
			raw := &plumbing.MemoryObject{}
			raw.SetType(kind)
			harness.Must(raw.Write(harness.Must(os.ReadFile(filepath.Join(dir, name+"."+kind.String())))))
			signed, payload := "", &plumbing.MemoryObject{}
			if kind == plumbing.CommitObject {
				commit := &object.Commit{}
				harness.Check(commit.Decode(raw))
				harness.Check(commit.EncodeWithoutSignature(payload))
				signed = commit.PGPSignature
			} else {
				tag := &object.Tag{}
				harness.Check(tag.Decode(raw))
				harness.Check(tag.EncodeWithoutSignature(payload))
				signed = tag.PGPSignature
			}
			text := harness.Must(io.ReadAll(harness.Must(payload.Reader())))
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
