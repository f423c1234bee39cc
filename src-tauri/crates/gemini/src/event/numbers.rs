//! Numbers that exceed `f64`.

/// The same JSON text with `0` for every number that is too large for an `f64`; `None` if there is none. Text that is
/// not JSON stays invalid.
pub(super) fn bounded(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = bytes[at..].iter().position(|byte| !is_of_number(*byte)).map_or(bytes.len(), |len| at + len);
                if text[at..end].parse::<f64>().is_ok_and(f64::is_infinite) {
                    out.push_str(&text[copied..at]);
                    out.push('0');
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    (copied > 0).then(|| out + &text[copied..])
}

pub(super) fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// The position after the closing quote of the string that begins at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn only_numbers_out_of_range_are_replaced() {
        let cases = [
            (r#"{"a":1e400,"b":[-2E+999]}"#, Some(r#"{"a":0,"b":[0]}"#)),
            (r#"{"a":"1e400","b":"\"1e400"}"#, None),
            (r#"{"a":1e300,"b":123456789012345678901234567890}"#, None),
            (r#"{"a":1e400,"é":"ü"}"#, Some(r#"{"a":0,"é":"ü"}"#)),
            (r#"{"a":1e400"#, Some(r#"{"a":0"#)),
            (r#""unclosed \"#, None),
        ];
        for (text, expected) in cases {
            assert_eq!(bounded(text).as_deref(), expected, "{text}");
        }
    }
}
