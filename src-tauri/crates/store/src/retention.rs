//! What stays in the history and what goes: pins, notes, deletions that can be taken back, and limits.

mod mark;
