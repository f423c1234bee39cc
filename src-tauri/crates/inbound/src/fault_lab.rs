//! The fault lab: scripts what the listener answers. The rules are here: what one says, whether it is valid, which
//! deliveries it applies to and what it answers. Whoever owns them stores and shows them.

mod check;
mod rule;
mod rules;
mod words;

#[cfg(test)]
mod tests;

pub use check::checked;
pub use rule::{FaultDrop, FaultLab, FaultRule, FaultWhen};
pub use rules::Rules;
