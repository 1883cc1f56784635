//! The file that names the active dataset and the one before it.
//!
//! It holds one id a line: the active one, then the one to roll back to, if there is one. It is replaced as a whole, so a
//! running server that looks at it never sees half a change.

use std::path::Path;

use super::{DatasetError, DatasetId, files};

/// The active dataset and the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Active {
    pub(super) id: Option<DatasetId>,
    pub(super) previous: Option<DatasetId>,
}

impl Active {
    /// Reads `path`; a missing file means that nothing is active.
    pub(super) fn read(path: &Path) -> Result<Self, DatasetError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(DatasetError::io("read", path)(error)),
        };
        let mut ids = text.lines().map(DatasetId::parse);
        let (id, previous) = (ids.next().transpose(), ids.next().transpose());
        let damaged = |error: DatasetError| DatasetError::Damaged { path: path.to_owned(), what: error.to_string() };
        Ok(Self { id: id.map_err(damaged)?, previous: previous.map_err(damaged)? })
    }

    /// Replaces `path`.
    pub(super) fn write(&self, path: &Path) -> Result<(), DatasetError> {
        let lines: Vec<&str> = self.id.iter().chain(&self.previous).map(DatasetId::as_str).collect();
        files::replace(path, (lines.join("\n") + "\n").as_bytes())
    }

    /// With `id` active and what was active before as the one to go back to.
    pub(super) fn switched_to(self, id: DatasetId) -> Self {
        if self.id.as_ref() == Some(&id) {
            return self;
        }
        Self { previous: self.id, id: Some(id) }
    }

    /// With the two exchanged; `None` when nothing was active before.
    pub(super) fn rolled_back(self) -> Option<Self> {
        Some(Self { id: Some(self.previous?), previous: self.id })
    }
}
