//! A gzip stream that several threads compress, and that is the same for any number of them.
//!
//! The stream is one member. Its input is cut into blocks at fixed places; each is deflated by
//! itself, with the 32 KiB before it as dictionary, and ends at a byte boundary with a sync flush,
//! so that the results can be put behind each other. Every reader sees an ordinary gzip file.
//! Nothing depends on who compresses a block, or when.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope};

use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::Error;

/// Small enough for a small tree to keep two threads busy, large enough for the flushes and
/// dictionaries not to matter.
const BLOCK: usize = 256 << 10;
/// As far back as deflate can look.
const WINDOW: usize = 32 << 10;
/// On public charts smaller than Go's default level, in half its time; 6 is larger than Go's.
const LEVEL: u32 = 7;
/// No name, no time, no flags, unknown system: what Go writes.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Calls `fill` with a stream that ends up in `out`, compressed by this many threads.
pub(super) fn with_gzip<W: Write>(
    mut out: W,
    threads: usize,
    fill: impl FnOnce(&mut Gzip<'_>) -> Result<(), Error>,
) -> Result<W, Error> {
    let run = |out: &mut W, workers: Workers| {
        let mut gzip = Gzip::new(out, workers)?;
        fill(&mut gzip)?;
        gzip.finish()
    };
    thread::scope(|scope| run(&mut out, Workers::start(scope, threads)))?;
    Ok(out)
}

/// A gzip stream that is being written.
pub(super) struct Gzip<'a> {
    out: &'a mut dyn Write,
    workers: Workers,
    block: Block,
    /// The check sum of what has gone out.
    crc: Crc,
}

impl<'a> Gzip<'a> {
    fn new(out: &'a mut dyn Write, workers: Workers) -> Result<Self, Error> {
        out.write_all(&HEADER).map_err(failed)?;
        Ok(Self { out, workers, block: Block::first(), crc: Crc::new() })
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = self.room()?;
            let taken = room.len().min(bytes.len());
            room[..taken].copy_from_slice(&bytes[..taken]);
            self.filled(taken);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Where the next bytes go: never empty. Files are read straight into it.
    pub(super) fn room(&mut self) -> Result<&mut [u8], Error> {
        if self.block.end == self.block.bytes.len() {
            let next = self.workers.block_after(&self.block);
            let full = std::mem::replace(&mut self.block, next);
            self.compress(full, FlushCompress::Sync)?;
        }
        Ok(&mut self.block.bytes[self.block.end..])
    }

    /// Says how much of the [`room`](Self::room) has been used.
    pub(super) fn filled(&mut self, count: usize) {
        self.block.end += count;
    }

    fn finish(mut self) -> Result<(), Error> {
        let last = std::mem::take(&mut self.block);
        self.compress(last, FlushCompress::Finish)?;
        while let Some(done) = self.workers.oldest()? {
            self.take(done)?;
        }
        let (sum, length) = (self.crc.sum(), self.crc.amount());
        let trailer = [sum.to_le_bytes(), length.to_le_bytes()].concat();
        self.out.write_all(&trailer).map_err(failed)
    }

    fn compress(&mut self, block: Block, flush: FlushCompress) -> Result<(), Error> {
        while self.workers.are_busy() {
            let Some(done) = self.workers.oldest()? else { break };
            self.take(done)?;
        }
        self.workers.send(block, flush)
    }

    fn take(&mut self, done: Done) -> Result<(), Error> {
        self.crc.combine(&done.crc);
        self.out.write_all(&done.output).map_err(failed)?;
        self.workers.recycle(done);
        Ok(())
    }
}

/// A piece of the input, behind what came before it.
#[derive(Default)]
struct Block {
    /// The dictionary, then the piece.
    bytes: Box<[u8]>,
    /// Whether there is a dictionary: the first block has none.
    primed: bool,
    end: usize,
}

impl Block {
    fn first() -> Self {
        Self { bytes: vec![0; WINDOW + BLOCK].into(), primed: false, end: WINDOW }
    }

    /// Makes this the block that follows `other`, which is full.
    fn follow(&mut self, other: &Self) {
        self.bytes[..WINDOW].copy_from_slice(&other.bytes[other.end - WINDOW..other.end]);
        self.primed = true;
        self.end = WINDOW;
    }

    fn dictionary(&self) -> Option<&[u8]> {
        self.primed.then(|| &self.bytes[..WINDOW])
    }

    fn piece(&self) -> &[u8] {
        &self.bytes[WINDOW..self.end]
    }
}

struct Job {
    block: Block,
    flush: FlushCompress,
    output: Vec<u8>,
    reply: SyncSender<io::Result<Done>>,
}

/// What became of a block.
struct Done {
    block: Block,
    output: Vec<u8>,
    crc: Crc,
}

/// Those who compress, and what they are at, the oldest first.
struct Workers {
    /// `None` while the caller's thread does it all.
    jobs: Option<SyncSender<Job>>,
    limit: usize,
    running: VecDeque<Receiver<io::Result<Done>>>,
    /// Buffers to be used again.
    blocks: Vec<Block>,
    outputs: Vec<Vec<u8>>,
}

impl Workers {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, threads: usize) -> Self {
        let limit = if threads > 1 { threads * 2 } else { 1 };
        let (jobs, queue) = sync_channel(limit);
        let queue = Arc::new(Mutex::new(queue));
        let start = |_: &usize| {
            let queue = Arc::clone(&queue);
            let name = "gotk-pack".to_owned();
            thread::Builder::new().name(name).spawn_scoped(scope, move || work(&queue)).is_ok()
        };
        // Where the system gives us no thread, the caller's is enough.
        let started = if threads > 1 { (0..threads).filter(start).count() } else { 0 };
        Self {
            jobs: (started > 0).then_some(jobs),
            limit,
            running: VecDeque::new(),
            blocks: Vec::new(),
            outputs: Vec::new(),
        }
    }

    fn are_busy(&self) -> bool {
        self.running.len() >= self.limit
    }

    fn send(&mut self, block: Block, flush: FlushCompress) -> Result<(), Error> {
        let (reply, receiver) = sync_channel(1);
        let job = Job { block, flush, output: self.outputs.pop().unwrap_or_default(), reply };
        match &self.jobs {
            Some(jobs) => jobs.send(job).map_err(|_| gone())?,
            None => perform(job),
        }
        self.running.push_back(receiver);
        Ok(())
    }

    /// Waits for the block that was sent first; `None` when there is none.
    fn oldest(&mut self) -> Result<Option<Done>, Error> {
        let Some(receiver) = self.running.pop_front() else { return Ok(None) };
        let done = receiver.recv().map_err(|_| gone())?;
        done.map(Some).map_err(failed)
    }

    /// An empty block that follows `block`.
    fn block_after(&mut self, block: &Block) -> Block {
        let mut next = self.blocks.pop().unwrap_or_else(Block::first);
        next.follow(block);
        next
    }

    fn recycle(&mut self, done: Done) {
        self.blocks.push(done.block);
        self.outputs.push(done.output);
    }
}

/// What a thread does until there are no more jobs.
fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let Ok(receiver) = queue.lock() else { return };
        let Ok(job) = receiver.recv() else { return };
        drop(receiver);
        perform(job);
    }
}

/// Compresses a block, and says so.
fn perform(job: Job) {
    let Job { block, flush, mut output, reply } = job;
    let mut crc = Crc::new();
    crc.update(block.piece());
    let done = deflate(&block, flush, &mut output);
    // Nobody listens where an error has ended the archive.
    let _ = reply.send(done.map(|()| Done { block, output, crc }));
}

/// Compresses a block, as a function of the block and nothing else.
///
/// A compressor is not used twice, though it could be reset: zlib-rs 0.6.8 hashes one byte behind a
/// dictionary, and after a reset that byte is of the block before, which differs from thread to thread.
fn deflate(block: &Block, flush: FlushCompress, output: &mut Vec<u8>) -> io::Result<()> {
    let mut compress = Compress::new(Compression::new(LEVEL), false);
    if let Some(dictionary) = block.dictionary() {
        compress.set_dictionary(dictionary)?;
    }
    let piece = block.piece();
    output.clear();
    output.reserve(piece.len() / 4 + 64);
    loop {
        let done = compress.total_in() as usize;
        compress.compress_vec(&piece[done..], output, flush)?;
        // Room that is left over means that everything has been written, the flush included.
        if output.len() < output.capacity() {
            return Ok(());
        }
        output.reserve(piece.len() / 4 + 64);
    }
}

fn failed(source: io::Error) -> Error {
    Error::Stream { action: "write", source }
}

/// A thread of ours ended before its work: it must have panicked.
fn gone() -> Error {
    failed(io::Error::other("a compressing thread has died"))
}
