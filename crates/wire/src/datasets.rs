//! Datasets as they are asked for over a wire: a map that is sent to be imported, and the datasets that there are.
//!
//! **Why.** Both are about folders, stores and pointers, which no dialect knows; what is wished and how it is answered is the
//! dialect's. **How.** A dialect reads a wish and renders what became of it; who carries it out is the server. A map is a file and may
//! be larger than memory: it never is a [`Request`]'s body.

use engine::{DatasetId, DatasetView};
use serde::{Deserialize, Serialize};

use crate::{Failure, Request, Response};

/// What every dialect says where a map is needed and none is loaded: both ways to mend it, since who asks over HTTP may have no command
/// line there.
pub const NO_MAP: &str = "no map is loaded: import one with `roundsman import FILE.osm.pbf`, or send it to \
                          `POST /api/v1/datasets?name=NAME&activate=true`";

/// A question whose body is a map that is to become a dataset.
pub struct Import {
    /// What is wished of it; the question was checked.
    pub wish: fn(&Request) -> Result<ImportWish, Failure>,
    /// Whether the body may be a map, as it begins, or the answer to what is none.
    pub begins: fn(&Request, &[u8]) -> Result<(), Response>,
    /// The answer in the bytes that polls will copy.
    pub result: fn(&DatasetView) -> Vec<u8>,
}

/// What is wished of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportWish {
    /// What to call the dataset.
    pub name: String,
    /// Whether it becomes the active one.
    pub activate: bool,
}

/// What stands for a body that was taken in as a file: so much of it is part of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Its length.
    pub bytes: u64,
    /// Its hash, 64 hexadecimal digits.
    pub blake3: String,
}

/// Looking at the datasets, or changing which there are.
pub struct Catalogue {
    /// What is wished, or the answer to a faulty wish.
    pub wish: fn(&Request) -> Result<CatalogueWish, Response>,
    /// The answer.
    pub render: fn(&Request, &CatalogueFound) -> Response,
}

/// What is wished of the datasets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogueWish {
    /// To see all of them.
    List,
    /// To see one.
    Show(DatasetId),
    /// To make one the active one, on all nodes.
    Activate(DatasetId),
    /// To have one no more.
    Remove(DatasetId),
}

/// What became of the wish.
#[derive(Clone, Debug, PartialEq)]
pub enum CatalogueFound {
    /// All of them, oldest first.
    All(Vec<DatasetView>),
    /// This one, as it is now.
    One(Box<DatasetView>),
    /// It is gone.
    Removed,
    /// There is none of that name.
    Unknown(DatasetId),
    /// It cannot go, for the reason in this sentence.
    Needed(String),
}
