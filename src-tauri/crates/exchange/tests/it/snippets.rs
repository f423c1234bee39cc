//! What deliveries are copied as. That it runs is seen in the tests across crates.

use exchange::snippet::{Form, Places, Refused, copy};

use super::record;

const PLACES: Places<'_> = Places { listener: "http://127.0.0.1:4710", handler: "http://127.0.0.1:3000/webhook" };
const FORMS: [Form; 7] =
    [Form::Curl, Form::Httpie, Form::Python, Form::JavaScript, Form::Rust, Form::Pytest, Form::Vitest];

#[test]
fn no_snippet_holds_a_credential_or_what_a_client_makes_itself() {
    let mut one = record(b"{}");
    for name in ["Authorization", "X-Goog-Api-Key", "cookie", "proxy-authorization"] {
        one.headers.push((name.into(), b"topsecret".to_vec()));
    }
    one.headers.push(("Transfer-Encoding".into(), b"chunked".to_vec()));
    for form in FORMS {
        let text = copy(std::slice::from_ref(&one), form, &PLACES).unwrap();
        assert!(
            !text.contains("topsecret") && !text.contains("chunked") && !text.contains("127.0.0.1:4710\""),
            "{form:?}\n{text}"
        );
        assert!(text.contains("msg_1"), "{form:?}\n{text}");
    }
}

#[test]
fn nothing_hides_in_a_snippet() {
    let mut one = record("{\"a\":\"\u{202e}\u{2066}\u{200b}\u{85}\"}".as_bytes());
    one.event_type = Some("x\n# \u{202e}*/".into());
    for form in [Form::Python, Form::JavaScript, Form::Rust, Form::Pytest, Form::Vitest] {
        let text = copy(std::slice::from_ref(&one), form, &PLACES).unwrap();
        let hidden: Vec<char> = text.chars().filter(|c| hides(*c)).collect();
        assert!(hidden.is_empty(), "{form:?}: {hidden:?}\n{text}");
    }
}

#[test]
fn a_payload_that_is_no_text_is_not_copied_as_one() {
    assert_eq!(copy(&[record(b"{}"), record(b"[1]")], Form::Payload, &PLACES).unwrap(), "{}\n[1]");
    assert_eq!(copy(&[record(b"\xff")], Form::Payload, &PLACES), Err(Refused::NotText));
}

#[test]
fn lines_of_ndjson_are_those_of_an_export() {
    let text = copy(&[record(b"{}"), record(b"")], Form::Ndjson, &PLACES).unwrap();
    assert_eq!(super::found(text.as_bytes()).records.len(), 2);
}

fn hides(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}
