//! What kind of road an edge is: its class and its yes-or-no properties.
//!
//! Both are small numbers in the file; they never change meaning within one format version.

use bytemuck::{Pod, Zeroable};

/// The class of a road, from which `routing` derives its default speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the variants are OpenStreetMap's own names")]
pub enum RoadClass {
    Motorway,
    MotorwayLink,
    Trunk,
    TrunkLink,
    Primary,
    PrimaryLink,
    Secondary,
    SecondaryLink,
    Tertiary,
    TertiaryLink,
    Unclassified,
    Residential,
    LivingStreet,
    Service,
    /// A road of unknown class.
    Road,
    Track,
    /// A road for buses only, guided or not.
    Busway,
    Bridleway,
    Path,
    Cycleway,
    Footway,
    Pedestrian,
    Steps,
    /// A ferry or a train that carries vehicles: it takes [`crate::Network::ferry_duration_ms`] if that is known.
    Ferry,
}

impl RoadClass {
    /// All classes, in the order of their numbers.
    pub const ALL: [RoadClass; 24] = [
        RoadClass::Motorway,
        RoadClass::MotorwayLink,
        RoadClass::Trunk,
        RoadClass::TrunkLink,
        RoadClass::Primary,
        RoadClass::PrimaryLink,
        RoadClass::Secondary,
        RoadClass::SecondaryLink,
        RoadClass::Tertiary,
        RoadClass::TertiaryLink,
        RoadClass::Unclassified,
        RoadClass::Residential,
        RoadClass::LivingStreet,
        RoadClass::Service,
        RoadClass::Road,
        RoadClass::Track,
        RoadClass::Busway,
        RoadClass::Bridleway,
        RoadClass::Path,
        RoadClass::Cycleway,
        RoadClass::Footway,
        RoadClass::Pedestrian,
        RoadClass::Steps,
        RoadClass::Ferry,
    ];

    /// Whether this is a slip road or another connection between larger roads.
    pub fn is_link(self) -> bool {
        matches!(
            self,
            RoadClass::MotorwayLink
                | RoadClass::TrunkLink
                | RoadClass::PrimaryLink
                | RoadClass::SecondaryLink
                | RoadClass::TertiaryLink
        )
    }
}

/// The yes-or-no properties of a road, both of its directions alike.
///
/// ```
/// use network::EdgeFlags;
/// let flags = EdgeFlags::TOLL | EdgeFlags::TUNNEL;
/// assert!(flags.toll() && flags.tunnel() && !flags.bridge());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct EdgeFlags(u16);

impl EdgeFlags {
    /// None of them.
    pub const NONE: EdgeFlags = EdgeFlags(0);
    /// Part of a roundabout or of another circular junction.
    pub const ROUNDABOUT: EdgeFlags = EdgeFlags(1);
    /// Costs a toll.
    pub const TOLL: EdgeFlags = EdgeFlags(1 << 1);
    /// In a tunnel or another covered passage.
    pub const TUNNEL: EdgeFlags = EdgeFlags(1 << 2);
    /// On a bridge.
    pub const BRIDGE: EdgeFlags = EdgeFlags(1 << 3);
    /// Carried by a ferry or a train.
    pub const FERRY: EdgeFlags = EdgeFlags(1 << 4);
    /// Not asphalt, concrete or paving.
    pub const UNPAVED: EdgeFlags = EdgeFlags(1 << 5);
    /// A motor road: no crossings, no slow traffic.
    pub const MOTORROAD: EdgeFlags = EdgeFlags(1 << 6);
    /// A driveway, a parking aisle, an alley or a drive-through: a service road that leads nowhere else.
    pub const MINOR_SERVICE: EdgeFlags = EdgeFlags(1 << 7);
    /// Every flag that has a meaning in this version of the format.
    pub(crate) const KNOWN: EdgeFlags = EdgeFlags((1 << 8) - 1);

    /// Whether all of `other` are set.
    pub fn contains(self, other: EdgeFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Part of a roundabout or of another circular junction.
    pub fn roundabout(self) -> bool {
        self.contains(Self::ROUNDABOUT)
    }

    /// Costs a toll.
    pub fn toll(self) -> bool {
        self.contains(Self::TOLL)
    }

    /// In a tunnel or another covered passage.
    pub fn tunnel(self) -> bool {
        self.contains(Self::TUNNEL)
    }

    /// On a bridge.
    pub fn bridge(self) -> bool {
        self.contains(Self::BRIDGE)
    }

    /// Carried by a ferry or a train.
    pub fn ferry(self) -> bool {
        self.contains(Self::FERRY)
    }

    /// Not asphalt, concrete or paving.
    pub fn unpaved(self) -> bool {
        self.contains(Self::UNPAVED)
    }

    /// A motor road: no crossings, no slow traffic.
    pub fn motorroad(self) -> bool {
        self.contains(Self::MOTORROAD)
    }

    /// A driveway, a parking aisle, an alley or a drive-through.
    pub fn minor_service(self) -> bool {
        self.contains(Self::MINOR_SERVICE)
    }
}

impl std::ops::BitOr for EdgeFlags {
    type Output = EdgeFlags;

    fn bitor(self, other: EdgeFlags) -> EdgeFlags {
        EdgeFlags(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for EdgeFlags {
    fn bitor_assign(&mut self, other: EdgeFlags) {
        *self = *self | other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_found_at_its_number() {
        for (number, class) in RoadClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, number);
        }
    }
}
