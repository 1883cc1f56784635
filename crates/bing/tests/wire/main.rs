//! The dialect from the outside: plain requests in, plain responses out, through the table that the server serves.

mod answers;
mod asynchronous;
mod desk;
mod golden;
mod refusals;
mod roads;
