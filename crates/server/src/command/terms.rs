//! What `route` and `matrix` take beyond the profile: a vehicle of some size, and what is avoided.

use clap::{Args, ValueEnum};
use engine::{Avoid, Kind, LocalTime, Terms, Vehicle};

#[derive(Args)]
pub(super) struct TermsArgs {
    /// The vehicle's height in metres; so --width and --length.
    #[arg(long, value_name = "METRES", value_parser = centimetres)]
    height: Option<u32>,
    #[arg(long, value_name = "METRES", value_parser = centimetres, hide = true)]
    width: Option<u32>,
    #[arg(long, value_name = "METRES", value_parser = centimetres, hide = true)]
    length: Option<u32>,
    /// Its weight with load in kilograms.
    #[arg(long, value_name = "KG", value_parser = clap::value_parser!(u32).range(1..))]
    weight: Option<u32>,
    /// The weight on its heaviest axle in kilograms.
    #[arg(long, value_name = "KG", value_parser = clap::value_parser!(u32).range(1..))]
    axle_load: Option<u32>,
    /// It goes no faster, in km/h.
    #[arg(long, value_name = "KMH", value_parser = clap::value_parser!(u32).range(1..))]
    max_speed: Option<u32>,
    /// When the journey begins by the clock on the spot; what signs forbid at that time is kept.
    #[arg(long, value_name = "YYYY-MM-DDTHH:MM", value_parser = local_time)]
    depart_at: Option<LocalTime>,
    /// A kind of road to avoid; may be given several times.
    #[arg(long, value_enum, value_name = "KIND")]
    avoid: Vec<KindName>,
}

/// Kinds of roads.
#[derive(Clone, Copy, ValueEnum)]
enum KindName {
    Toll,
    Motorway,
    Ferry,
    Unpaved,
    Border,
    Carpool,
    Tunnel,
    LowEmissionZone,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Toll => Self::Toll,
            KindName::Motorway => Self::Motorway,
            KindName::Ferry => Self::Ferry,
            KindName::Unpaved => Self::Unpaved,
            KindName::Border => Self::Border,
            KindName::Carpool => Self::Carpool,
            KindName::Tunnel => Self::Tunnel,
            KindName::LowEmissionZone => Self::LowEmissionZone,
        }
    }
}

impl From<TermsArgs> for Terms {
    fn from(args: TermsArgs) -> Self {
        Self {
            vehicle: Vehicle {
                height_cm: args.height,
                width_cm: args.width,
                length_cm: args.length,
                weight_kg: args.weight,
                axle_load_kg: args.axle_load,
                max_speed_kmh: args.max_speed,
                ..Vehicle::default()
            },
            time: args.depart_at,
            avoid: Avoid { kinds: args.avoid.into_iter().map(Kind::from).collect(), ..Avoid::default() },
        }
    }
}

/// Metres to whole centimetres, rounded up: a vehicle is at least as large as its figure.
fn centimetres(text: &str) -> Result<u32, String> {
    let metres: f64 = text.parse().map_err(|_| format!("{text} is not a number of metres"))?;
    let centimetres = (metres * 100.0 - 0.001).ceil();
    if centimetres > 0.0 && centimetres < 1e6 { Ok(centimetres as u32) } else { Err(format!("{text} m is no size")) }
}

fn local_time(text: &str) -> Result<LocalTime, String> {
    let fault = || format!("{text} is not a date and time like 2026-11-23T07:30");
    let moment: jiff::civil::DateTime = text.parse().map_err(|_| fault())?;
    engine::local_time(moment).ok_or_else(fault)
}
