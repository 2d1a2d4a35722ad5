//! Loopback ports that nobody else takes, not even while a component is down.

use std::env;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

use crate::Error;

// Below what systems hand out for outgoing connections (32768 on Linux, 49152 elsewhere): a client's
// connection must not take the port of a server that is being restarted.
const FIRST: u16 = 20_000;
const LAST: u16 = 31_999;

/// A port that is ours for as long as this lives.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    lock: Option<File>,
}

impl Port {
    /// Takes a free port.
    ///
    /// A lock on a file keeps other control planes away, and is let go by the kernel however we end.
    /// Strangers know nothing of it, so a component may still find its port taken.
    pub(crate) fn free() -> Result<Self, Error> {
        let locks =
            env::temp_dir().join(format!("gotk-ports-{}", rustix::process::getuid().as_raw()));
        fs::create_dir_all(&locks).map_err(Error::file("create", &locks))?;
        let start = RandomState::new().hash_one(0) as usize;
        let count = usize::from(LAST - FIRST) + 1;
        for number in (FIRST..=LAST).cycle().skip(start % count).take(count) {
            let path = locks.join(number.to_string());
            let lock = File::create(&path).map_err(Error::file("create", &path))?;
            if lock.try_lock().is_ok() && is_free(number) {
                return Ok(Self { number, lock: Some(lock) });
            }
        }
        Err(Error::NoPort { first: FIRST, last: LAST })
    }

    /// The port somebody asked for.
    pub(crate) fn given(number: u16) -> Self {
        Self { number, lock: None }
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Whether another may be chosen instead.
    pub(crate) fn is_given(&self) -> bool {
        self.lock.is_none()
    }
}

fn is_free(number: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_ports_are_a_hundred_different_ones() {
        let ports: Vec<Port> = (0..100).map(|_| Port::free().unwrap()).collect();
        let mut numbers: Vec<u16> = ports.iter().map(Port::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 100);
    }
}
