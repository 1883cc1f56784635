//! A stretch of a tour, summed up so that two stretches join in constant time.
//!
//! **Why.** A local search asks of millions of tours that differ from the present ones in a joint or two whether they are in
//! time. **How.** A stretch is known by how long it lasts, by how much time it is behind its windows, and by the moments between
//! which it may begin without waiting or falling behind further. A visit that is reached too late begins at its last moment all
//! the same, and what is missing is counted: *time warp* (Thibaut Vidal, Teodor Gabriel Crainic, Michel Gendreau and Christian
//! Prins, "A hybrid genetic algorithm with adaptive diversity management for a large class of vehicle routing problems with
//! time-windows", Computers & Operations Research 40(1), 2013, section 4.3). **What never happens:** a stretch without warp that
//! cannot be driven in time, or one with warp that can.

/// Farther off than any moment, with room to add.
const ANY_TIME: i64 = 1 << 50;

/// A stretch of a tour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// From its beginning to its end, with waits, and with the warp as if that had been time.
    pub(super) duration: i64,
    /// The time by which it is too late, over all its visits.
    pub(super) warp: i64,
    /// The earliest beginning without needless waiting, and the latest one without more warp.
    pub(super) earliest: i64,
    pub(super) latest: i64,
}

impl Segment {
    /// Nothing at all, at any time.
    pub(super) const FREE: Self = Self { duration: 0, warp: 0, earliest: -ANY_TIME, latest: ANY_TIME };

    /// One visit that begins within a window.
    pub(super) fn visit(earliest: i64, latest: i64, duration: i64) -> Self {
        Self { duration, warp: 0, earliest, latest }
    }

    /// This stretch, not begun before a moment.
    #[inline]
    pub(super) fn not_before(self, moment: i64) -> Self {
        if moment <= self.earliest {
            return self;
        }
        Self {
            warp: self.warp + (moment - self.latest).max(0),
            earliest: moment,
            latest: self.latest.max(moment),
            ..self
        }
    }

    /// This stretch, a leg of this length, and the other stretch.
    #[inline]
    pub(super) fn join(self, leg: i64, other: Self) -> Self {
        let gap = self.duration - self.warp + leg;
        let wait = (other.earliest - gap - self.latest).max(0);
        let warp = (self.earliest + gap - other.latest).max(0);
        Self {
            duration: self.duration + other.duration + leg + wait,
            warp: self.warp + other.warp + warp,
            earliest: self.earliest.max(other.earliest - gap) - wait,
            latest: self.latest.min(other.latest - gap) + warp,
        }
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    /// The warp of visits one after another, by following the clock.
    fn followed(visits: &[(i64, i64, i64)], legs: &[i64], begin: i64) -> i64 {
        let (mut clock, mut warp) = (begin, 0);
        for (index, &(open, last, dwell)) in visits.iter().enumerate() {
            clock += if index > 0 { legs[index - 1] } else { 0 };
            clock = clock.max(open);
            warp += (clock - last).max(0);
            clock = clock.min(last) + dwell;
        }
        warp
    }

    #[test]
    fn joined_in_any_order_a_stretch_has_the_warp_of_the_clock() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..2_000 {
            let visits: Vec<(i64, i64, i64)> = (0..5)
                .map(|_| {
                    let open = rng.i64(0..60);
                    (open, open + rng.i64(0..30), rng.i64(0..8))
                })
                .collect();
            let legs: Vec<i64> = (0..4).map(|_| rng.i64(0..25)).collect();
            let single = |index: usize| Segment::visit(visits[index].0, visits[index].1, visits[index].2);
            let forwards = (1..5).fold(single(0), |sum, index| sum.join(legs[index - 1], single(index)));
            let backwards = (0..4).rev().fold(single(4), |sum, index| single(index).join(legs[index], sum));
            let least = (0..100).map(|begin| followed(&visits, &legs, begin)).min();
            assert_eq!(Some(forwards.warp), least, "{visits:?} {legs:?}");
            assert_eq!(forwards, backwards);
        }
    }
}
