//! What may travel by its size, its weight and its load: limits on signs, and who may carry dangerous goods.
//!
//! Few edges and nodes have any of these, so they are stored only there (see `details`). A limit is a whole number in
//! the unit that [`Limit`] names, rounded down: what just fits on paper may not fit in the tunnel. The strictest of
//! several signs is what holds. Never here: comparing limits with a vehicle, which `routing` does.

use bytemuck::{Pod, Zeroable};

use crate::access::Access;

/// A measure that may be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Limit {
    /// The vehicle's height, in centimetres.
    Height,
    /// Its width, in centimetres.
    Width,
    /// Its length with any trailer, in centimetres.
    Length,
    /// Its actual weight with load, in kilograms.
    Weight,
    /// The weight on any one axle, in kilograms.
    AxleLoad,
    /// The weight that its papers permit, whatever it carries, in kilograms; speaks to trucks.
    RatedWeight,
    /// The speed of trucks, in kilometres per hour, where it is lower than that of others.
    TruckSpeed,
}

impl Limit {
    /// All limits, in the order of their numbers.
    pub const ALL: [Limit; 7] = [
        Limit::Height,
        Limit::Width,
        Limit::Length,
        Limit::Weight,
        Limit::AxleLoad,
        Limit::RatedWeight,
        Limit::TruckSpeed,
    ];

    /// The limit of a number.
    pub(crate) fn of_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// How much one stored unit is worth: weights are kept in tens of kilograms.
    pub(crate) fn scale(self) -> u32 {
        match self {
            Limit::Weight | Limit::AxleLoad | Limit::RatedWeight => 10,
            Limit::Height | Limit::Width | Limit::Length | Limit::TruckSpeed => 1,
        }
    }

    /// As it is stored. 0 is no limit, and so is more than fits: nothing on a road is 655 m long or weighs 655 t.
    pub(crate) fn stored(self, value: u32) -> u16 {
        (value / self.scale()).try_into().unwrap_or(0)
    }
}

/// The category of a tunnel in the ADR (the European agreement on dangerous goods by road, section 1.9.5): what it
/// keeps out grows from A, nothing, to E, nearly everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the variants are the agreement's letters")]
pub enum TunnelCategory {
    A = 1,
    B,
    C,
    D,
    E,
}

impl TunnelCategory {
    const ALL: [TunnelCategory; 5] =
        [TunnelCategory::A, TunnelCategory::B, TunnelCategory::C, TunnelCategory::D, TunnelCategory::E];
}

/// Who may pass with dangerous goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hazmat {
    /// With dangerous goods of any kind.
    pub goods: Access,
    /// With what harms water.
    pub water: Access,
    /// The category of a tunnel, where one is signed.
    pub tunnel: Option<TunnelCategory>,
}

impl Hazmat {
    /// No restriction.
    pub const FREE: Hazmat = Hazmat { goods: Access::Yes, water: Access::Yes, tunnel: None };

    /// Two bits each for goods and water, how far they are from free; three for the tunnel. Free is 0.
    fn packed(self) -> u16 {
        let strictness = |access: Access| Access::Yes as u16 - access as u16;
        strictness(self.goods) | strictness(self.water) << 2 | self.tunnel.map_or(0, |tunnel| tunnel as u16) << 4
    }

    fn unpacked(bits: u16) -> Self {
        let access = |strictness: u16| match strictness & 3 {
            0 => Access::Yes,
            1 => Access::Ends,
            _ => Access::No,
        };
        let tunnel = TunnelCategory::ALL.into_iter().find(|&tunnel| tunnel as u16 == bits >> 4);
        Self { goods: access(bits), water: access(bits >> 2), tunnel }
    }
}

/// The limits of an edge or a node; the default is none.
///
/// ```
/// use network::{Limit, Limits};
/// let limits = Limits::default().with(Limit::Height, 380).with(Limit::Weight, 7_500);
/// assert_eq!((limits.get(Limit::Height), limits.get(Limit::Width)), (Some(380), None));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Limits([u16; 8]);

/// Behind the limits.
const HAZMAT: usize = 7;

impl Limits {
    /// A limit, in its unit; none if there is no sign.
    pub fn get(self, limit: Limit) -> Option<u32> {
        let stored = self.0[limit as usize];
        (stored != 0).then(|| u32::from(stored) * limit.scale())
    }

    /// The same with a further sign: the stricter of the two holds.
    #[must_use]
    pub fn with(mut self, limit: Limit, value: u32) -> Self {
        let value = limit.stored(value);
        let slot = &mut self.0[limit as usize];
        *slot = if *slot == 0 || value == 0 { (*slot).max(value) } else { (*slot).min(value) };
        self
    }

    /// The same with another figure in place of a sign's; none lifts it.
    #[must_use]
    pub fn replacing(mut self, limit: Limit, value: Option<u32>) -> Self {
        self.0[limit as usize] = value.map_or(0, |value| limit.stored(value));
        self
    }

    /// Who may pass with dangerous goods.
    pub fn hazmat(self) -> Hazmat {
        Hazmat::unpacked(self.0[HAZMAT])
    }

    /// The same with other rules for dangerous goods.
    #[must_use]
    pub fn with_hazmat(mut self, hazmat: Hazmat) -> Self {
        self.0[HAZMAT] = hazmat.packed();
        self
    }

    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_sign_holds() {
        let mut limits = Limits::default();
        for (number, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!((limit as usize, Limit::of_number(number as u16)), (number, Some(limit)));
            limits = limits.with(limit, 500).with(limit, 409).with(limit, 450).with(limit, 0).with(limit, u32::MAX);
            assert_eq!(limits.get(limit), Some(409 / limit.scale() * limit.scale()));
        }
        assert_eq!(limits.hazmat(), Hazmat::FREE);
        assert!(Limits::default().is_none() && !limits.is_none());
    }

    #[test]
    fn dangerous_goods_are_kept() {
        for goods in [Access::No, Access::Ends, Access::Yes] {
            for water in [Access::No, Access::Ends, Access::Yes] {
                for tunnel in TunnelCategory::ALL.into_iter().map(Some).chain([None]) {
                    let hazmat = Hazmat { goods, water, tunnel };
                    assert_eq!(Limits::default().with_hazmat(hazmat).hazmat(), hazmat);
                }
            }
        }
        assert!(Limits::default().with_hazmat(Hazmat::FREE).is_none());
    }
}
