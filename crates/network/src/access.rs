//! Who may pass: the modes of travel, and what each may do on an edge or at a node.
//!
//! Access is stored for every mode from the start, two bits each in a `u16`, so that a further profile needs no new
//! import. `osm` decides it from tags; nobody above asks why.

use bytemuck::{Pod, Zeroable};

/// A way of travelling, as both vendors' interfaces know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the variants are their own names")]
pub enum Mode {
    Car,
    Truck,
    Taxi,
    Bus,
    Van,
    Motorcycle,
    Bicycle,
    Pedestrian,
}

impl Mode {
    /// All modes, in the order of their numbers.
    pub const ALL: [Mode; 8] =
        [Mode::Car, Mode::Truck, Mode::Taxi, Mode::Bus, Mode::Van, Mode::Motorcycle, Mode::Bicycle, Mode::Pedestrian];
}

/// What a mode may do somewhere. The order is that of permission: the least of several is what holds for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Access {
    /// Never.
    No = 0,
    /// Only where a route starts or ends: private roads, residents, deliveries, customers.
    Ends = 1,
    /// Always.
    Yes = 2,
}

/// The [`Access`] of every [`Mode`], packed. All bits zero is "nobody".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct ModeAccess(u16);

impl ModeAccess {
    /// The same access for every mode.
    pub fn all(access: Access) -> Self {
        Mode::ALL.iter().fold(Self(0), |all, &mode| all.with(mode, access))
    }

    /// The access of `mode`.
    pub fn get(self, mode: Mode) -> Access {
        match (self.0 >> (2 * mode as u16)) & 3 {
            0 => Access::No,
            1 => Access::Ends,
            _ => Access::Yes,
        }
    }

    /// The same, but for `mode`, which gets `access`.
    #[must_use]
    pub fn with(self, mode: Mode, access: Access) -> Self {
        let shift = 2 * mode as u16;
        Self(self.0 & !(3 << shift) | (access as u16) << shift)
    }

    /// Whether no mode has any access.
    pub fn is_nobody(self) -> bool {
        self.0 == 0
    }
}

/// Some of the modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct ModeSet(u16);

impl ModeSet {
    /// No mode.
    pub const EMPTY: ModeSet = ModeSet(0);

    /// Whether `mode` is among them.
    pub fn contains(self, mode: Mode) -> bool {
        self.0 >> mode as u16 & 1 == 1
    }

    /// These and `mode`.
    #[must_use]
    pub fn with(self, mode: Mode) -> Self {
        Self(self.0 | 1 << mode as u16)
    }

    /// These without `mode`.
    #[must_use]
    pub fn without(self, mode: Mode) -> Self {
        Self(self.0 & !(1 << mode as u16))
    }

    /// Those in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The modes in the set, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Mode> {
        Mode::ALL.into_iter().filter(move |&mode| self.contains(mode))
    }
}

impl FromIterator<Mode> for ModeSet {
    fn from_iter<I: IntoIterator<Item = Mode>>(modes: I) -> Self {
        modes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_has_its_own_bits() {
        let mut access = ModeAccess::all(Access::Yes);
        for mode in Mode::ALL {
            access = access.with(mode, Access::Ends);
            assert_eq!(access.get(mode), Access::Ends);
            access = access.with(mode, Access::No);
            assert_eq!(Mode::ALL.map(|other| access.get(other) == Access::No), Mode::ALL.map(|other| other <= mode));
        }
        assert!(access.is_nobody());
    }

    #[test]
    fn sets_add_and_take_away() {
        let set: ModeSet = [Mode::Car, Mode::Pedestrian].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Mode::Car, Mode::Pedestrian]);
        assert!(set.without(Mode::Car).without(Mode::Pedestrian).is_empty());
        assert_eq!(set.union(ModeSet::EMPTY.with(Mode::Bus)).iter().count(), 3);
    }
}
