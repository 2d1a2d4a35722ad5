//! One process at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;

/// Waits until this process alone holds the file at `path`. Dropping the file lets the next one in,
/// and so does the end of the process, however it ends.
pub(crate) async fn exclusive(path: &Path) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::storage(path, "create the lock"))?;
    let mut pause = Duration::from_millis(5);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Error::storage(path, "lock")(error)),
        }
        // A thread that waits in the system cannot be told to stop waiting.
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

/// Writes a file so that readers see all of it, or what was there before.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix("incoming-").tempfile_in(directory)?;
        io::Write::write_all(&mut file, contents)?;
        file.as_file().sync_all()?;
        file.persist(path).map(|_| ()).map_err(|error| error.error)
    };
    write().map_err(Error::storage(path, "write"))
}
