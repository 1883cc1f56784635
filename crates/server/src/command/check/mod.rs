//! `check`: judges an answer by the independent checker, which shares no code with the search.

mod bing;
mod classic;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::Common;
use crate::exit::{Exit, Outcome};
use crate::output;

use super::instance::{self, Format};

#[derive(Args)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman check C101.txt answer.json --format solomon\n\
    \x20 roundsman check fleet.json itinerary.json --format bing --json")]
pub(crate) struct Check {
    /// The request or instance.
    request: PathBuf,
    /// The answer, as `solve --json` prints it, or as a client got it.
    answer: PathBuf,
    /// What the request is.
    #[arg(long, value_enum)]
    format: Format,
    /// Vehicles, instead of those of the file (toptw files name none: 1).
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u16).range(1..))]
    vehicles: Option<u16>,
}

/// A rule that the answer breaks: a stable code and a sentence.
type Fault = (&'static str, String);

impl Check {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let text = instance::text(&self.answer)?;
        let faults = if self.format == Format::Bing {
            bing::judge(&self.request, &self.answer, &text, common)?
        } else {
            let instance = instance::read(&self.request, self.format, self.vehicles.map(usize::from))?;
            classic::judge_text(&instance, &self.answer, &text)?
        };
        print(&faults, common.json);
        Ok(if faults.is_empty() { Exit::Done } else { Exit::No })
    }
}

fn print(faults: &[Fault], as_json: bool) {
    if as_json {
        let rows: Vec<Value> = faults.iter().map(|(code, message)| json!({"code": code, "message": message})).collect();
        output::json(&json!({"valid": faults.is_empty(), "violations": rows}));
        return;
    }
    for (code, message) in faults {
        output::line(format_args!("{code}: {message}"));
    }
    if faults.is_empty() {
        output::line("the answer keeps every rule");
    }
}
