//! The import, end to end: drawn maps are written as real files and read back.
//!
//! Each module is a table of tags or drawings and what must become of them. They are marked as tests so that the lints
//! let their helpers unwrap.

#[cfg(test)]
mod access;
#[cfg(test)]
mod attributes;
#[cfg(test)]
mod barriers;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod files;
#[cfg(test)]
mod restrictions;
#[cfg(test)]
mod roads;
#[cfg(test)]
mod signs;
