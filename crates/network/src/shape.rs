//! The line of an edge, from tail to head.
//!
//! A road's inner points are stored once, in the direction in which it was drawn; its ends are the nodes themselves.
//! [`Shape`] walks them in the direction of the edge, from either end, without copying.

use geometry::Coordinate;

/// Iterator over the positions of an edge, from its tail to its head, both included: at least two.
#[derive(Clone, Debug)]
pub struct Shape<'a> {
    ends: [Coordinate; 2],
    inner: &'a [Coordinate],
    backward: bool,
    /// What is left, as indices into the whole line.
    left: std::ops::Range<usize>,
}

impl<'a> Shape<'a> {
    pub(crate) fn new(tail: Coordinate, inner: &'a [Coordinate], head: Coordinate, backward: bool) -> Self {
        Self { ends: [tail, head], inner, backward, left: 0..inner.len() + 2 }
    }

    /// Appends all positions but the tail, which a line that leads here ends with: as slices, so that long lines are copied quickly.
    pub fn append_to(self, line: &mut Vec<Coordinate>) {
        if self.backward {
            line.extend(self.inner.iter().rev());
        } else {
            line.extend_from_slice(self.inner);
        }
        line.push(self.ends[1]);
    }

    #[inline]
    fn at(&self, index: usize) -> Coordinate {
        let last = self.inner.len() + 1;
        match index {
            0 => self.ends[0],
            _ if index == last => self.ends[1],
            _ if self.backward => self.inner[last - 1 - index],
            _ => self.inner[index - 1],
        }
    }
}

impl Iterator for Shape<'_> {
    type Item = Coordinate;

    #[inline]
    fn next(&mut self) -> Option<Coordinate> {
        self.left.next().map(|index| self.at(index))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl DoubleEndedIterator for Shape<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Coordinate> {
        self.left.next_back().map(|index| self.at(index))
    }
}

impl ExactSizeIterator for Shape<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: i32) -> Coordinate {
        Coordinate { lat_e7: number, lon_e7: number }
    }

    #[test]
    fn backward_is_forward_reversed() {
        for count in 0..4 {
            let inner: Vec<_> = (1..=count).map(at).collect();
            let forward = Shape::new(at(0), &inner, at(count + 1), false);
            let backward = Shape::new(at(count + 1), &inner, at(0), true);
            let line: Vec<_> = (0..=count + 1).map(at).collect();
            assert_eq!(forward.len(), line.len());
            assert_eq!(forward.clone().collect::<Vec<_>>(), line);
            assert_eq!(backward.clone().rev().collect::<Vec<_>>(), line);
            for shape in [&forward, &backward] {
                let mut appended = vec![shape.clone().next().unwrap()];
                shape.clone().append_to(&mut appended);
                assert!(shape.clone().eq(appended));
            }
            assert!(forward.eq(backward.rev()));
        }
    }
}
