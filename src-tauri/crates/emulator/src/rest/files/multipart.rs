//! `multipart/related` (RFC 2387): metadata first, then the bytes.

use axum::body::Bytes;
use memchr::memmem;

/// The two parts of an upload: JSON, and content type and bytes. `None` if the body is not of this form.
pub(super) fn parts(content_type: &str, body: &Bytes) -> Option<(Bytes, Option<String>, Bytes)> {
    let delimiter = format!("\r\n--{}", boundary(content_type)?);
    // The first delimiter may be at the very beginning, without a line before it.
    let first = if body.starts_with(&delimiter.as_bytes()[2..]) {
        delimiter.len() - 2
    } else {
        memmem::find(body, delimiter.as_bytes())? + delimiter.len()
    };
    let second = first + memmem::find(&body[first..], delimiter.as_bytes())?;
    let after = second + delimiter.len();
    let end = after + memmem::find(&body[after..], delimiter.as_bytes())?;
    let (_, metadata) = part(body.slice(first..second))?;
    let (mime_type, media) = part(body.slice(after..end))?;
    Some((metadata, mime_type, media))
}

/// The `boundary` parameter, quoted or not.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/related") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim().trim_matches('"'))
    })?;
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

/// `Content-Type` and bytes of a part between two delimiters: the rest of the delimiter's line, headers, an empty line,
/// the bytes.
fn part(text: Bytes) -> Option<(Option<String>, Bytes)> {
    let line = memmem::find(&text, b"\r\n")?;
    if !text[..line].iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    let text = text.slice(line..);
    let (headers, bytes) = match memmem::find(&text, b"\r\n\r\n") {
        Some(end) => (text.slice(..end), text.slice(end + 4..)),
        None => return None,
    };
    let headers = std::str::from_utf8(&headers).ok()?;
    let content_type = headers.split("\r\n").find_map(|header| {
        let (name, value) = header.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
    });
    Some((content_type, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Option<(String, Option<String>, String)> {
        let (metadata, mime_type, media) = parts(content_type, &Bytes::copy_from_slice(body.as_bytes()))?;
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        Some((text(metadata), mime_type, text(media)))
    }

    #[test]
    fn two_parts_are_read_and_others_refused() {
        let body = "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b \r\ncontent-type: text/plain\r\n\r\na\r\nb\r\n--b--\r\n";
        let expected = Some(("{}".to_owned(), Some("text/plain".to_owned()), "a\r\nb".to_owned()));
        assert_eq!(read("multipart/related; boundary=b", body), expected);
        assert_eq!(read("Multipart/Related; type=x; boundary=\"b\"", body), expected);
        assert_eq!(read("multipart/related; boundary=b", &format!("preamble\r\n{body}")), expected);
        let bare = "--b\r\n\r\n{}\r\n--b\r\n\r\n\r\n--b--";
        assert_eq!(read("multipart/related; boundary=b", bare), Some(("{}".to_owned(), None, String::new())));
        for (content_type, body) in [
            ("multipart/form-data; boundary=b", body),
            ("multipart/related", body),
            ("multipart/related; boundary=", body),
            ("multipart/related; boundary=c", body),
            ("multipart/related; boundary=b", &body[..body.len() - 6]),
            ("multipart/related; boundary=b", "--b\r\n\r\n{}\r\n--b--"),
            ("multipart/related; boundary=b", ""),
        ] {
            assert_eq!(read(content_type, body), None, "{content_type} {body:?}");
        }
    }
}
