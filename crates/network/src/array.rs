//! A flat array that is either owned or lies in a memory-mapped file.
//!
//! The two are one type so that nothing above has two code paths. What never happens: writing. A mapped array was
//! checked for alignment and bounds when it was made, so reading it cannot fail.

use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

pub(crate) enum Array<T> {
    Owned(Vec<T>),
    /// A range of bytes, a multiple of `T`'s size long and aligned for it.
    Mapped(Arc<Mmap>, Range<usize>),
}

impl<T: Pod> Array<T> {
    /// `bytes` of `map` as an array; `None` unless they lie within it, aligned, a whole number of elements.
    pub(crate) fn mapped(map: &Arc<Mmap>, bytes: Range<usize>) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(map.get(bytes.clone())?).ok()?;
        Some(Array::Mapped(Arc::clone(map), bytes))
    }
}

impl<T: Pod> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Array::Owned(elements) => elements,
            Array::Mapped(map, bytes) => bytemuck::cast_slice(&map[bytes.clone()]),
        }
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(elements: Vec<T>) -> Self {
        Array::Owned(elements)
    }
}
