//! What can go wrong with dataset folders, by what the caller can do about it.

use std::path::PathBuf;

use super::DatasetId;

/// Why a dataset could not be listed, opened, activated or removed.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A text that no dataset is named by.
    #[error(
        "`{text}` is not the id of a dataset: ids look like `seattle-1f3a9c0b77d2`; `roundsman datasets list` shows them"
    )]
    NotAnId {
        /// The text.
        text: String,
    },
    /// There is no such dataset.
    #[error("there is no dataset {id} in {}: `roundsman datasets list` shows those that are there", folder.display())]
    Unknown {
        /// The id asked for.
        id: DatasetId,
        /// Where datasets are kept.
        folder: PathBuf,
    },
    /// It is in use.
    #[error("dataset {id} is the active one: activate another before it is deleted")]
    Active {
        /// The dataset.
        id: DatasetId,
    },
    /// Nothing was active before.
    #[error("there is no dataset to roll back to: none was active before the one that is")]
    NoPrevious,
    /// A file of the dataset is missing or not as it was written.
    #[error("{} is damaged: {what}; import the map again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How it was noticed.
        what: String,
    },
    /// Another version of the program wrote it.
    #[error("{} has format {found}, this program reads format {expected}: import the map again", path.display())]
    ForeignFormat {
        /// The manifest.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The format that this program reads.
        expected: u32,
    },
    /// The road network cannot be opened.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// The disk, the permissions or the path.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl DatasetError {
    /// For `map_err`: the failure of `doing` something to `path`.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
