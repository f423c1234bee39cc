//! Every event that the service is known to send, events that it may send one day, and bodies that are not events.

use serde_json::{Value, json};

use super::{Act, Case, Make, Wants, one};

const KIB: usize = 1024;

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = samples::sample_types().into_iter().map(event).collect();
    cases.extend([
        metadata("user_metadata_in_data", "user_metadata in data", "user_metadata is in data.", "metadata"),
        metadata(
            "user_metadata_on_top",
            "user_metadata at the top \
            level",
            "user_metadata is beside data.",
            "metadata_top",
        ),
        Case {
            title: "Unknown event type".to_owned(),
            sent: "An audio.generated, which nobody has announced, correctly signed.".to_owned(),
            why: "New types will come. What is not answered with 2xx is sent again for 24 hours, and a webhook \
                that keeps failing is disabled.",
            mend: IGNORE.into(),
            ..case("unknown_type", EVENTS, Box::new(|forge, scheme| forge.broken(scheme, "unknown_type")))
        },
        Case {
            title: "Type of the launch texts".to_owned(),
            sent: "A batch.completed, which the first texts called batch.succeeded, correctly signed.".to_owned(),
            why: "Names of types have changed before and will again.",
            mend: IGNORE.into(),
            ..case("launch_type", EVENTS, Box::new(|forge, scheme| forge.broken(scheme, "launch_type")))
        },
        Case {
            title: "Unknown fields".to_owned(),
            sent: "A batch.succeeded with unannounced fields, in data and beside it.".to_owned(),
            why: "Fields are added without notice; a schema that forbids them loses events from that day on (SW-07).",
            mend: "Let the model accept unknown fields: extra='ignore' in pydantic (not 'forbid'), .loose() or \
                .strip() in zod (not .strict()), no deny_unknown_fields in serde."
                .into(),
            ..case(
                "unknown_field",
                EVENTS,
                Box::new(|forge, scheme| {
                    let mut payload = forge.payload(scheme)?;
                    payload["priority"] = json!({ "level": 3, "tags": ["a", null] });
                    payload["data"]["region"] = json!("europe-west4");
                    one(forge.signed(scheme, 0, payload.to_string()))
                }),
            )
        },
    ]);
    cases.extend(bodies());
    cases
}

/// JSON that can be signed correctly all the same.
const NO_EVENTS: [&str; 11] = [
    "[]",
    r#"[{"type":"batch.succeeded","data":{"id":"batches/1"}}]"#,
    "42",
    r#""batch.succeeded""#,
    "true",
    "null",
    "{}",
    r#"{"type":7,"data":{"id":"batches/1"}}"#,
    r#"{"type":"batch.succeeded"}"#,
    r#"{"type":"batch.succeeded","data":null}"#,
    r#"{"type":"batch.succeeded","data":["batches/1"]}"#,
];

pub(super) const EVENTS: &str = "Events";
const BODIES: &str = "Bodies";

const IGNORE: &str = "Answer 2xx to types that you do not know, and log them: ACTIONS.get(event['type']) instead of \
    ACTIONS[event['type']], a default branch that does not throw.";
const CRASH: &str = "Parse after verifying, inside try, and answer 400 (or 2xx, as you like) to non-events: the body \
    may not be JSON, UTF-8 or an object (but a list, a number, a text, null), or have no type or data.";
const LIMIT: &str = "Raise the limit of this route to 1 MiB: express.raw({ type: '*/*', limit: '1mb' }) (100kb is its \
    default), MAX_CONTENT_LENGTH in Flask, client_max_body_size in nginx.";

pub(super) fn case(id: &str, group: &str, make: Make) -> Case {
    acting(id, group, Act::Send(make))
}

/// A case that does more than send one delivery.
pub(super) fn acting(id: &str, group: &str, act: Act) -> Case {
    Case {
        id: id.to_owned(),
        group: group.to_owned(),
        title: String::new(),
        sent: String::new(),
        why: "",
        mend: "".into(),
        scheme: None,
        wants: Wants::Take,
        act,
        lacks: None,
    }
}

/// All forms of a type in one line.
fn event(sample: samples::SampleType) -> Case {
    let name = sample.name;
    let forms: Vec<&str> = sample.variants.iter().map(|variant| variant.label).collect();
    let sent = format!("{name} in each of its forms: {}.", forms.join("; "));
    let make: Make = Box::new(move |forge, scheme| {
        let form = |variant: &samples::SampleVariant| {
            Ok(forge.sample(scheme, name, Some(variant.id), None)?.labelled(variant.label))
        };
        sample.variants.iter().map(form).collect()
    });
    Case {
        title: name.to_owned(),
        sent,
        why: "Google documents each of these forms, or somebody has seen them. Nobody has promised which one arrives.",
        mend: "Read only the fields that you need, and let each be missing: data.get('output_file_uri'), data?.file_id ?? \
            data?.file_name. Keep error_code as any JSON value, and take ids with and without batches/.".into(),
        ..case(&format!("event_{}", name.replace('.', "_")), EVENTS, make)
    }
}

fn metadata(id: &str, title: &str, sent: &str, variant: &'static str) -> Case {
    Case {
        title: title.to_owned(),
        sent: format!("A batch.succeeded and a video.generated whose {sent}"),
        why: "It holds your own ids for a job, and nobody has published in which of two places it comes back.",
        mend: "Look in both places: event.data?.user_metadata ?? event.user_metadata.".into(),
        ..case(
            id,
            EVENTS,
            Box::new(move |forge, scheme| {
                let types = ["batch.succeeded", "video.generated"].into_iter();
                types.map(|name| Ok(forge.sample(scheme, name, Some(variant), None)?.labelled(name))).collect()
            }),
        )
    }
}

fn bodies() -> [Case; 6] {
    [
        large("large_body", "24 KiB", 24 * KIB, Wants::Take),
        large("larger_body", "256 KiB", 256 * KIB, Wants::Take),
        large("huge_body", "1 MiB", KIB * KIB, Wants::TakeOrTooLarge),
        Case {
            title: "Body is not JSON".to_owned(),
            sent: "Correctly signed, but the body is a form.".to_owned(),
            why: "The signature says who sent it, not what it is (SW-02). A crash looks like an outage and is sent \
                again.",
            mend: CRASH.into(),
            wants: Wants::Either,
            ..case("not_json", BODIES, Box::new(|forge, scheme| forge.broken(scheme, "not_json")))
        },
        Case {
            title: "Body is not UTF-8".to_owned(),
            sent: "Correctly signed, but a text in the body is Latin-1.".to_owned(),
            why: "Decoding it raises, in the handler or in the library, before the signature is even looked at.",
            mend: CRASH.into(),
            wants: Wants::Either,
            ..case("not_utf8", BODIES, Box::new(|forge, scheme| forge.broken(scheme, "body_not_utf8")))
        },
        Case {
            title: "JSON that is not an event".to_owned(),
            sent: "Signed correctly: lists, a number, a text, true, null, an object without a type, one whose type is a number, and \
                events without data, or whose data is null or a list."
                .to_owned(),
            why: "event['type'], event.get('type') and event.data.id crash on these. A crash looks like an outage and \
                is sent again.",
            mend: CRASH.into(),
            wants: Wants::Either,
            ..case(
                "not_an_event",
                BODIES,
                Box::new(|forge, scheme| {
                    NO_EVENTS.into_iter().map(|body| Ok(forge.signed(scheme, 0, body)?.labelled(body))).collect()
                }),
            )
        },
    ]
}

fn large(id: &str, size: &str, bytes: usize, wants: Wants) -> Case {
    Case {
        title: format!("Body of {size}"),
        sent: format!("A batch.succeeded whose user_metadata makes it {size} long, correctly signed."),
        why: if wants == Wants::Take {
            "Events are thin, but they carry your user_metadata, and future types may carry more. A body over the \
             limit is refused before your code sees it, and sent again for 24 hours."
        } else {
            "So large a body need not be accepted. But say so: 413, without a crash or a cut connection."
        },
        mend: LIMIT.into(),
        wants,
        ..case(
            id,
            BODIES,
            Box::new(move |forge, scheme| {
                let mut payload = forge.payload(scheme)?;
                let rest = bytes.saturating_sub(payload.to_string().len());
                payload["data"]["user_metadata"] = json!({ "note": Value::from("x".repeat(rest)) });
                one(forge.signed(scheme, 0, payload.to_string()))
            }),
        )
    }
}
