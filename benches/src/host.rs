//! Which machine this is and where it keeps what may be thrown away.

use std::path::PathBuf;
use std::{env, fs};

/// `GOTK_CACHE`, or `gotk` in the user's cache folder.
pub(crate) fn cache() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_else(|| "/root".into()));
    let caches = || env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), Into::into);
    env::var_os("GOTK_CACHE").map_or_else(|| caches().join("gotk"), PathBuf::from)
}

/// Where files may be made and lost: in memory, if the system has such a folder.
pub(crate) fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let usable = tempfile::tempfile_in(&memory).is_ok();
    if usable { memory } else { env::temp_dir() }
}

/// The machine in one line: processor, cores, memory.
pub(crate) fn shape() -> String {
    let field = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal");
    format!("{}, {cores} cores, {memory}", field("/proc/cpuinfo", "model name"))
}

/// How busy the machine was over the last minute; figures taken above about 0.5 are not final.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
