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
pub struct EdgeFlags(u32);

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
    /// Costs trucks a toll, whether or not it costs cars one.
    pub const TRUCK_TOLL: EdgeFlags = EdgeFlags(1 << 8);
    /// For vehicles with several people in them only.
    pub const CARPOOL: EdgeFlags = EdgeFlags(1 << 9);
    /// In a zone where only clean vehicles may drive.
    pub const LOW_EMISSION_ZONE: EdgeFlags = EdgeFlags(1 << 10);
    /// Traffic keeps to the left.
    pub const LEFT_HAND: EdgeFlags = EdgeFlags(1 << 11);
    /// A circular junction without the rules of a roundabout; always with [`ROUNDABOUT`](Self::ROUNDABOUT).
    pub const CIRCULAR: EdgeFlags = EdgeFlags(1 << 12);
    /// The road that trucks are told to take.
    pub const TRUCK_ROUTE: EdgeFlags = EdgeFlags(1 << 13);
    /// Bicycles are pushed, not ridden.
    pub const DISMOUNT: EdgeFlags = EdgeFlags(1 << 14);
    /// Not among the streets of a town or village.
    pub const OPEN_COUNTRY: EdgeFlags = EdgeFlags(1 << 15);
    /// Details are stored for the edge. Set by the builder, and nobody's business outside this crate.
    const DETAILS: EdgeFlags = EdgeFlags(1 << 31);
    /// Every flag that has a meaning in this version of the format.
    pub(crate) const KNOWN: EdgeFlags = EdgeFlags(((1 << 16) - 1) | Self::DETAILS.0);

    pub(crate) fn has_details(self) -> bool {
        self.contains(Self::DETAILS)
    }

    /// The same flags, with or without the mark that there are details.
    pub(crate) fn with_details(self, details: bool) -> Self {
        Self(self.0 & !Self::DETAILS.0 | if details { Self::DETAILS.0 } else { 0 })
    }

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

    /// Costs trucks a toll, whether or not it costs cars one.
    pub fn truck_toll(self) -> bool {
        self.contains(Self::TRUCK_TOLL)
    }

    /// For vehicles with several people in them only.
    pub fn carpool(self) -> bool {
        self.contains(Self::CARPOOL)
    }

    /// Not among the streets of a town or village.
    pub fn open_country(self) -> bool {
        self.contains(Self::OPEN_COUNTRY)
    }

    /// In a zone where only clean vehicles may drive.
    pub fn low_emission_zone(self) -> bool {
        self.contains(Self::LOW_EMISSION_ZONE)
    }

    /// Traffic keeps to the left.
    pub fn left_hand(self) -> bool {
        self.contains(Self::LEFT_HAND)
    }

    /// A circular junction without the rules of a roundabout.
    pub fn circular(self) -> bool {
        self.contains(Self::CIRCULAR)
    }

    /// Bicycles are pushed, not ridden.
    pub fn dismount(self) -> bool {
        self.contains(Self::DISMOUNT)
    }

    /// The road that trucks are told to take.
    pub fn truck_route(self) -> bool {
        self.contains(Self::TRUCK_ROUTE)
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

/// What a road is covered with, from the best to the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Surface {
    /// Nobody says.
    #[default]
    Unknown,
    /// Asphalt, concrete, even paving: smooth.
    Paved,
    /// Cobbles, setts, grass pavers, wood, metal: hard, but not smooth.
    Rough,
    /// Fine gravel and the like, rolled firm; tracks of grade 2.
    Compacted,
    /// Gravel, earth, grass; tracks of grade 3 and 4.
    Loose,
    /// Sand, mud, ice; tracks of grade 5.
    Soft,
}

impl Surface {
    /// All surfaces, in the order of their numbers.
    pub const ALL: [Surface; 6] =
        [Surface::Unknown, Surface::Paved, Surface::Rough, Surface::Compacted, Surface::Loose, Surface::Soft];
}

/// The yes-or-no properties of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct NodeFlags(u8);

impl NodeFlags {
    pub(crate) const KNOWN: NodeFlags = NodeFlags(7);

    pub(crate) fn new(signals: bool, border: bool, toll_booth: bool) -> Self {
        Self(u8::from(signals) | u8::from(border) << 1 | u8::from(toll_booth) << 2)
    }

    pub(crate) fn contains(self, other: NodeFlags) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn signals(self) -> bool {
        self.0 & 1 != 0
    }

    pub(crate) fn border(self) -> bool {
        self.0 & 2 != 0
    }

    pub(crate) fn toll_booth(self) -> bool {
        self.0 & 4 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_surfaces_are_found_at_their_numbers() {
        for (number, class) in RoadClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, number);
        }
        for (number, surface) in Surface::ALL.into_iter().enumerate() {
            assert_eq!(surface as usize, number);
        }
    }
}
