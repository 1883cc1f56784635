//! How much memory an import may take: looked at while it runs, so that it ends with a sentence and not at the hands of the
//! system.
//!
//! What is compared is the resident memory of the whole process, where the system tells it (Linux); elsewhere only the
//! forecast of [`crate::plan`] stands between an import and its limit.

use crate::error::Error;

/// A limit, or none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) limit: Option<u64>,
}

impl Memory {
    /// Whether the process is still within the limit.
    pub(crate) fn check(self) -> Result<(), Error> {
        match (self.limit, self.limit.and_then(|_| resident_bytes())) {
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
        assert!(Memory { limit: None }.check().is_ok());
        assert!(Memory { limit: Some(u64::MAX) }.check().is_ok());
        let tight = Memory { limit: Some(1) }.check();
        assert_eq!(tight.is_err(), resident_bytes().is_some());
    }
}
