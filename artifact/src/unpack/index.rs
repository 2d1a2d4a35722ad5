//! A tree over the bytes of an archive, which stay where they are.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::sync::Arc;

use bytes::Bytes;

use super::UnpackOptions;
use super::entry::{Item, Judge, What};
use crate::tree::Content;
use crate::{Error, Tree, TreeBuilder};

/// Where the bytes of an archive are, after the gzip stream is gone.
#[derive(Clone)]
pub(crate) enum Backing {
    Memory(Bytes),
    Disk(Arc<File>),
}

impl Backing {
    fn content(&self, offset: u64, size: u64) -> Result<Content, Error> {
        match self {
            Self::Disk(file) => Ok(Content::Disk { file: Arc::clone(file), offset, size }),
            Self::Memory(bytes) => {
                let range = usize::try_from(offset).ok().zip(usize::try_from(offset + size).ok());
                let range = range.filter(|&(_, end)| end <= bytes.len());
                let (start, end) = range.ok_or_else(|| corrupt(unexpected_end()))?;
                Ok(Content::Memory(bytes.slice(start..end)))
            }
        }
    }
}

/// Reads the headers of an archive whose digest was verified.
pub(crate) fn index(backing: Backing, options: &UnpackOptions) -> Result<Tree, Error> {
    match &backing {
        Backing::Memory(bytes) => {
            read(Cursor::new(bytes.as_ref()), bytes.len() as u64, &backing, options)
        }
        Backing::Disk(file) => {
            let length = file.metadata().map_err(corrupt)?.len();
            let mut reader = BufReader::new(&**file);
            reader.rewind().map_err(corrupt)?;
            read(reader, length, &backing, options)
        }
    }
}

fn read(
    archive: impl Read + Seek,
    length: u64,
    backing: &Backing,
    options: &UnpackOptions,
) -> Result<Tree, Error> {
    let mut judge = Judge::new(options);
    let mut tree = TreeBuilder::new();
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries_with_seek().map_err(corrupt)? {
        let mut entry = entry.map_err(corrupt)?;
        let offset = entry.raw_file_position();
        // A seek past the end does not fail, and a file that is not all there must not get in.
        if offset.checked_add(entry.size()).is_none_or(|end| end > length) {
            return Err(corrupt(unexpected_end()));
        }
        if let Some(item) = judge.admit(&mut entry)? {
            place(&mut tree, item, offset, backing)?;
        }
    }
    Ok(tree.build())
}

fn place(tree: &mut TreeBuilder, item: Item, offset: u64, backing: &Backing) -> Result<(), Error> {
    match item.what {
        What::Folder => tree.add_directory(&item.path),
        What::File { executable, size } => {
            tree.add_file(item.path, backing.content(offset, size)?, executable)
        }
        What::Copy(of) => match tree.content(&of) {
            Some((content, executable)) => tree.add_file(item.path, content, executable),
            None => {
                let problem = "is a hard link to something that is no earlier file";
                Err(Error::Refused { entry: item.path.to_string(), problem })
            }
        },
        What::Link(target) => tree.add_link(item.path, &target),
    }
}

fn corrupt(source: std::io::Error) -> Error {
    Error::Corrupt { format: "tar archive", source }
}

fn unexpected_end() -> std::io::Error {
    std::io::ErrorKind::UnexpectedEof.into()
}
