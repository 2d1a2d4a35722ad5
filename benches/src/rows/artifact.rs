//! Rows of `gotk-artifact`: one tree of 6,000 manifests, packed and unpacked.

use std::io::{BufWriter, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, OnceLock};

use gotk_artifact::{
    CacheOptions, Digest, Entry, Error, File, Kind, Metadata, PackMemo, PackOptions, Tree,
    TreeBuilder, TreeCache, TreePath, TreeSource, UnpackOptions, pack, unpack, unpack_to_folder,
};

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "artifact/pack",
        question: "what packing a folder of 6,000 files (25 MB) costs, on one thread",
        peer: "artifact",
        target: "1×, not larger",
        iterations: 5,
        input: archive,
        ours: |input| packed(input, 1),
    },
    Row {
        name: "artifact/pack-2",
        question: "the same on two threads (compare the wall clock)",
        peer: "artifact",
        target: "1.7× wall, not larger",
        iterations: 5,
        input: archive,
        ours: |input| packed(input, 2),
    },
    Row {
        name: "artifact/pack-unchanged",
        question: "what asking for the archive of these files again costs, when they have not changed",
        peer: "artifact",
        target: "0",
        iterations: 5,
        input: archive,
        ours: packed_again,
    },
    Row {
        name: "artifact/pack-1-gb",
        question: "what packing 1 GB in 1,024 files costs on two threads (see the peak RSS: it holds program, input and buffers)",
        peer: "",
        target: "RSS ≤ 16 MiB",
        iterations: 1,
        input: Vec::new,
        ours: |_| packed_gigabyte(),
    },
    Row {
        name: "artifact/unpack",
        question: "what verifying and unpacking 25 MB costs, ours into memory",
        peer: "artifact",
        target: "2.5×",
        iterations: 5,
        input: archive,
        ours: |input| counted(unpack(input, &Digest::sha256(input), &UnpackOptions::default())),
    },
    Row {
        name: "artifact/unpack-folder",
        question: "the same into a folder on both sides",
        peer: "artifact",
        target: "1.3×",
        iterations: 5,
        input: archive,
        ours: unpacked_to_folder,
    },
    Row {
        name: "artifact/consumers",
        question: "what 300 consumers of one archive (240 files, 1 MB) cost",
        peer: "artifact",
        target: "100×",
        iterations: 1,
        input: || archive_of(240),
        ours: consumers,
    },
];

/// The length of the tar inside, on which both sides must agree to the byte, and the archive's own.
fn packed(input: &[u8], threads: usize) -> Outcome {
    let write = || -> Result<Outcome, Box<dyn std::error::Error>> {
        let folder = source(input)?;
        let target = tempfile::NamedTempFile::new()?;
        let out = BufWriter::new(target.reopen()?);
        // Flux walks and reads the folder every time: so a new tree.
        let tree = Tree::directory(folder)?;
        let packed = pack(&tree, out, &PackOptions::default().threads(threads))?;
        let mut archive = Vec::new();
        target.reopen()?.read_to_end(&mut archive)?;
        let length = archive.last_chunk().copied().unwrap_or_default();
        let count = u32::from_le_bytes(length).into();
        Ok(Outcome::Sized { count, made: packed.size })
    };
    write().unwrap_or(Outcome::Count(0))
}

/// The tree and what was packed of it are kept from the warm-up.
fn packed_again(input: &[u8]) -> Outcome {
    static TREE: OnceLock<Option<Tree>> = OnceLock::new();
    static MEMO: LazyLock<PackMemo> = LazyLock::new(|| PackMemo::new(10));
    static LENGTH: AtomicU32 = AtomicU32::new(0);
    let unpacked = || unpack(input, &Digest::sha256(input), &UnpackOptions::default()).ok();
    let Some(tree) = TREE.get_or_init(unpacked) else { return Outcome::Count(0) };
    let mut archive = Vec::new();
    let packed = MEMO.pack(tree, &PackOptions::default(), || Ok(&mut archive));
    if let Some(length) = archive.last_chunk() {
        LENGTH.store(u32::from_le_bytes(*length), Ordering::Relaxed);
    }
    let count = LENGTH.load(Ordering::Relaxed).into();
    packed.map_or(Outcome::Count(0), |it| Outcome::Sized { count, made: it.size })
}

/// The folder that is packed, made once in a process.
fn source(input: &[u8]) -> Result<PathBuf, Error> {
    let folder = std::env::temp_dir().join("source");
    if !folder.exists() {
        let options = UnpackOptions::default().durable(false);
        unpack_to_folder(input, &Digest::sha256(input), &folder, &options)?;
    }
    Ok(folder)
}

/// The peer syncs nothing, so neither do we here. Nobody removes what was unpacked: the runner does,
/// when the clock has stopped.
fn unpacked_to_folder(input: &[u8]) -> Outcome {
    let Ok(parent) = tempfile::tempdir() else { return Outcome::Count(0) };
    let target = parent.keep().join("target");
    let options = UnpackOptions::default().durable(false);
    counted(unpack_to_folder(input, &Digest::sha256(input), target, &options))
}

fn consumers(input: &[u8]) -> Outcome {
    let cache = TreeCache::new(CacheOptions::default());
    let digest = Digest::sha256(input);
    let mut last = cache.get(&digest, || Ok(input));
    for _ in 1..300 {
        last = cache.get(&digest, || Ok(input));
    }
    counted(last)
}

/// The number of files.
fn counted(tree: Result<Tree, Error>) -> Outcome {
    let files = |tree: Tree| tree.walk().flatten().filter(|at| at.kind == Kind::File).count();
    Outcome::Count(tree.map_or(0, files) as u64)
}

fn packed_gigabyte() -> Outcome {
    let tree = Tree::new(Virtual { files: 1024, size: 1 << 20 });
    let packed = pack(&tree, std::io::sink(), &PackOptions::default().threads(2));
    packed.map_or(Outcome::Count(0), |it| Outcome::Sized { count: 1024, made: it.size })
}

/// Files that nobody stores.
#[derive(Debug)]
struct Virtual {
    files: usize,
    size: u64,
}

impl TreeSource for Virtual {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        let file = Metadata::file(self.size, false);
        Ok(Some(if path.is_root() { Metadata::of(Kind::Directory) } else { file }))
    }

    fn list(&self, _: &TreePath) -> Result<Vec<Entry>, Error> {
        let entry = |index| Ok(Entry::new(TreePath::new(format!("file-{index:05}"))?, Kind::File));
        (0..self.files).map(entry).collect()
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        let reader = Numbers(path.as_bytes().iter().map(|byte| u64::from(*byte)).sum());
        Ok(File::from_reader(path.clone(), reader.take(self.size), self.size, false))
    }

    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
        Err(Error::NotFound { path: path.to_string() })
    }
}

/// Numbers as text: compressible, but not all the same.
struct Numbers(u64);

impl Read for Numbers {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for chunk in buffer.chunks_mut(1024) {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let digit = u8::try_from(self.0 >> 60).unwrap_or(0);
            chunk.fill(b'0' + digit);
        }
        Ok(buffer.len())
    }
}

/// An archive of manifests that differ as those of a repository do: names, images, numbers.
fn archive() -> Vec<u8> {
    archive_of(6_000)
}

fn archive_of(files: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut noise = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below) as usize
    };
    let mut tree = TreeBuilder::new();
    for file in 0..files {
        let mut text = String::new();
        for _ in 0..2 + noise(5) {
            text += &deployment(WORDS[noise(16)], WORDS[noise(16)], &mut noise);
        }
        let path = format!("apps/team-{}/{}/app-{file}.yaml", file % 60, WORDS[file % 16]);
        tree = tree.file(path, text).unwrap_or_default();
    }
    let mut archive = Vec::new();
    let packed = pack(&tree.build(), &mut archive, &PackOptions::default());
    packed.map_or_else(|_| Vec::new(), |_| archive)
}

fn deployment(app: &str, part: &str, noise: &mut impl FnMut(u64) -> usize) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}-{part}
  namespace: team-{team}
  labels:
    app.kubernetes.io/name: {app}
    app.kubernetes.io/component: {part}
    app.kubernetes.io/version: 1.{minor}.{patch}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {app}
      app.kubernetes.io/component: {part}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {app}
        app.kubernetes.io/component: {part}
    spec:
      serviceAccountName: {app}
      containers:
      - name: {part}
        image: registry.example.com/{app}/{part}:1.{minor}.{patch}
        args: [--endpoint=https://{part}.team-{team}.svc:{port}, --timeout={seconds}s]
        ports:
        - containerPort: {port}
          name: http
        resources:
          limits: {{cpu: {cpu}m, memory: {memory}Mi}}
          requests: {{cpu: 10m, memory: 64Mi}}
",
        team = noise(60),
        minor = noise(40),
        patch = noise(20),
        replicas = 1 + noise(9),
        port = 8000 + noise(1000),
        seconds = 5 * (1 + noise(24)),
        cpu = 100 * (1 + noise(40)),
        memory = 64 * (1 + noise(64)),
    )
}

const WORDS: [&str; 16] = [
    "replicas", "image", "timeout", "endpoint", "database", "cache", "region", "cluster", "tenant",
    "policy", "schedule", "memory", "limit", "interval", "registry", "channel",
];
