//! Following a sequence of visits exactly, rule by rule.
//!
//! **Why.** The search's labels know windows, breaks and the end of the shift; they answer in constant time and are all that
//! most problems need. Whatever else a problem says (limits of a shift, overtime, setting up, releases, travel that depends on
//! the hour, depots), and why a job does not fit, takes a walk along the sequence. **How.** [`clock`] follows one shift through
//! time, [`load`] one vehicle through its shifts; both stop at the first thing that fails and say what it was and by how much.
//! **What never happens:** a use by the checker, which follows plans in its own way.

pub(crate) mod clock;
pub(crate) mod load;

pub(crate) use clock::{Blame, Clocks, Stretch};
