//! A small picture of a video, for its row in the list. The window draws it from a video that it has fetched: the service
//! is not asked for one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::JobKind;

use super::Jobs;
use crate::error::{Code, Error, Result};

/// Of a data URL, in bytes: 200 of them are in one page of the list.
const MOST: usize = 16 * 1024;
/// What a JPEG begins with (ITU-T T.81, B.1.1.3: SOI, and the first byte of a marker).
const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];

impl Jobs {
    /// Keeps a picture of a video with its job: a JPEG as a data URL, at most 16 KiB.
    ///
    /// # Errors
    /// `invalid_format` if it is none; `too_large`; `not_found` if there is no such job, or it makes no video.
    pub async fn set_picture(&self, project: i64, name: &str, picture: String) -> Result<()> {
        check(&picture)?;
        if self.known(project, name).await?.kind != JobKind::Video {
            return Err(Error::not_found("video"));
        }
        self.change_about(project, name, move |about| about.picture = Some(picture)).await
    }
}

fn check(picture: &str) -> Result<()> {
    if picture.len() > MOST {
        let message = format!("The picture has {} bytes. At most {MOST} are kept with a job.", picture.len());
        return Err(Error::new(Code::TooLarge, message));
    }
    let bytes = picture.strip_prefix("data:image/jpeg;base64,").and_then(|text| STANDARD.decode(text).ok());
    match bytes.is_some_and(|bytes| bytes.starts_with(JPEG)) {
        true => Ok(()),
        false => Err(Error::new(Code::InvalidFormat, "The picture is not a JPEG in a data URL (RFC 2397).")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_small_jpeg_is_a_picture() {
        let url = |bytes: &[u8]| format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes));
        assert!(check(&url(b"\xFF\xD8\xFF\xE0 rest")).is_ok());
        let refused = [
            (url(b"\x89PNG"), Code::InvalidFormat),
            (url(b""), Code::InvalidFormat),
            ("data:image/jpeg;base64,/9j/!".to_owned(), Code::InvalidFormat),
            ("data:image/svg+xml;base64,/9j/4A==".to_owned(), Code::InvalidFormat),
            ("https://example.com/picture.jpg".to_owned(), Code::InvalidFormat),
            (url(&[0xFF; MOST]), Code::TooLarge),
        ];
        for (picture, code) in refused {
            assert_eq!(check(&picture).unwrap_err().code, code, "{}", &picture[..picture.len().min(60)]);
        }
    }
}
