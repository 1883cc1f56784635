//! What a search minimises: time first, then distance, both as integers in one number.
//!
//! A [`Weight`] holds milliseconds in its high and centimetres in its low 32 bits, so comparing and adding the whole `u64`
//! compares and adds lexicographically. Of all fastest paths the shortest wins, hence the pair (duration, distance) of an
//! answer is unique, whichever of several equal paths a search happens to find: that is why a matrix cell equals its route.
//!
//! No path is longer than 24 days (addition stops at [`Weight::INFINITE`], which no search accepts; half the range is left, so
//! that any two weights can be added without a look) or than 42,949 km (beyond once around the Earth, where the distance
//! would spill one millisecond into the time).

use bytemuck::{Pod, Zeroable};

/// Nobody's single edge takes longer: a wrong ferry duration must not overflow a path.
const MAX_EDGE_MS: u64 = 7 * 24 * 3600 * 1000;

/// Time and distance of an edge, a turn or a path; ordered by time, then distance.
///
/// Packed to the alignment of its neighbours in labels and queues: a label has 16 bytes instead of 24.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C, packed(4))]
pub(crate) struct Weight(u64);

impl Weight {
    pub(crate) const ZERO: Weight = Weight(0);
    /// More than any path.
    pub(crate) const INFINITE: Weight = Weight(i64::MAX as u64);

    /// The weight of one edge or turn.
    pub(crate) fn new(duration_ms: u64, distance_cm: u32) -> Self {
        Self(duration_ms.min(MAX_EDGE_MS) << 32 | u64::from(distance_cm))
    }

    /// The weight of a road of a length at a speed; at 0 km/h it is closed.
    pub(crate) fn at_speed(length_cm: u32, kmh: u32) -> Self {
        if kmh == 0 {
            return Self::INFINITE;
        }
        // 1 km/h is 1/36 cm/ms.
        let kmh = u64::from(kmh);
        Self::new((u64::from(length_cm) * 36 + kmh / 2) / kmh, length_cm)
    }

    /// Both, one after the other.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).min(Self::INFINITE.0))
    }

    /// The number itself, for the arrays of a hierarchy.
    pub(crate) const fn raw(self) -> u64 {
        self.0
    }

    /// From the number itself, or from a sum that is too large to be one.
    pub(crate) fn from_raw(raw: u64) -> Self {
        Self(raw.min(Self::INFINITE.0))
    }

    /// Whether there is such a way.
    pub(crate) fn is_finite(self) -> bool {
        self < Self::INFINITE
    }

    /// A label of such a sweep: lowered by half the range, so that adding a weight to it needs no check, and the order of
    /// signed numbers, for which every processor has a comparison, is that of the weights.
    pub(crate) const fn to_lane(self) -> i64 {
        self.0 as i64 + i64::MIN
    }

    /// The weight of a label.
    pub(crate) fn from_lane(lane: i64) -> Self {
        Self(lane.wrapping_sub(i64::MIN) as u64)
    }

    /// What is left of it after its beginning `part`, which is not larger in time nor in distance.
    pub(crate) fn without(self, part: Self) -> Self {
        debug_assert!(part.duration_ms() <= self.duration_ms() && part.distance_cm() <= self.distance_cm());
        Self(self.0 - part.0)
    }

    /// The same distance, no faster than this.
    pub(crate) fn at_most_at(self, kmh: u32) -> Self {
        let kmh = u64::from(kmh.max(1));
        let slow_ms = (self.distance_cm() * 36 + kmh / 2) / kmh;
        Self::new(slow_ms.max(self.duration_ms()), self.distance_cm() as u32)
    }

    /// The same distance in this many times the time.
    pub(crate) fn times(self, factor: u64) -> Self {
        Self::new(self.duration_ms() * factor, self.distance_cm() as u32)
    }

    pub(crate) fn duration_ms(self) -> u64 {
        self.0 >> 32
    }

    pub(crate) fn distance_cm(self) -> u64 {
        self.0 & u64::from(u32::MAX)
    }

    /// The first `along_cm` of an edge that weighs this: time in proportion, cut to whole milliseconds.
    ///
    /// Everything that touches part of an edge uses this one function, and what remains is always the edge
    /// [`without`](Self::without) its part; so pieces add up exactly and rounding happens once.
    pub(crate) fn beginning(self, along_cm: u32) -> Self {
        let length_cm = self.distance_cm();
        if u64::from(along_cm) >= length_cm {
            return self;
        }
        // At most 7 days of milliseconds times 2^32 centimetres: below 2^62.
        Self((self.duration_ms() * u64::from(along_cm) / length_cm) << 32 | u64::from(along_cm))
    }
}

/// How long a leg takes and how far it goes, exactly.
///
/// Outside of this crate a leg is shown in seconds and metres, each rounded once to the nearest; sums of legs are sums
/// of rounded legs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Travel {
    /// Milliseconds.
    pub duration_ms: u64,
    /// Centimetres.
    pub distance_cm: u64,
}

impl Travel {
    /// Whole seconds, to the nearest.
    pub fn duration_s(self) -> u64 {
        (self.duration_ms + 500) / 1000
    }

    /// Whole metres, to the nearest.
    pub fn distance_m(self) -> u64 {
        (self.distance_cm + 50) / 100
    }
}

impl From<Weight> for Travel {
    fn from(weight: Weight) -> Self {
        Self { duration_ms: weight.duration_ms(), distance_cm: weight.distance_cm() }
    }
}

impl From<Travel> for Weight {
    fn from(travel: Travel) -> Self {
        Self(travel.duration_ms << 32 | travel.distance_cm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_decides_before_distance() {
        assert!(Weight::new(1, 9000) < Weight::new(2, 1));
        assert!(Weight::new(2, 1) < Weight::new(2, 2));
        assert_eq!(Weight::new(2, 3).plus(Weight::new(5, 7)), Weight::new(7, 10));
    }

    #[test]
    fn an_absurd_edge_does_not_overflow_a_path() {
        let ferry = Weight::new(u64::MAX, u32::MAX);
        let voyage = (0..100).fold(Weight::ZERO, |sum, _| sum.plus(ferry));
        assert_eq!(voyage, Weight::INFINITE);
        assert_eq!(ferry.beginning(u32::MAX - 1).duration_ms(), MAX_EDGE_MS - 1);
    }

    #[test]
    fn the_parts_of_an_edge_add_up() {
        let edge = Weight::new(1001, 777);
        for along in 0..=777 {
            let part = edge.beginning(along);
            assert_eq!(part.plus(edge.without(part)), edge);
        }
        assert_eq!((edge.beginning(0), edge.beginning(9999)), (Weight::ZERO, edge));
    }

    #[test]
    fn lanes_keep_the_order_and_never_overflow() {
        let weights =
            [Weight::ZERO, Weight::new(1, 5), Weight::new(2, 0), Weight(Weight::INFINITE.0 - 1), Weight::INFINITE];
        for pair in weights.windows(2) {
            assert!(pair[0].to_lane() < pair[1].to_lane());
        }
        for weight in weights {
            assert_eq!(Weight::from_lane(weight.to_lane()), weight);
            assert!(Weight::INFINITE.to_lane() <= Weight::INFINITE.to_lane() + weight.raw() as i64);
        }
    }

    #[test]
    fn halves_are_rounded_up() {
        let travel = Travel { duration_ms: 1500, distance_cm: 149 };
        assert_eq!((travel.duration_s(), travel.distance_m()), (2, 1));
    }
}
