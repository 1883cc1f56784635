//! Which keys of OpenStreetMap speak to which mode of travel.
//!
//! The hierarchy is that of the wiki's page "Key:access": a more specific key overrules a more general one. Vans follow
//! the rules for cars, since signs rarely tell them apart.

use network::{Mode, ModeSet};

/// The modes with an engine.
pub(crate) const MOTOR: [Mode; 6] = [Mode::Car, Mode::Truck, Mode::Taxi, Mode::Bus, Mode::Van, Mode::Motorcycle];

/// The access keys of a mode, the most general first.
pub(crate) fn access_keys(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::Car => &["access", "vehicle", "motor_vehicle", "motorcar"],
        Mode::Truck => &["access", "vehicle", "motor_vehicle", "hgv"],
        Mode::Taxi => &["access", "vehicle", "motor_vehicle", "motorcar", "psv", "taxi"],
        Mode::Bus => &["access", "vehicle", "motor_vehicle", "psv", "bus"],
        Mode::Van => &["access", "vehicle", "motor_vehicle", "motorcar", "goods"],
        Mode::Motorcycle => &["access", "vehicle", "motor_vehicle", "motorcycle"],
        Mode::Bicycle => &["access", "vehicle", "bicycle"],
        Mode::Pedestrian => &["access", "foot"],
    }
}

/// The modes that a word in `except=*` or behind `restriction:` means; none for a word of other vehicles.
pub(crate) fn modes_named(word: &str) -> ModeSet {
    let modes: &[Mode] = match word {
        "vehicle" => &[Mode::Car, Mode::Truck, Mode::Taxi, Mode::Bus, Mode::Van, Mode::Motorcycle, Mode::Bicycle],
        "motor_vehicle" => &MOTOR,
        "motorcar" => &[Mode::Car, Mode::Taxi, Mode::Van],
        "hgv" => &[Mode::Truck],
        "goods" => &[Mode::Van],
        "psv" => &[Mode::Taxi, Mode::Bus],
        "bus" => &[Mode::Bus],
        "taxi" => &[Mode::Taxi],
        "motorcycle" => &[Mode::Motorcycle],
        "bicycle" => &[Mode::Bicycle],
        "foot" => &[Mode::Pedestrian],
        _ => &[],
    };
    modes.iter().copied().collect()
}
