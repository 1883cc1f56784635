//! The engine from outside: a drawn town is imported, and questions are asked. One binary, so that it is linked once.

mod datasets;
mod faults;
mod plans;
mod roads;
mod town;
