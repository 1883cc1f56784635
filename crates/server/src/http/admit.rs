//! Who asks: the key check.
//!
//! While no key is configured, everybody may ask and see everything (the server refuses to be started so beyond this machine).
//! From the first key on, every request to a dialect needs one. The store is asked each time, so a key that is added or
//! revoked from the command line counts at once. A key with a rate of its own is held to it.

use std::time::Instant;

use wire::{Dialect, Refusal, Request};

use super::converse::refusal;
use crate::serve::App;

/// Whose operations are accepted while no key is configured.
const NOBODY: &str = "open";

/// Somebody who may ask.
pub(super) struct Asker {
    pub(super) tenant: String,
    /// No keys are configured, so there is nobody to keep anything from.
    pub(super) sees_all: bool,
}

/// The asker of `request`, or why it is refused.
pub(super) async fn admit(app: &App, dialect: &Dialect, request: &Request) -> Result<Asker, Refusal> {
    let store = &app.store;
    if !store.has_keys().await.map_err(|error| refusal(&error))? {
        return Ok(Asker { tenant: NOBODY.to_owned(), sees_all: true });
    }
    let key = (dialect.credential)(request).ok_or(Refusal::NoKey)?;
    let holder = store.verify_key(&key).await.map_err(|error| refusal(&error))?.ok_or(Refusal::WrongKey)?;
    if let Some(rate) = holder.rate {
        app.rates.take(&holder.name, rate, Instant::now()).map_err(|retry_after_s| Refusal::Busy { retry_after_s })?;
    }
    Ok(Asker { tenant: holder.tenant, sees_all: false })
}
