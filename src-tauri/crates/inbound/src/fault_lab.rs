//! The fault lab: what the listener answers, by script. Here are the rules: what one says, whether it can be, to which
//! deliveries it applies and which answer it makes. They are kept and shown by whoever has them.

mod check;
mod rule;
mod rules;
mod words;

#[cfg(test)]
mod tests;

pub use check::checked;
pub use rule::{FaultDrop, FaultLab, FaultRule, FaultWhen};
pub use rules::Rules;
