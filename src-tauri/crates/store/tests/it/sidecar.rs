//! The files of signatures.
