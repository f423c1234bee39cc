//! The plain delivery of each scheme, and what is wrong if it is not accepted.

use std::borrow::Cow;

use signature::Scheme;

use super::{Battery, Standing, Why};
use crate::check::cases::json::{PRINTERS, printed};
use crate::check::cases::{self, Case, Wants, signed, word};
use crate::check::judge::{LOG, Outcome, unreachable};
use crate::check::{Progress, Report, State};

/// Forgeries that a receiver accepts if it makes one of the usual mistakes with its secret. It refuses the genuine
/// ones.
const SLIPS: [&str; 4] = ["undecoded_secret", "prefix_kept", "body_only", "hex_signature"];

/// Nobody answers at all, or nothing is at this address.
const NO_HANDLER: [u16; 4] = [404, 405, 410, 501];

/// A plain delivery that was not accepted, with nothing to explain it.
struct Refused {
    scheme: Scheme,
    index: usize,
    class: u16,
}

impl<F: Fn(&Report)> Battery<F> {
    /// Sends them. False if nobody is there.
    pub(super) async fn first(&mut self) -> bool {
        let cases = self.cases.clone();
        let mut refused = Vec::new();
        for (index, case) in cases.iter().enumerate().filter(|(_, case)| case.is_base() && case.lacks.is_none()) {
            let Some(scheme) = case.scheme else { continue };
            if let Err(why) = self.may(case) {
                self.skip(index, &why);
                continue;
            }
            self.start(index);
            let delivery = match self.bench.forge.plain(scheme) {
                Ok(delivery) => delivery,
                Err(error) => {
                    self.skip(index, &Why::alone(error.to_string()));
                    continue;
                }
            };
            let exchange = self.bench.of(&case.id).deliver(&delivery).await;
            if let Some(problem) = unreachable(&exchange).filter(|_| self.carrier().is_none()) {
                self.nobody(&problem);
                return false;
            }
            let outcome = self.bench.judge(Wants::Take, &exchange);
            let class = outcome.class();
            let (standing, explained) = self.stand(index, case, scheme, outcome).await;
            if matches!(standing, Standing::Not(..)) && !explained {
                refused.push(Refused { scheme, index, class });
            }
            if let Some(slot) = self.standings.iter_mut().find(|(one, _)| *one == scheme) {
                slot.1 = standing;
            }
        }
        self.one_cause(&refused);
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

    /// What the answer to the plain delivery means, and whether something else explains it. Finishes its line.
    async fn stand(&mut self, index: usize, case: &Case, scheme: Scheme, outcome: Outcome) -> (Standing, bool) {
        let (name, class) = (word(scheme), outcome.class());
        if outcome.state == State::Passed {
            self.finish(index, outcome);
            return (Standing::Takes, true);
        }
        if outcome.state == State::Skipped || outcome.ended {
            // It ended, now or earlier.
            let cause = outcome.cause.clone().unwrap_or_else(|| case.id.clone());
            let why = Why::of(refused(scheme), &cause);
            self.finish(index, outcome);
            return (Standing::Not(why, class), true);
        }
        if outcome.silent {
            // Not answering is one mistake, with its own line.
            let why = Why::of(outcome.got.clone(), "answers_in_time");
            let got = format!("{} See \"Answers within a few seconds\".", outcome.got);
            self.finish(index, outcome.follows(got, "answers_in_time"));
            return (Standing::Silent(why), true);
        }
        let redirected = class == 3;
        let nowhere = redirected || outcome.status.is_some_and(|status| NO_HANDLER.contains(&status));
        // An endpoint that accepted another scheme is there.
        if nowhere && self.carrier().is_none() {
            let why = Why::of(format!("There is no handler at this address: see {}.", case.id), &case.id);
            let status = outcome.status.unwrap_or_default();
            self.finish(index, outcome);
            let what = if redirected {
                format!("Your handler answers {status}, a redirect, and senders do not follow those.")
            } else {
                format!("No handler accepts a POST at this address: it answers {status}.")
            };
            self.blame(&case.id, what);
            return (Standing::NoHandler(why), true);
        }
        if scheme == Scheme::V1 {
            if let Some(slip) = self.slip(scheme, class).await {
                let why = Why::of(format!("The genuine {name} delivery is refused because of {slip}."), &slip);
                let got = format!("{} {}", outcome.got, why.text);
                self.finish(index, outcome.follows(got, &slip));
                let title = self.report.line(&slip).map(|line| line.title.clone()).unwrap_or_default();
                self.blame(
                    &slip,
                    format!("Your handler takes wrongly signed deliveries ({title}), and refuses the genuine ones."),
                );
                return (Standing::Not(why, class), true);
            }
            if self.knows_the_old_secret_only(scheme, class).await {
                let got = format!("{} It takes the old secret, but does not know the new one.", outcome.got);
                self.finish(index, Outcome { got, ..outcome });
                self.blame(&case.id, "Your handler takes the old secret, but does not know the new one.");
                return (Standing::Not(Why::of(refused(scheme), &case.id), class), true);
            }
        }
        let printer = if scheme == Scheme::Jwt { None } else { self.printer(case, scheme).await };
        let explained = printer.is_some();
        let outcome = match printer {
            Some(how) => {
                let got = format!(
                    "{} It takes the same JSON {how}: the body is parsed and serialised again before it is verified.",
                    outcome.got
                );
                Outcome { got, mend: Some(signed::PRINTED_AGAIN.into()), ..outcome }
            }
            // A crash says nothing about keys.
            None if class == 5 => Outcome { mend: Some(LOG.into()), ..outcome },
            None => outcome,
        };
        self.finish(index, outcome);
        if explained {
            self.blame(&case.id, "Your handler parses the body and serialises it again before verifying it.");
        }
        (Standing::Not(Why::of(refused(scheme), &case.id), class), explained)
    }

    /// The slip with the secret that explains a refusal. Finishes the lines that were tried. `class`: the class of the
    /// answer to the genuine one.
    async fn slip(&mut self, scheme: Scheme, class: u16) -> Option<String> {
        for name in SLIPS {
            let id = cases::id(scheme, name);
            let Some(index) = self.index(&id).filter(|index| self.is_waiting(*index)) else { continue };
            let outcome = self.line(index, scheme).await?;
            if outcome.is_taken() {
                let got = format!("{} It refuses the genuine ones.", outcome.got);
                self.finish(index, Outcome { got, ..outcome });
                return Some(id);
            }
            self.says_nothing(index, scheme, class, outcome);
        }
        None
    }

    async fn knows_the_old_secret_only(&mut self, scheme: Scheme, class: u16) -> bool {
        let index = self.index(&cases::id(scheme, "old_secret")).filter(|index| self.is_waiting(*index));
        let Some(index) = index else { return false };
        let Some(outcome) = self.line(index, scheme).await else { return false };
        let taken = outcome.is_taken();
        if !taken {
            self.says_nothing(index, scheme, class, outcome);
        }
        taken
    }

    /// A line that was tried as an explanation, and was answered like the genuine one.
    fn says_nothing(&mut self, index: usize, scheme: Scheme, class: u16, outcome: Outcome) {
        if outcome.class() == class && outcome.state != State::Skipped {
            let got = format!("It is answered like the genuine one, which proves nothing. {}", refused(scheme));
            self.finish(index, outcome.follows(got, &cases::id(scheme, "valid")));
        }
    }

    /// How the body is serialised before it is verified, if that explains a refusal.
    async fn printer(&self, case: &Case, scheme: Scheme) -> Option<&'static str> {
        let bench = self.bench.of(&case.id);
        for (how, print) in PRINTERS {
            let made = printed(&bench.forge, scheme, print);
            if bench.all(Wants::Take, made).await.is_ok_and(|outcome| outcome.is_taken()) {
                return Some(how);
            }
        }
        None
    }

    /// If several plain deliveries are refused for apparently one reason, the first stands for all.
    fn one_cause(&mut self, refused: &[Refused]) {
        let asked = |scheme: Scheme| *self.standing(scheme) != Standing::Unasked;
        let keyed: Vec<&Refused> = refused.iter().filter(|one| one.scheme != Scheme::V1).collect();
        let all_keyed = [Scheme::V1a, Scheme::Jwt].into_iter().filter(|scheme| asked(*scheme)).count() == keyed.len();
        let v1_taken_or_unasked = refused.len() == keyed.len();
        let unfetched = self.bench.plan.jwks_asked.as_ref().is_some_and(|asked| asked() == 0);
        let old_keys = all_keyed
            && v1_taken_or_unasked
            && unfetched
            && keyed.iter().all(|one| one.class == 4)
            && !keyed.is_empty();
        let uniform = self.carrier().is_none()
            && refused.iter().filter(|one| Some(one.class) == refused.first().map(|first| first.class)).count()
                == [Scheme::V1, Scheme::V1a, Scheme::Jwt].into_iter().filter(|scheme| asked(*scheme)).count();
        let groups: Vec<Vec<&Refused>> = if old_keys || uniform {
            vec![refused.iter().collect()]
        } else {
            refused.iter().map(|one| vec![one]).collect()
        };
        for group in groups {
            let Some((first, others)) = group.split_first() else { continue };
            self.stands_for(first, others, old_keys);
        }
    }

    fn stands_for(&mut self, first: &Refused, others: &[&Refused], old_keys: bool) {
        let id = cases::id(first.scheme, "valid");
        let status = self.report.line(&id).and_then(|line| line.status).unwrap_or_default();
        let what = match first.class {
            _ if old_keys => OLD_KEYS.to_owned(),
            0 => "Your handler closes the connection on a plain good delivery, without an answer.".to_owned(),
            5 => format!("Your handler answers {status} to a plain good delivery."),
            _ => format!("Your handler refuses a plain good {} delivery with {status}.", word(first.scheme)),
        };
        if old_keys {
            let mend = self.fetch_again();
            if let Some(line) = self.report.lines.get_mut(first.index) {
                line.got = Some(format!("{} {OLD_KEYS}", line.got.take().unwrap_or_default()));
                line.mend = mend;
            }
        }
        self.blame(&id, what);
        for other in others {
            let Some(line) = self.report.lines.get(other.index) else { continue };
            let got = format!("{} This looks like one cause with {id}.", line.got.clone().unwrap_or_default());
            let outcome = Outcome { status: line.status, ..Outcome::skipped(got, &id) };
            self.finish(other.index, outcome);
            if let Some((_, standing)) = self.standings.iter_mut().find(|(one, _)| *one == other.scheme) {
                *standing = Standing::Not(Why::of(refused_at(other.scheme, &id), &id), other.class);
            }
        }
    }

    /// The fix for keys that are probably old.
    fn fetch_again(&self) -> String {
        let plan = &self.bench.plan;
        let jwks: Cow<'_, str> = plan.jwks.as_deref().map_or("the address of this check".into(), Cow::Borrowed);
        let claims = match plan.schemes.contains(&Scheme::Jwt) {
            true => format!(" and that it expects iss {} and aud {}", plan.profile.issuer, plan.profile.audience),
            false => String::new(),
        };
        format!(
            "Restart your handler, so that it fetches the keys, and check again: receivers keep keys for minutes or \
             hours. If it still refuses, check that it reads them from {jwks}{claims}. If no key fits, a receiver \
             fetches the JWKS once more (once a minute at most): v1a keys have no kid that would identify a new one."
        )
    }
}

/// Stated as an assumption: nothing more can be seen from outside.
pub(super) const OLD_KEYS: &str = "Your handler has not asked for the JWKS since the check began: probably it uses \
    old keys that it fetched before, or reads them from another address.";

fn refused(scheme: Scheme) -> String {
    refused_at(scheme, &cases::id(scheme, "valid"))
}

fn refused_at(scheme: Scheme, cause: &str) -> String {
    format!("The genuine {} delivery is not taken: see {cause}.", word(scheme))
}
