//! A flat array that is either owned or lies in a memory-mapped file.
//!
//! The two are one type so that nothing above has two code paths, and reading an element costs no more than in a slice: what
//! lies in a file is looked up once, when the array is made. What never happens: writing. A mapped array was checked for
//! alignment and bounds when it was made, so reading it cannot fail.

use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

/// A flat array of plain numbers, owned or mapped.
pub struct Array<T: 'static>(Place<T>);

enum Place<T: 'static> {
    Owned(Vec<T>),
    Mapped {
        elements: &'static [T],
        /// Where the elements lie: it lives as long as they are seen.
        _map: Arc<Mmap>,
    },
}

impl<T: Pod> Array<T> {
    /// `bytes` of `map` as an array; `None` unless they lie within it, aligned, a whole number of elements.
    #[expect(unsafe_code, reason = "a slice of a map cannot name the map's lifetime in a type that also holds the map")]
    pub(crate) fn mapped(map: &Arc<Mmap>, bytes: Range<usize>) -> Option<Self> {
        let elements: &[T] = bytemuck::try_cast_slice(map.get(bytes)?).ok()?;
        // SAFETY: the elements lie in the map, whose address never changes and which is unmapped only when its last `Arc`
        // goes. One is kept beside the slice, and the slice is handed out with the lifetime of `self` only.
        let elements = unsafe { std::slice::from_raw_parts(elements.as_ptr(), elements.len()) };
        Some(Array(Place::Mapped { elements, _map: Arc::clone(map) }))
    }
}

impl<T> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Place::Owned(elements) => elements,
            Place::Mapped { elements, .. } => elements,
        }
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(elements: Vec<T>) -> Self {
        Array(Place::Owned(elements))
    }
}

impl<T> Default for Array<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> std::fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Array({} elements)", self.len())
    }
}
