//! Who may pass a barrier on a road: from a node's tags to [`ModeAccess`].
//!
//! What the thing itself lets through comes first: anybody passes a gate that nobody locked, no car passes a bollard.
//! Then the access keys speak, as on ways, with one difference: a plain `access` does not open what is physically
//! closed, since it says who has the right to pass, not what fits through; only a more specific key does.

use network::{Access, Mode, ModeAccess};

use crate::access::tagged_access;
use crate::modes::access_keys;
use crate::tags::Tags;

/// Who may pass a node; `None` where it has no barrier, or one that stops nobody.
pub(crate) fn barrier_access(tags: &Tags<'_>) -> Option<ModeAccess> {
    let kind = tags.get("barrier")?;
    let access = Mode::ALL.into_iter().fold(ModeAccess::default(), |access, mode| {
        let tagged = tagged_access(passing_keys(mode, tags), tags, mode, "");
        access.with(mode, tagged.unwrap_or_else(|| kind_access(kind, mode, tags)))
    });
    (access != ModeAccess::all(Access::Yes)).then_some(access)
}

/// The access keys that say whether a mode may pass a node, the most general first: all but the plainest where what stands there lets
/// none of it through.
pub(crate) fn passing_keys(mode: Mode, tags: &Tags<'_>) -> &'static [&'static str] {
    let keys = access_keys(mode);
    let is_closed = tags.get("barrier").is_some_and(|kind| kind_access(kind, mode, tags) == Access::No);
    if is_closed { &keys[1..] } else { keys }
}

fn kind_access(kind: &str, mode: Mode, tags: &Tags<'_>) -> Access {
    match kind {
        // A bar above the road: where no height is stated, it is there to keep out what is higher than a car.
        "height_restrictor" if tags.get("maxheight").is_none() => pass_if(!matches!(mode, Mode::Truck | Mode::Bus)),
        "no" | "entrance" | "kerb" | "toll_booth" | "border_control" | "cattle_grid" | "bump_gate" | "sally_port"
        | "height_restrictor" | "arch" | "spikes" | "coupure" => Access::Yes,
        "gate" | "lift_gate" | "swing_gate" | "sliding_gate" | "sliding_beam" | "hampshire_gate" => {
            if tags.is("locked", "yes") { Access::Ends } else { Access::Yes }
        }
        "bollard" if tags.is("bollard", "rising") => Access::Yes,
        "bus_trap" | "sump_buster" if matches!(mode, Mode::Bus | Mode::Truck) => Access::Yes,
        "wall" | "fence" | "hedge" | "retaining_wall" | "city_wall" | "ditch" => Access::No,
        "stile" | "turnstile" | "full-height_turnstile" | "kissing_gate" | "wicket_gate" => {
            pass_if(mode == Mode::Pedestrian)
        }
        // Bollards, blocks, chains, cycle barriers and whatever else somebody put there: too narrow for an engine.
        _ => pass_if(!is_motor(mode)),
    }
}

fn pass_if(fits: bool) -> Access {
    if fits { Access::Yes } else { Access::No }
}

fn is_motor(mode: Mode) -> bool {
    !matches!(mode, Mode::Bicycle | Mode::Pedestrian)
}
