//! `keys add|list|revoke`: who may ask. Works beside a running server, which notices with its next question.

use clap::Subcommand;
use operations::{Beside, KeyHolder, NewKey, Store};
use serde_json::{Value, json};

use crate::cli::Common;
use crate::config::{Place, Raw};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

use super::operations::{beside, store_failure, time};

#[derive(Subcommand)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman keys add ada --tenant acme\n\
    \x20 roundsman keys revoke ada")]
pub(crate) enum Keys {
    /// Makes a key and prints it, once. From the first key on, every request needs one.
    Add {
        /// What to call it.
        name: String,
        /// Whose questions it asks; a tenant sees its own operations only [default: the key's name].
        #[arg(long)]
        tenant: Option<String>,
        /// How many questions a second it may ask [default: no bound].
        #[arg(long, value_name = "PER_SECOND")]
        rate: Option<f64>,
    },
    /// Lists the keys by name and tenant; the keys themselves are not kept.
    List,
    /// Makes a key worthless at once.
    Revoke {
        /// What it is called.
        name: String,
    },
}

impl Keys {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        match self {
            Self::Add { name, tenant, rate } => {
                common.make_data()?;
                let store = match common.config(Raw::default())?.operations.place(&common.data) {
                    Place::Folder(folder) => Store::open_beside(&folder),
                    Place::Shared { database, .. } => Store::connect_beside(&database),
                };
                let store = store.map_err(store_failure)?;
                let made = store.keys_add(&name, tenant.as_deref(), rate).map_err(store_failure)?;
                tell(&made, common.json);
                Ok(Exit::Done)
            }
            Self::List => list(&existing(common)?, common.json),
            Self::Revoke { name } => revoke(&existing(common)?, &name, common.json),
        }
    }
}

/// The store of the data folder, which must be there.
fn existing(common: &Common) -> Result<Beside, Failure> {
    beside(&common.config(Raw::default())?.operations, common)
}

fn tell(made: &NewKey, as_json: bool) {
    if as_json {
        output::json(&json!({"name": made.holder.name, "tenant": made.holder.tenant, "key": made.key}));
    } else {
        output::line(&made.key);
        eprintln!("This is the only time that the key of {} is shown.", made.holder.name);
    }
}

fn list(store: &Beside, as_json: bool) -> Outcome {
    let keys = store.keys_list().map_err(store_failure)?;
    if as_json {
        output::json(&keys.iter().map(row).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    for key in &keys {
        output::line(format_args!("{:<24} tenant {:<24} since {}", key.name, key.tenant, time(key.created_ms)));
    }
    if keys.is_empty() {
        eprintln!("There are no keys: everybody who can reach the server may ask.");
    }
    Ok(Exit::Done)
}

fn row(key: &KeyHolder) -> Value {
    json!({"name": key.name, "tenant": key.tenant, "rate": key.rate, "createdAt": time(key.created_ms)})
}

fn revoke(store: &Beside, name: &str, as_json: bool) -> Outcome {
    if !store.keys_revoke(name).map_err(store_failure)? {
        return Err(Failure::input(format!(
            "there is no key called {name}: `roundsman keys list` shows those there are"
        )));
    }
    if as_json {
        output::json(&json!({"name": name, "revoked": true}));
    } else {
        output::line(format_args!("revoked {name}"));
    }
    Ok(Exit::Done)
}
