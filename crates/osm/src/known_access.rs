//! Access, decided once for all ways that say the same.
//!
//! Deciding who may travel asks dozens of keys for eight modes and two directions, and most streets say the same few
//! things. So what was decided is remembered by class and tags, but for the tags that cannot matter. A tag that is not
//! known to be of no matter only makes ways look different: never wrong, at worst slower. The memory is bounded.

use std::collections::HashMap;

use network::{ModeAccess, RoadClass};

use crate::access::{Heading, way_access};
use crate::tags::Tags;

/// Beyond this many different ways, further ones are decided afresh.
const MOST_REMEMBERED: usize = 1 << 15;

/// What the frequent keys that say nothing about access begin with.
const OF_NO_MATTER: [&str; 27] = [
    "name",
    "alt_name",
    "old_name",
    "official_name",
    "loc_name",
    "short_name",
    "ref",
    "int_ref",
    "nat_ref",
    "source",
    "note",
    "fixme",
    "created_by",
    "tiger:",
    "gst:",
    "maxspeed",
    "surface",
    "lit",
    "layer",
    "bridge",
    "tunnel",
    "width",
    "sidewalk",
    "turn:lanes",
    "destination",
    "wiki",
    "postal_code",
];

/// What was decided so far.
#[derive(Default)]
pub(crate) struct KnownAccess {
    known: HashMap<Vec<u8>, [ModeAccess; 2]>,
    /// Class and tags of the way in question; kept to spare allocations.
    question: Vec<u8>,
}

impl KnownAccess {
    /// Who may travel a way, forward and backward.
    pub(crate) fn access(&mut self, class: RoadClass, tags: &Tags<'_>) -> [ModeAccess; 2] {
        self.question.clear();
        self.question.push(class as u8);
        for (key, value) in tags.iter().filter(|(key, _)| matters(key)) {
            for text in [key, value] {
                // With its length, so that no two ways look alike whatever their texts hold.
                self.question.extend((text.len() as u32).to_le_bytes());
                self.question.extend(text.as_bytes());
            }
        }
        if let Some(&access) = self.known.get(&self.question) {
            return access;
        }
        let access = [Heading::Forward, Heading::Backward].map(|heading| way_access(class, tags, heading));
        if self.known.len() < MOST_REMEMBERED {
            self.known.insert(self.question.clone(), access);
        }
        access
    }
}

fn matters(key: &str) -> bool {
    key != "lanes" && !OF_NO_MATTER.iter().any(|start| key.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes::access_keys;

    #[test]
    fn keys_of_access_matter() {
        let others =
            ["oneway", "oneway:bicycle", "junction", "cycleway:left", "busway", "lanes:psv:backward", "service"];
        let more = ["tracktype", "motorroad", "smoothness", "impassable", "conveying", "ramp:bicycle", "route", "foot"];
        let keys = network::Mode::ALL.into_iter().flat_map(access_keys).copied().chain(others).chain(more);
        for key in keys {
            assert!(matters(key), "{key}");
        }
        assert!(!matters("name:de") && !matters("maxspeed") && !matters("lanes"));
    }

    #[test]
    fn what_is_remembered_is_what_was_decided() {
        let mut known = KnownAccess::default();
        let street: Tags<'_> = [("highway", "residential"), ("name", "First")].into_iter().collect();
        let other: Tags<'_> = [("highway", "residential"), ("name", "Second")].into_iter().collect();
        let one_way: Tags<'_> = [("highway", "residential"), ("oneway", "yes")].into_iter().collect();
        let decided = known.access(RoadClass::Residential, &street);
        assert_eq!(known.access(RoadClass::Residential, &other), decided);
        assert_ne!(known.access(RoadClass::Residential, &one_way), decided);
        assert_ne!(known.access(RoadClass::Footway, &street), decided);
        assert_eq!(known.known.len(), 3);
    }
}
