//! The plain delivery of each scheme, and what is wrong where it is not taken.

use signature::Scheme;

use super::{Battery, Standing};
use crate::check::cases::json::{PRINTERS, printed};
use crate::check::cases::{self, Case, Wants, signed, word};
use crate::check::judge::{Outcome, unreachable};
use crate::check::{Progress, Report, State};

/// Forgeries that a receiver takes which makes one of the usual mistakes with its secret. It refuses the genuine ones.
const SLIPS: [&str; 4] = ["undecoded_secret", "prefix_kept", "body_only", "hex_signature"];

/// Nobody answers at all, or where nothing is.
const NO_HANDLER: [u16; 4] = [404, 405, 410, 501];

impl<F: Fn(&Report)> Battery<F> {
    /// Sends them. False where nobody is there.
    pub(super) async fn first(&mut self) -> bool {
        let cases = self.cases.clone();
        for (index, case) in cases.iter().enumerate().filter(|(_, case)| case.is_base() && case.lacks.is_none()) {
            let Some(scheme) = case.scheme else { continue };
            self.start(index);
            let delivery = match self.bench.forge.plain(scheme) {
                Ok(delivery) => delivery,
                Err(error) => {
                    self.skip(index, &error.to_string());
                    continue;
                }
            };
            let exchange = self.bench.send(&delivery).await;
            if let Some(problem) = unreachable(&exchange).filter(|_| self.carrier().is_none()) {
                self.nobody(&problem);
                return false;
            }
            let outcome = self.bench.judge(Wants::Take, &exchange);
            let standing = self.stand(index, case, scheme, outcome).await;
            let nowhere = matches!(standing, Standing::NoHandler(_));
            if let Some(slot) = self.standings.iter_mut().find(|(one, _)| *one == scheme) {
                slot.1 = standing;
            }
            if nowhere {
                break;
            }
        }
        self.skip_other_bases();
        true
    }

    fn nobody(&mut self, problem: &str) {
        self.report.progress = Progress::Unreachable;
        self.report.problem = Some(problem.to_owned());
        for line in &mut self.report.lines {
            if matches!(line.state, State::Waiting | State::Running) {
                line.state = State::Skipped;
                line.got = Some("Nobody answered.".to_owned());
            }
        }
        self.tell();
    }

    /// Where there is no handler the other schemes were not tried.
    fn skip_other_bases(&mut self) {
        let nowhere = self.standings.iter().find_map(|(_, standing)| match standing {
            Standing::NoHandler(why) => Some(why.clone()),
            _ => None,
        });
        let Some(why) = nowhere else { return };
        for index in 0..self.cases.len() {
            if self.cases.get(index).is_some_and(Case::is_base) && self.is_waiting(index) {
                self.skip(index, &why);
            }
        }
    }

    /// What the answer to the plain delivery means. Finishes its line.
    async fn stand(&mut self, index: usize, case: &Case, scheme: Scheme, outcome: Outcome) -> Standing {
        let name = word(scheme);
        if outcome.state == State::Passed {
            self.finish(index, outcome);
            return Standing::Takes;
        }
        if outcome.silent {
            // That it does not answer is one mistake, with a line of its own.
            let why = outcome.got.clone();
            let got = format!("{} See \"Answers within a few seconds\".", outcome.got);
            self.finish(index, Outcome { state: State::Skipped, got, ..outcome });
            return Standing::Silent(why);
        }
        let redirected = outcome.status.is_some_and(|status| (300..400).contains(&status));
        let nowhere = redirected || outcome.status.is_some_and(|status| NO_HANDLER.contains(&status));
        // One that has taken another scheme is there.
        if nowhere && self.carrier().is_none() {
            let why = format!("There is no handler at this address: see {}.", case.id);
            self.finish(index, outcome);
            return Standing::NoHandler(why);
        }
        if scheme == Scheme::V1 {
            if let Some(slip) = self.slip(scheme).await {
                let why = format!("The genuine {name} delivery is refused: see {slip}, which is the cause.");
                let got = format!("{} {why}", outcome.got);
                self.finish(index, Outcome { state: State::Skipped, got, ..outcome });
                return Standing::Not(why);
            }
            if self.knows_the_old_secret_only(scheme).await {
                let got = format!("{} It takes the old secret, and does not know the new one.", outcome.got);
                self.finish(index, Outcome { got, ..outcome });
                return Standing::Not(refused(scheme));
            }
        }
        let printer = if scheme == Scheme::Jwt { None } else { self.printer(scheme).await };
        let outcome = match printer {
            Some(how) => {
                let got = format!(
                    "{} It takes the same JSON printed {how}: the body is parsed and printed again before it is verified.",
                    outcome.got
                );
                Outcome { got, mend: Some(signed::PRINTED_AGAIN), ..outcome }
            }
            None => outcome,
        };
        self.finish(index, outcome);
        Standing::Not(refused(scheme))
    }

    /// The slip with the secret that explains a refusal. The lines that were tried are finished.
    async fn slip(&mut self, scheme: Scheme) -> Option<String> {
        for name in SLIPS {
            let id = cases::id(scheme, name);
            let Some(index) = self.index(&id).filter(|index| self.is_waiting(*index)) else { continue };
            let outcome = self.line(index, scheme).await?;
            if outcome.is_taken() {
                let got = format!("{} It refuses the genuine ones.", outcome.got);
                self.finish(index, Outcome { got, ..outcome });
                return Some(id);
            }
            if outcome.state == State::Passed {
                let got = format!("It is refused, as the genuine one is, and that says nothing. {}", refused(scheme));
                self.finish(index, Outcome { state: State::Skipped, got, ..outcome });
            }
        }
        None
    }

    async fn knows_the_old_secret_only(&mut self, scheme: Scheme) -> bool {
        let index = self.index(&cases::id(scheme, "old_secret")).filter(|index| self.is_waiting(*index));
        let Some(index) = index else { return false };
        self.line(index, scheme).await.is_some_and(|outcome| outcome.is_taken())
    }

    /// How the body is printed before it is verified, where that explains a refusal.
    async fn printer(&self, scheme: Scheme) -> Option<&'static str> {
        for (how, print) in PRINTERS {
            let made = printed(&self.bench.forge, scheme, print);
            if self.bench.all(Wants::Take, made).await.is_ok_and(|outcome| outcome.is_taken()) {
                return Some(how);
            }
        }
        None
    }
}

fn refused(scheme: Scheme) -> String {
    format!("The genuine {} delivery is not taken: see {}.", word(scheme), cases::id(scheme, "valid"))
}
