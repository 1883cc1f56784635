//! `config show|check`: what is in force, and where each value comes from.

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::cli::Common;
use crate::config::{Effective, Raw};
use crate::exit::{Exit, Outcome};
use crate::output;

#[derive(Subcommand)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman config show --origin\n\
    \x20 roundsman config check --config roundsman.toml")]
pub(crate) enum ConfigVerb {
    /// Prints every key with the value in force, as TOML lines.
    Show {
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
    },
    /// Checks file and environment; exit code 2 names every fault.
    Check,
}

impl ConfigVerb {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let config = common.config(Raw::default())?;
        match self {
            Self::Check if common.json => output::json(&json!({"ok": true})),
            Self::Check => output::line("the configuration is right"),
            Self::Show { origin } if common.json => output::json(&as_json(&config.effective, origin)),
            Self::Show { origin } => {
                for row in &config.effective {
                    output::line(as_line(row, origin));
                }
            }
        }
        Ok(Exit::Done)
    }
}

/// A line of TOML; an unset key is a comment.
fn as_line(row: &Effective, origin: bool) -> String {
    let line = match &row.value {
        Some(value) => format!("{} = {value}", row.key),
        None => format!("# {} is not set", row.key),
    };
    if origin { format!("{line:<44} # {}", row.origin) } else { line }
}

fn as_json(rows: &[Effective], origin: bool) -> Value {
    let rows = rows.iter().map(|row| {
        let value = json!(row.value);
        let shown = if origin { json!({"value": value, "origin": row.origin.to_string()}) } else { value };
        (row.key.to_owned(), shown)
    });
    Value::Object(rows.collect::<Map<_, _>>())
}
