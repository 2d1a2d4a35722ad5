//! Memory does not grow with what is packed.

use std::io;

use gotk_artifact::{
    Entry, Error, File, Kind, Metadata, PackOptions, Tree, TreePath, TreeSource, pack,
};

/// A thousand files that nobody stores.
#[derive(Debug)]
struct Virtual {
    files: usize,
    size: u64,
}

/// Numbers as text: compressible, but not all the same.
struct Numbers(u64);

impl io::Read for Numbers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for chunk in buffer.chunks_mut(64) {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let digit = b'0' + (self.0 >> 60) as u8;
            chunk.fill(digit);
        }
        Ok(buffer.len())
    }
}

impl TreeSource for Virtual {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        Ok(Some(match path.is_root() {
            true => Metadata::of(Kind::Directory),
            false => Metadata::file(self.size, false),
        }))
    }

    fn list(&self, _: &TreePath) -> Result<Vec<Entry>, Error> {
        let entry = |index| Ok(Entry::new(TreePath::new(format!("file-{index:05}"))?, Kind::File));
        (0..self.files).map(entry).collect()
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        let reader = io::Read::take(Numbers(path.as_bytes().len() as u64), self.size);
        Ok(File::from_reader(path.clone(), reader, self.size, false))
    }

    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
        Err(Error::NotFound { path: path.to_string() })
    }
}

#[test]
fn packing_needs_the_same_memory_for_any_size() {
    let megabytes = std::env::var("GOTK_PACK_MEGABYTES").ok();
    let megabytes = megabytes.map_or(100, |megabytes| megabytes.parse().unwrap());
    // The counter sees the threads that it starts on; with one thread it sees everything.
    for (files, size) in [(megabytes, 1 << 20), (1, (megabytes as u64) << 20)] {
        let tree = Tree::new(Virtual { files, size });
        let used = allocation_counter::measure(|| {
            pack(&tree, io::sink(), &PackOptions::default().threads(1)).unwrap();
        });
        assert!(used.bytes_max < 4 << 20, "{} bytes for {files} files of {size}", used.bytes_max);
    }
}

#[test]
fn a_file_that_is_not_as_long_as_it_said_is_an_error() {
    #[derive(Debug)]
    struct Lying(i64);
    impl TreeSource for Lying {
        fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
            Virtual { files: 1, size: 10 }.metadata(path)
        }
        fn list(&self, path: &TreePath) -> Result<Vec<Entry>, Error> {
            Virtual { files: 1, size: 10 }.list(path)
        }
        fn open(&self, path: &TreePath) -> Result<File, Error> {
            let reader = io::Read::take(io::repeat(b'x'), 100_u64.saturating_add_signed(self.0));
            Ok(File::from_reader(path.clone(), reader, 100, false))
        }
        fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
            Err(Error::NotFound { path: path.to_string() })
        }
    }
    for change in [-100, -1, 1, 100] {
        let tree = Tree::new(Lying(change));
        let packed = pack(&tree, io::sink(), &PackOptions::default());
        assert!(matches!(packed, Err(Error::Changed { .. })), "{change}: {packed:?}");
        assert!(matches!(tree.read("file-00000"), Err(Error::Changed { .. })), "{change}");
    }
    assert!(pack(&Tree::new(Lying(0)), io::sink(), &PackOptions::default()).is_ok());
}
