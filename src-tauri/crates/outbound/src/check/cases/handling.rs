//! Cases beyond a single delivery: repeats, speed, and requests that are not deliveries.

use super::events::acting;
use super::signed::VERIFY;
use super::{Act, Case, Wants};
use crate::check::Plan;

/// The top lines: the verdict on the whole, and the first thing that may be wrong.
pub(super) fn at_first() -> Vec<Case> {
    vec![
        Case {
            title: "Refuses forged deliveries".to_owned(),
            sent: "All of the forged deliveries below, taken together.".to_owned(),
            why: "Otherwise anyone who finds the address could make your code believe anything.",
            mend: VERIFY.into(),
            ..acting("refuses_anything", "At first", Act::RefusesAnything)
        },
        Case {
            title: "Answers within a few seconds".to_owned(),
            sent: "A batch.succeeded, correctly signed, while nothing else is sent.".to_owned(),
            why: "The service waits for \"a few seconds\". After that it gives up and sends the same again, while your code is \
                still at work on the first (SW-56).",
            mend: "Verify, put the event in a queue, answer 204, and do the work afterwards: a worker, a background task, \
                setImmediate. Fetch files and call other services there, too.".into(),
            ..acting("answers_in_time", "At first", Act::InTime)
        },
    ]
}

const REPEATS: &str = "Repeats";
const LOAD: &str = "Load";
const OTHERS: &str = "Other requests";
const ONCE: &str = "Store the webhook-id of what was handled, in the same transaction as the work: INSERT … ON \
    CONFLICT DO NOTHING on a unique column, SET key NX EX 86400 in Redis. If the id is known, answer 2xx and do \
    nothing.";

pub(super) fn cases(plan: &Plan) -> Vec<Case> {
    let burst = plan.burst.max(1);
    vec![
        Case {
            title: "The same message again".to_owned(),
            sent:
                "One message twice, the second time as a retry: the same webhook-id and body, a new time and signature."
                    .to_owned(),
            why: "It arrives at least once: if an answer is lost, the sender repeats it (SW-12, SW-13), and a refusal \
                makes it continue.",
            mend: "Answer 2xx if the webhook-id is already known: the sender is done then. Not 409.".into(),
            ..acting("duplicate", REPEATS, Act::Twice)
        },
        Case {
            title: "Handled once".to_owned(),
            sent: "One message twice, the second time as a retry.".to_owned(),
            why: "The webhook-id is there so that a repeated message is not paid, mailed or counted twice (SW-40).",
            mend: ONCE.into(),
            ..acting("handled_once", REPEATS, Act::HandledOnce)
        },
        Case {
            title: "Handled once, even at the same moment".to_owned(),
            sent: "One message four times at once.".to_owned(),
            why: "A retry may arrive while the first is still being handled: checking and marking must be one step.",
            mend: ONCE.into(),
            ..acting("handled_once_at_once", REPEATS, Act::HandledOnceAtOnce)
        },
        Case {
            title: "Body in pieces".to_owned(),
            sent: "A batch.succeeded, correctly signed, whose body arrives in eight pieces over two \
                seconds."
                .to_owned(),
            why: "Bodies arrive in pieces, and networks are slow. A handler that takes the first piece for all of it \
                refuses genuine ones.",
            mend: "Read the body to its end (await request.body(), express.raw, io.ReadAll), and give it 10 s or more."
                .into(),
            ..acting("slow_client", LOAD, Act::Slowly)
        },
        Case {
            title: format!("{burst} at once"),
            sent: format!("{burst} deliveries at the same moment, each correctly signed, with its own id."),
            why: "Many jobs can end in one moment. Whatever is refused or times out then comes again, on top of the \
                rest.",
            mend: "Answer before the work is done, let the server handle several at once (workers, threads), and let \
                no database pool or lock be the bottleneck."
                .into(),
            ..acting("burst", LOAD, Act::Burst)
        },
        Case {
            title: "GET".to_owned(),
            sent: "A bare GET.".to_owned(),
            why: "Browsers, monitors and scanners will come. A crash is noise in which real errors get lost.",
            mend: "Route POST only; the framework answers 405 then.".into(),
            wants: Wants::Either,
            ..acting("get", OTHERS, Act::Get)
        },
        Case {
            title: "Empty POST".to_owned(),
            sent: "A POST without a body, a signature or any of the headers.".to_owned(),
            why: "Scanners will come. A crash is noise in which real errors get lost.",
            mend: "Check that the three headers are present before you use them, and answer 400 if one is \
                missing."
                .into(),
            wants: Wants::Either,
            ..acting("empty_post", OTHERS, Act::EmptyPost)
        },
    ]
}
