//! What few edges and nodes have and few questions ask: limits, signs for drivers, and conditions.
//!
//! The same details recur along a road, so each set of them is stored once and named by a number; a sorted list says
//! which edges and nodes have any. A condition is kept as the words that follow the "@" in the map ("Mo-Fr 07:00-09:00",
//! "wet", "weight>7.5"), with what holds when it is met. Never here: reading those words, which takes a clock, the
//! weather and a vehicle.

use crate::access::{Access, ModeSet};
use crate::build::TextId;
use crate::limits::{Limit, Limits};

/// A text for drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Sign {
    /// The places that the road leads to, as on its signs: "Porto;Aveiro".
    Destination,
    /// The numbers of the roads that it leads to: "A 1;A 29".
    DestinationReference,
    /// The street that it leads to.
    DestinationStreet,
    /// The number of the exit.
    ExitReference,
    /// The name of the exit or junction.
    ExitName,
    /// The arrows on the lanes, from left to right: "left|through|through;right".
    TurnLanes,
}

impl Sign {
    /// All signs, in the order of their numbers.
    pub const ALL: [Sign; 6] = [
        Sign::Destination,
        Sign::DestinationReference,
        Sign::DestinationStreet,
        Sign::ExitReference,
        Sign::ExitName,
        Sign::TurnLanes,
    ];
}

/// The texts of the signs; the default has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct Signs(pub(crate) [u32; Sign::ALL.len()]);

impl Signs {
    /// The same with a text on a sign.
    #[must_use]
    pub fn with(mut self, sign: Sign, text: TextId) -> Self {
        self.0[sign as usize] = text.0;
        self
    }

    pub(crate) fn get(self, sign: Sign) -> u32 {
        self.0[sign as usize]
    }
}

/// What holds while a condition is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// This access, instead of the usual one.
    Access(Access),
    /// This speed limit, in kilometres per hour.
    MaxSpeed(u16),
    /// This limit in its unit; none lifts it.
    Limit(Limit, Option<u32>),
}

/// Effects in the file: what kind, and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct PackedEffect {
    kind: u16,
    value: u16,
}

const ACCESS: u16 = 0;
const MAX_SPEED: u16 = 1;
const FIRST_LIMIT: u16 = 2;

impl PackedEffect {
    pub(crate) fn unpacked(self) -> Option<Effect> {
        Some(match self.kind {
            ACCESS => Effect::Access([Access::No, Access::Ends, Access::Yes].get(usize::from(self.value)).copied()?),
            MAX_SPEED => Effect::MaxSpeed(self.value),
            kind => {
                let limit = Limit::of_number(kind - FIRST_LIMIT)?;
                Effect::Limit(limit, (self.value != 0).then(|| u32::from(self.value) * limit.scale()))
            }
        })
    }
}

impl From<Effect> for PackedEffect {
    fn from(effect: Effect) -> Self {
        let (kind, value) = match effect {
            Effect::Access(access) => (ACCESS, access as u16),
            Effect::MaxSpeed(kmh) => (MAX_SPEED, kmh),
            Effect::Limit(limit, value) => (FIRST_LIMIT + limit as u16, value.map_or(0, |value| limit.stored(value))),
        };
        Self { kind, value }
    }
}

/// A condition to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conditional {
    /// Who is meant.
    pub modes: ModeSet,
    /// What holds for them.
    pub effect: Effect,
    /// When it does.
    pub when: TextId,
}

/// A condition of an edge or a node. Of several that are met the last one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition<'a> {
    /// Who is meant.
    pub modes: ModeSet,
    /// What holds for them.
    pub effect: Effect,
    /// When it does, in OpenStreetMap's grammar for conditions: "Mo-Fr 07:00-09:00 AND weight>7.5". A part that begins with "!" names
    /// hours outside of which it does.
    pub when: &'a str,
}

/// Details to be added; the default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Details {
    /// The limits.
    pub limits: Limits,
    /// The signs.
    pub signs: Signs,
    /// The conditions, the most important last.
    pub conditions: Vec<Conditional>,
}

impl Details {
    /// Whether somebody may pass at times.
    pub(crate) fn open_at_times(&self) -> bool {
        let opens = |condition: &Conditional| match condition.effect {
            Effect::Access(access) => access != Access::No,
            Effect::MaxSpeed(_) | Effect::Limit(..) => false,
        };
        self.conditions.iter().any(opens)
    }
}

/// Details that were added; the default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DetailsId(pub(crate) u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_kept() {
        let limits =
            Limit::ALL.into_iter().flat_map(|limit| [Effect::Limit(limit, None), Effect::Limit(limit, Some(3_000))]);
        let accesses = [Access::No, Access::Ends, Access::Yes].map(Effect::Access);
        for effect in limits.chain(accesses).chain([Effect::MaxSpeed(30)]) {
            assert_eq!(PackedEffect::from(effect).unpacked(), Some(effect));
        }
        assert_eq!(PackedEffect { kind: ACCESS, value: 3 }.unpacked(), None);
        assert_eq!(PackedEffect { kind: FIRST_LIMIT + 7, value: 3 }.unpacked(), None);
    }

    #[test]
    fn a_sign_is_found_at_its_number() {
        for (number, sign) in Sign::ALL.into_iter().enumerate() {
            assert_eq!(sign as usize, number);
            assert_eq!(Signs::default().with(sign, TextId(7)).get(sign), 7);
        }
    }
}
