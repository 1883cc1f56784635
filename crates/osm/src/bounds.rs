//! What ends an import early: too much memory, or somebody who does not want it any more. Looked at while it runs, also by whoever
//! goes on with what was imported, so that it ends with a sentence and not at the hands of the system.
//!
//! What is compared is the resident memory of the whole process, where the system tells it (Linux); elsewhere only the
//! forecast of [`crate::plan`] stands between an import and its limit.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

/// The bounds of one import.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// The most bytes of memory, or none.
    pub memory: Option<u64>,
    /// Set when it is to end.
    pub stop: &'a AtomicBool,
}

impl Bounds<'_> {
    /// Whether the import may go on.
    pub fn check(self) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        match (self.memory, self.memory.and_then(|_| resident_bytes())) {
            (Some(limit), Some(used)) if used > limit => Err(Error::TooMuchMemory { used, limit }),
            _ => Ok(()),
        }
    }
}

/// The resident memory of this process, if the system tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_below_what_is_used_is_noticed() {
        let go_on = AtomicBool::new(false);
        let bounds = |memory| Bounds { memory, stop: &go_on };
        assert!(bounds(None).check().is_ok());
        assert!(bounds(Some(u64::MAX)).check().is_ok());
        let tight = bounds(Some(1)).check();
        assert_eq!(tight.is_err(), resident_bytes().is_some());
    }

    #[test]
    fn who_is_told_to_stop_stops() {
        let stop = AtomicBool::new(true);
        assert!(matches!(Bounds { memory: None, stop: &stop }.check(), Err(Error::Stopped)));
    }
}
