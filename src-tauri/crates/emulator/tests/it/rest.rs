//! The REST side over real HTTP, with a clock that stands still.

mod batches;
mod control;
mod faults;
mod files;
mod follow;
mod interactions;
mod job_events;
mod jobs;
mod likeness;
mod openapi;
mod samples;
mod webhooks;
