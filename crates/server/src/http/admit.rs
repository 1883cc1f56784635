//! Who asks: the key check.
//!
//! While no key is configured, everybody may ask and see everything, on this machine or where the operator said so; elsewhere
//! nobody may (the server refuses to be started so, and is shut when its last key is revoked).
//! From the first key on, every request to a dialect needs one; a key that is added or revoked from the command line counts
//! within half a second ([`crate::serve::App::keyring`]). A key with a rate of its own is held to it.

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
    let (store, keyring) = (&app.store, &app.keyring);
    if !keyring.has_keys(store).await.map_err(|error| refusal(&error))? {
        // The last key may have been revoked while the server runs: that shuts everybody out and lets nobody in.
        let everybody = Asker { tenant: NOBODY.to_owned(), sees_all: true };
        return if app.may_be_open() { Ok(everybody) } else { Err(Refusal::NoKey) };
    }
    let key = (dialect.credential)(request).ok_or(Refusal::NoKey)?;
    let holder = keyring.holder(store, &key).await.map_err(|error| refusal(&error))?.ok_or(Refusal::WrongKey)?;
    if let Some(rate) = holder.rate {
        app.rates.take(&holder.name, rate, Instant::now()).map_err(|retry_after_s| Refusal::Busy { retry_after_s })?;
    }
    Ok(Asker { tenant: holder.tenant, sees_all: false })
}
