//! The listener: capture, verify, commit, answer.
