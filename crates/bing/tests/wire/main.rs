//! The dialect from the outside: plain requests in, plain responses out, through the table that the server serves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod asynchronous;
mod desk;
mod golden;
mod refusals;
mod roads;
