//! Variables of an edited replay: `{{now}}`, `{{now_s}}` and `{{uuid}}`.
//!
//! Each request gets its own values, and a variable has one value throughout its request, so that a header can repeat
//! what the body says. Whatever else stands between braces is sent as it was written: nothing is silently emptied.

use std::io;

use samples::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    /// The time of sending in the form of a payload's `timestamp`.
    Now,
    /// The same in Unix seconds, the form of `webhook-timestamp`.
    Seconds,
    /// A new UUID.
    Uuid,
}

const ALL: [(&str, Variable); 3] = [("now", Variable::Now), ("now_s", Variable::Seconds), ("uuid", Variable::Uuid)];

/// The variables of one request.
pub(super) struct Variables<'a> {
    now: i64,
    random: &'a Random,
    /// The values that were needed so far.
    values: Vec<(&'static str, String)>,
}

impl<'a> Variables<'a> {
    /// `now` is in Unix seconds.
    pub(super) fn new(now: i64, random: &'a Random) -> Self {
        Self { now, random, values: Vec::new() }
    }

    /// The text with its variables filled in; `None` if it has none.
    ///
    /// # Errors
    /// If `random` fails.
    pub(super) fn fill(&mut self, text: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let (mut filled, mut rest, mut any) = (Vec::new(), text, false);
        while let Some(at) = rest.windows(2).position(|pair| pair == b"{{") {
            let (before, from) = rest.split_at(at);
            filled.extend_from_slice(before);
            rest = if let Some((name, variable, after)) = first(from) {
                filled.extend_from_slice(self.value(name, variable)?.as_bytes());
                any = true;
                after
            } else {
                filled.push(b'{');
                from.get(1..).unwrap_or_default()
            };
        }
        filled.extend_from_slice(rest);
        Ok(any.then_some(filled))
    }

    /// The values that were filled in, as changes: `{{uuid}} 7c1e90aa-…`.
    pub(super) fn said(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|(name, value)| format!("{{{{{name}}}}} {value}"))
    }

    fn value(&mut self, name: &'static str, variable: Variable) -> io::Result<String> {
        if let Some((_, value)) = self.values.iter().find(|(known, _)| *known == name) {
            return Ok(value.clone());
        }
        let value = match variable {
            Variable::Now => samples::time_text(self.now),
            Variable::Seconds => self.now.to_string(),
            Variable::Uuid => samples::new_uuid(self.random)?,
        };
        self.values.push((name, value.clone()));
        Ok(value)
    }
}

/// The variable that this begins with, and what follows it. Blanks within the braces do not matter.
fn first(from: &[u8]) -> Option<(&'static str, Variable, &[u8])> {
    let inside = without_blanks(from.strip_prefix(b"{{")?);
    ALL.into_iter().find_map(|(name, variable)| {
        let after = without_blanks(inside.strip_prefix(name.as_bytes())?).strip_prefix(b"}}")?;
        Some((name, variable, after))
    })
}

fn without_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    bytes.get(blanks..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    const NOW: i64 = 1_769_083_200;

    /// Other bytes at each call.
    fn random() -> Random {
        let calls = AtomicU8::new(0);
        Arc::new(move |bytes| {
            bytes.fill(calls.fetch_add(1, Ordering::Relaxed));
            Ok(())
        })
    }

    fn filled(text: &str) -> Option<String> {
        let random = random();
        Variables::new(NOW, &random).fill(text.as_bytes()).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_time_in_both_forms_and_an_id_that_stays_within_its_request() {
        let random = random();
        let mut variables = Variables::new(NOW, &random);
        let body = variables.fill(br#"{"at":"{{now}}","s":{{now_s}},"id":"batches/{{uuid}}"}"#).unwrap().unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"at":"2026-01-22T12:00:00Z","s":1769083200,"id":"batches/00000000-0000-4000-8000-000000000000"}"#
        );
        assert_eq!(variables.fill(b"{{uuid}}").unwrap().unwrap(), b"00000000-0000-4000-8000-000000000000");
        let said: Vec<String> = variables.said().collect();
        assert_eq!(
            said,
            ["{{now}} 2026-01-22T12:00:00Z", "{{now_s}} 1769083200", "{{uuid}} 00000000-0000-4000-8000-000000000000"]
        );
        let another = Variables::new(NOW, &random).fill(b"{{uuid}}").unwrap().unwrap();
        assert_eq!(another, b"01010101-0101-4101-8101-010101010101", "another request");
    }

    #[test]
    fn blanks_within_the_braces_do_not_matter_and_braces_around_them_stay() {
        assert_eq!(filled("{{ now_s\t}}").as_deref(), Some("1769083200"));
        assert_eq!(filled("{{{now_s}}}").as_deref(), Some("{1769083200}"));
        assert_eq!(filled("{{now_s}}{{now_s}}").as_deref(), Some("17690832001769083200"));
    }

    #[test]
    fn what_is_no_variable_is_left_as_it_is() {
        for text in [
            "",
            "{}",
            "{{}}",
            "{{nmae}}",
            "{{NOW}}",
            "{{now",
            "{{now}",
            "{now}}",
            "{{now s}}",
            "{{now\n}}",
            "{{now_sec}}",
            "{\"a\":{\"b\":{}}}",
        ] {
            assert_eq!(filled(text), None, "{text:?}");
        }
        assert_eq!(filled("{{nmae}} {{now_s}} {{").as_deref(), Some("{{nmae}} 1769083200 {{"));
        let random = random();
        let bytes = Variables::new(NOW, &random).fill(b"\xff{{now_s}}\xfe").unwrap().unwrap();
        assert_eq!(bytes, b"\xff1769083200\xfe", "also among bytes that are no text");
    }

    #[test]
    fn a_megabyte_of_braces_is_no_danger() {
        let text = vec![b'{'; 1024 * 1024];
        let random = random();
        assert_eq!(Variables::new(NOW, &random).fill(&text).unwrap(), None);
    }
}
