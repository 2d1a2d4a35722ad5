// Packs and unpacks as Flux's source- and kustomize-controller do, and measures it.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/artifact/config"
	"github.com/fluxcd/pkg/artifact/storage"
	"github.com/fluxcd/pkg/tar"
	"gotk.rs/peer-harness"
)

// The input of every row is a tar.gz; the result is a number both sides must agree on.
func main() {
	run := harness.Asked()
	scratch := harness.Must(os.MkdirTemp("", "peer-artifact-"))
	defer os.RemoveAll(scratch)
	var perform func() string
	switch run.Row {
	case "artifact/pack", "artifact/pack-2", "artifact/pack-unchanged":
		run.Made = func() int64 { return made }
		perform = pack(run.Input, scratch)
	case "artifact/unpack", "artifact/unpack-folder":
		perform = func() string { return unpack(run.Input, scratch) }
	case "artifact/consumers":
		perform = func() string {
			for range 299 {
				unpack(run.Input, scratch)
			}
			return unpack(run.Input, scratch)
		}
	}
	harness.Measure(run, perform, harness.Plain)
}

// made is the size of the last archive.
var made int64

// pack archives the files of the input and answers with the number of bytes that went into gzip.
func pack(input []byte, scratch string) func() string {
	dir, base := filepath.Join(scratch, "source"), filepath.Join(scratch, "store")
	harness.Check(tar.Untar(bytes.NewReader(input), dir, tar.WithMaxUntarSize(tar.UnlimitedUntarSize)))
	harness.Check(os.MkdirAll(base, 0o700))
	store := harness.Must(storage.New(&config.Options{StoragePath: base, StorageAdvAddress: "localhost"}))
	artifact := meta.Artifact{Path: "gitrepository/flux-system/app/main.tar.gz"}
	harness.Check(store.MkdirAll(artifact))
	return func() string {
		harness.Check(store.Archive(&artifact, dir, nil))
		made = *artifact.Size
		archive := harness.Must(os.ReadFile(store.LocalPath(artifact)))
		return fmt.Sprint(int(archive[len(archive)-4]) | int(archive[len(archive)-3])<<8 |
			int(archive[len(archive)-2])<<16 | int(archive[len(archive)-1])<<24)
	}
}

// unpack verifies and unpacks as http/fetch does, and answers with the number of files. What it leaves
// is removed with the scratch folder.
func unpack(input []byte, scratch string) string {
	files := 0
	count := func(_ string, info os.FileInfo) bool {
		if info.Mode().IsRegular() {
			files++
		}
		return false
	}
	dir := harness.Must(os.MkdirTemp(scratch, "unpack-"))
	_ = sha256.Sum256(input)
	harness.Check(tar.Untar(bytes.NewReader(input), dir, tar.WithMaxUntarSize(tar.UnlimitedUntarSize), tar.WithSkipSymlinks(), tar.WithFilter(count)))
	return strconv.Itoa(files)
}
