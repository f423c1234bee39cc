//! JSON that does not survive being parsed and serialised: a receiver that verifies the result refuses it.

use signature::Scheme;

use super::events::case;
use super::{Case, Make, RAW, one, signed_forged};
use crate::check::forge::Made;

const GROUP: &str = "Unusual JSON";

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = FORMS.iter().map(Form::case).collect();
    let reprinted = &signed_forged::REPRINTED;
    let make: Make = Box::new(reprinted.make);
    cases.push(Case {
        title: reprinted.title.to_owned(),
        sent: reprinted.sent.to_owned(),
        why: reprinted.why,
        mend: reprinted.mend.into(),
        wants: reprinted.wants,
        ..case("json_reprinted", GROUP, make)
    });
    cases
}

struct Form {
    id: &'static str,
    title: &'static str,
    sent: &'static str,
    /// What surrounds the job's id.
    text: (&'static str, &'static str),
}

#[rustfmt::skip]
static FORMS: [Form; 5] = [
    Form {
        id: "json_white_space", title: "White space",
        sent: "Correctly signed: indented JSON with tabs, double spaces and a trailing newline.",
        text: ("{\n\t\"type\" :  \"batch.succeeded\",\r\n  \"version\":\"v1\" ,\n  \"data\": {  \"id\" : \"", "\" }\n}\n"),
    },
    Form {
        id: "json_escapes", title: "Escapes",
        sent: "Correctly signed: letters and slashes written as escapes, \\u00e9 and \\/.",
        text: ("{\"type\":\"batch\\u002Esucceeded\",\"version\":\"v1\",\"data\":{\"output_file_uri\":\"files\\/batch-1\",\
            \"user_metadata\":{\"caf\\u00e9\":\"\\u00C9t\\u00e9 \\uD83C\\uDF89\"},\"id\":\"", "\"}}"),
    },
    Form {
        id: "json_unicode", title: "Letters beyond ASCII",
        sent: "Correctly signed: accents in two forms, an emoji and U+2028, as they are in UTF-8.",
        text: ("{\"type\":\"batch.succeeded\",\"version\":\"v1\",\"data\":{\
            \"user_metadata\":{\"caf\u{e9}\":\"cafe\u{301} 🎉 \u{2028}日本\"},\"id\":\"", "\"}}"),
    },
    Form {
        id: "json_key_order", title: "Order of keys",
        sent: "Correctly signed: data before type, and numeric keys in descending order.",
        text: ("{\"data\":{\"user_metadata\":{\"10\":1,\"9\":2,\"z\":3,\"a\":4},\"id\":\"", "\"},\"version\":\"v1\",\"type\":\"batch.succeeded\"}"),
    },
    Form {
        id: "json_big_numbers", title: "Numbers",
        sent: "Correctly signed: 9007199254740993, which no double can hold, 1.0, 1e2 and -0.",
        text: ("{\"type\":\"batch.succeeded\",\"version\":\"v1\",\"data\":{\
            \"user_metadata\":{\"rows\":9007199254740993,\"ratio\":1.0,\"size\":1e2,\"drift\":-0,\"price\":12.50},\"id\":\"", "\"}}"),
    },
];

impl Form {
    fn case(&'static self) -> Case {
        let make: Make = Box::new(|forge, scheme| {
            let payload = forge.payload(scheme)?;
            let (before, after) = self.text;
            let body = format!("{before}{}{after}", payload["data"]["id"].as_str().unwrap_or("batches/1"));
            one(forge.signed(scheme, 0, body))
        });
        Case {
            title: self.title.to_owned(),
            sent: self.sent.to_owned(),
            why: "The signature covers the bytes that were sent (SW-16). Parsed and serialised again, this JSON \
                becomes other bytes, and the delivery is refused, on the day somebody's metadata has an accent in it.",
            mend: RAW.into(),
            ..case(self.id, GROUP, make)
        }
    }
}

/// Serialises a parsed body.
type Print = fn(&serde_json::Value) -> String;

/// The plain event as other serialisers write it, signed in that form: which of these is accepted tells how the body is
/// serialised.
pub(in crate::check) static PRINTERS: [(&str, Print); 2] = [
    ("with a space after each comma and colon, as json.dumps prints it", samples::spaced),
    ("indented by two spaces, as JSON.stringify(value, null, 2) prints it", |value| format!("{value:#}")),
];

/// The plain event, serialised like that and signed.
pub(in crate::check) fn printed(forge: &crate::check::forge::Forge, scheme: Scheme, print: Print) -> Made {
    let payload = forge.payload(scheme)?;
    one(forge.signed(scheme, 0, print(&payload)))
}
