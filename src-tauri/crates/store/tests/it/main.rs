//! The history, through its public face, in databases of their own that are gone afterwards.

mod attempts;
mod changes;
mod crash;
mod failing;
mod filters;
mod opening;
mod round_trip;
mod sample;
mod tables;
