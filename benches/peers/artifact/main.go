// Packs and unpacks as Flux's source- and kustomize-controller do, and measures it.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/artifact/config"
	"github.com/fluxcd/pkg/artifact/storage"
	"github.com/fluxcd/pkg/tar"
)

// The input of every row is a tar.gz; the result is a number both sides must agree on.
func main() {
	row, input, iterations := os.Args[1], must(os.ReadFile(os.Args[2])), must(strconv.Atoi(os.Args[3]))
	scratch := must(os.MkdirTemp("", "peer-artifact-"))
	defer os.RemoveAll(scratch)
	var perform func() string
	switch row {
	case "artifact/pack", "artifact/pack-2", "artifact/pack-unchanged":
		perform = pack(input, scratch)
	case "artifact/unpack", "artifact/unpack-folder":
		perform = func() string { return unpack(input, scratch) }
	case "artifact/consumers":
		perform = func() string {
			for range 299 {
				unpack(input, scratch)
			}
			return unpack(input, scratch)
		}
	}
	result := perform()
	made = 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), cpuTime()
	for range iterations {
		result = perform()
	}
	wallTime, cpuUsed := time.Since(wall), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	record := map[string]any{
		"row": row, "iterations": iterations, "wall_ns": wallTime.Nanoseconds(), "cpu_ns": cpuUsed.Nanoseconds(),
		"bytes": len(input), "allocs": after.Mallocs - before.Mallocs, "result": result,
	}
	if made > 0 {
		record["made"] = made
	}
	fmt.Println(string(must(json.Marshal(record))))
}

// made is the size of the last archive.
var made int64

// pack archives the files of the input and answers with the number of bytes that went into gzip.
func pack(input []byte, scratch string) func() string {
	dir, base := filepath.Join(scratch, "source"), filepath.Join(scratch, "store")
	check(tar.Untar(bytes.NewReader(input), dir, tar.WithMaxUntarSize(tar.UnlimitedUntarSize)))
	check(os.MkdirAll(base, 0o700))
	store := must(storage.New(&config.Options{StoragePath: base, StorageAdvAddress: "localhost"}))
	artifact := meta.Artifact{Path: "gitrepository/flux-system/app/main.tar.gz"}
	check(store.MkdirAll(artifact))
	return func() string {
		check(store.Archive(&artifact, dir, nil))
		made = *artifact.Size
		archive := must(os.ReadFile(store.LocalPath(artifact)))
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
	dir := must(os.MkdirTemp(scratch, "unpack-"))
	_ = sha256.Sum256(input)
	check(tar.Untar(bytes.NewReader(input), dir, tar.WithMaxUntarSize(tar.UnlimitedUntarSize), tar.WithSkipSymlinks(), tar.WithFilter(count)))
	return strconv.Itoa(files)
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}
