//! Lists in pages.

use axum::http::StatusCode;

use crate::rest::ApiError;

/// Which part of a list is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The most rows it has.
    pub(crate) size: usize,
    /// The number of the last row of the page before, 0 for the first page.
    pub(crate) after: u64,
}

impl Page {
    /// Reads the two query parameters. A size of 0 is the default one, one above `most` becomes `most` (AIP-158). A
    /// token is valid only for lists of its own `kind`. Errors have the shape of google.rpc.Status.
    pub(crate) fn read(
        kind: &str,
        size: Option<&str>,
        token: Option<&str>,
        default: usize,
        most: usize,
    ) -> Result<Self, ApiError> {
        let bad = |message: &str| ApiError::status(StatusCode::BAD_REQUEST, message);
        let size = match size.filter(|text| !text.is_empty()) {
            None => default,
            Some(text) => match text.parse::<i32>() {
                Ok(0) => default,
                Ok(size) if size > 0 => usize::try_from(size).unwrap_or(most).min(most),
                _ => return Err(bad("Invalid page size: expected a whole number that is not negative.")),
            },
        };
        let after = match token.filter(|text| !text.is_empty()) {
            None => 0,
            Some(text) => {
                number(kind, text).ok_or_else(|| bad("Invalid page token: pass one from the last answer."))?
            }
        };
        Ok(Self { size, after })
    }

    /// The rows of this page, and the token for the next one if there is one.
    pub(crate) fn cut<T>(self, kind: &str, rows: impl Iterator<Item = (u64, T)>) -> (Vec<T>, Option<String>) {
        let mut rows = rows.peekable();
        let mut page = Vec::new();
        let mut last = self.after;
        while page.len() < self.size {
            let Some((number, row)) = rows.next() else {
                break;
            };
            last = number;
            page.push(row);
        }
        let next = rows.peek().map(|_| token(kind, last));
        (page, next)
    }
}

/// The first letter of the kind and 16 hexadecimal digits. Every text of this form is a token, so a description of the
/// interface can define it.
fn token(kind: &str, number: u64) -> String {
    format!("{}{number:016x}", &kind[..1])
}

fn number(kind: &str, text: &str) -> Option<u64> {
    let number = u64::from_str_radix(text.get(1..)?, 16).ok()?;
    (token(kind, number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(size: Option<&str>, token: Option<&str>) -> Result<Page, ApiError> {
        Page::read("rows", size, token, 3, 5)
    }

    #[test]
    fn sizes_and_tokens_at_their_edges() {
        let size = |text| read(Some(text), None).map(|page| page.size).ok();
        assert_eq!(read(None, None).unwrap(), Page { size: 3, after: 0 });
        for (text, expected) in
            [("", Some(3)), ("0", Some(3)), ("1", Some(1)), ("5", Some(5)), ("6", Some(5)), ("2147483647", Some(5))]
        {
            assert_eq!(size(text), expected, "{text}");
        }
        for text in ["-1", "2147483648", "x", "1.0", " 1"] {
            assert_eq!(size(text), None, "{text}");
        }
        let rows = || (1..=7u64).map(|number| (number * 10, number));
        let (page, next) = Page { size: 7, after: 0 }.cut("rows", rows());
        assert_eq!((page.len(), next), (7, None));
        let (page, next) = Page { size: 2, after: 0 }.cut("rows", rows());
        assert_eq!(page, [1, 2]);
        let next = next.unwrap();
        assert_eq!(read(None, Some(&next)).unwrap().after, 20);
        assert!(Page::read("files", None, Some(&next), 3, 5).is_err());
        for bad in ["x", "%%", "é", "r+00000000000000a", "r000000000000000A", &format!("{next}0"), &next[1..]] {
            assert!(read(None, Some(bad)).is_err(), "{bad}");
        }
    }
}
