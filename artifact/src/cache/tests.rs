use std::cell::Cell;
use std::io;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::{PackOptions, TreeBuilder, pack};

/// An archive whose one file is `size` times `byte`.
fn archive(byte: u8, size: usize) -> (Digest, Vec<u8>) {
    let tree = TreeBuilder::new().file("file", vec![byte; size]).unwrap().build();
    let mut archive = Vec::new();
    let packed = pack(&tree, &mut archive, &PackOptions::default().threads(1)).unwrap();
    (packed.digest, archive)
}

fn options(memory: u64, disk: u64) -> CacheOptions {
    CacheOptions::default().memory_bytes(memory).disk_bytes(disk)
}

fn never() -> Result<&'static [u8], Error> {
    panic!("the archive was asked for again")
}

#[test]
fn three_hundred_consumers_fetch_once() {
    let (digest, archive) = archive(b'a', 100_000);
    let cache = TreeCache::new(CacheOptions::default());
    let (opened, start) = (AtomicUsize::new(0), Barrier::new(300));
    let buffers: Vec<usize> = thread::scope(|scope| {
        let consumer = |_| {
            scope.spawn(|| {
                start.wait();
                let open = || {
                    opened.fetch_add(1, Ordering::Relaxed);
                    Ok(&archive[..])
                };
                cache.get(&digest, open).unwrap().read("file").unwrap().as_ptr() as usize
            })
        };
        let consumers: Vec<_> = (0..300).map(consumer).collect();
        consumers.into_iter().map(|consumer| consumer.join().unwrap()).collect()
    });
    assert_eq!(opened.into_inner(), 1);
    assert!(buffers.windows(2).all(|pair| pair[0] == pair[1]), "all read the same bytes");
    assert_eq!(cache.usage().trees, 1);
}

#[test]
fn what_nobody_uses_goes_to_disk_and_then_away() {
    let archives: Vec<_> = (0..4).map(|byte| archive(byte, 300_000)).collect();
    let cache = TreeCache::new(options(900_000, 700_000));
    for (digest, archive) in &archives {
        cache.get(digest, || Ok(&archive[..])).unwrap();
        let usage = cache.usage();
        assert!(usage.memory_bytes <= 900_000 && usage.disk_bytes <= 700_000, "{usage:?}");
    }
    assert_eq!(cache.usage().trees, 4);
    for (index, (digest, _)) in archives.iter().enumerate() {
        let tree = cache.get(digest, never).unwrap();
        assert_eq!(tree.read("file").unwrap(), vec![index as u8; 300_000]);
    }
    let (digest, more) = archive(9, 300_000);
    cache.get(&digest, || Ok(&more[..])).unwrap();
    assert!(cache.peek(&archives[0].0).is_none() || cache.peek(&archives[1].0).is_none());
}

#[test]
fn what_is_in_use_stays() {
    let (first, first_archive) = archive(1, 300_000);
    let (second, second_archive) = archive(2, 300_000);
    let cache = TreeCache::new(options(600_000, 0));
    let held = cache.get(&first, || Ok(&first_archive[..])).unwrap().at("").unwrap();
    let refused = cache.get(&second, || Ok(&second_archive[..])).unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    assert_eq!(cache.get(&first, never).unwrap().read("file").unwrap().len(), 300_000);
    drop(held);
    cache.get(&second, || Ok(&second_archive[..])).unwrap();
    assert!(cache.peek(&first).is_none());
}

#[test]
fn what_memory_cannot_hold_arrives_on_disk() {
    let (digest, archive) = archive(3, 5_000_000);
    let cache = TreeCache::new(options(1_000_000, 10_000_000));
    let tree = cache.get(&digest, || Ok(&archive[..])).unwrap();
    assert_eq!(tree.read("file").unwrap(), vec![3; 5_000_000]);
    let usage = cache.usage();
    assert_eq!(usage.memory_bytes, 0);
    assert!((5_000_000..5_100_000).contains(&usage.disk_bytes), "{usage:?}");
}

#[test]
fn a_failure_is_everyones_who_waited_and_nobodys_later() {
    let (digest, archive) = archive(4, 1000);
    let cache = TreeCache::new(CacheOptions::default());
    let attempts = Cell::new(0);
    let failing = || -> Result<&[u8], Error> {
        attempts.set(attempts.get() + 1);
        Err(Error::Stream { action: "fetch", source: io::ErrorKind::ConnectionReset.into() })
    };
    let error = cache.get(&digest, failing).unwrap_err();
    assert!(error.is_transient() && matches!(error, Error::Shared { .. }), "{error}");
    cache.get(&digest, || Ok(&b"other bytes"[..])).unwrap_err();
    assert_eq!(cache.usage(), CacheUsage::default(), "nothing stays reserved");
    cache.get(&digest, || Ok(&archive[..])).unwrap();
    assert_eq!(attempts.get(), 1);
}

#[test]
fn a_panic_leaves_the_cache_usable() {
    let (digest, archive) = archive(5, 1000);
    let cache = TreeCache::new(CacheOptions::default());
    let panicking = || cache.get(&digest, never);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panicking)).is_err());
    cache.get(&digest, || Ok(&archive[..])).unwrap();
}
