//! What is sent: deliveries that are made from their key alone, so that nobody has to remember their bytes.

use standardwebhooks::Webhook;

use super::draws::Draws;
use crate::sender::SECRET;

/// A secret that the listener does not know.
const OTHER: &str = "whsec_NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2MDEyMzQ=";
/// The seed of the Ed25519 key.
const ED25519: [u8; 32] = [42; 32];
/// Letters that JSON does not escape.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Names a message: who sends it, and the how manyth of its own it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) sender: u16,
    pub(super) number: u32,
}

/// Messages of this sender are never sent whole.
pub(super) const STALLED: u16 = u16::MAX;

impl Key {
    /// The `webhook-id`.
    pub(super) fn id(self) -> String {
        format!("soak-{}-{}", self.sender, self.number)
    }

    /// `None` for an id that is none of a soak's.
    pub(super) fn of_id(id: &str) -> Option<Self> {
        let (sender, number) = id.strip_prefix("soak-")?.split_once('-')?;
        Some(Self { sender: sender.parse().ok()?, number: number.parse().ok()? })
    }

    /// Apart from the streams of the senders' own draws.
    fn stream(self) -> u64 {
        1 << 60 | u64::from(self.sender) << 32 | u64::from(self.number)
    }
}

/// How it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// HMAC, with the secret.
    V1,
    /// Ed25519.
    V1a,
    /// HMAC, with another secret.
    Forged,
    /// In a version that nobody knows.
    Unknown,
}

impl Kind {
    pub(super) fn is_good(self) -> bool {
        matches!(self, Self::V1 | Self::V1a)
    }

    /// What is answered once it is stored.
    pub(super) fn status(self) -> u16 {
        if self.is_good() { 200 } else { 401 }
    }

    /// Its number in the history: 0 verified, 1 rejected.
    pub(super) fn outcome(self) -> i64 {
        i64::from(!self.is_good())
    }

    /// Its scheme's number in the history, where that is certain.
    pub(super) fn scheme(self) -> Option<i64> {
        match self {
            Self::V1 => Some(1),
            Self::V1a => Some(2),
            Self::Forged | Self::Unknown => None,
        }
    }
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) key: Key,
    pub(super) kind: Kind,
    /// Bytes of its body besides the usual ones.
    pub(super) filler: u32,
}

/// Makes the bytes of messages.
pub(super) struct Maker {
    seed: u64,
    genuine: Webhook,
    forging: Webhook,
}

impl Maker {
    pub(super) fn new(seed: u64) -> Self {
        let webhook = |secret| Webhook::new(secret).expect("the secrets of the tests are secrets");
        Self { seed, genuine: webhook(SECRET), forging: webhook(OTHER) }
    }

    /// What the listener is given to check with.
    pub(super) fn keys() -> [String; 2] {
        [SECRET.to_owned(), signature::sign::v1a_public_text(&ED25519)]
    }

    /// An event as the service sends it, with letters at random in its `user_metadata`.
    pub(super) fn body(&self, message: &Message) -> Vec<u8> {
        let id = message.key.id();
        let data = format!(r#"{{"id":"batches/{id}","output_file_uri":"files/{id}","user_metadata":{{"filler":""#);
        let head = r#"{"type":"batch.succeeded","version":"v1","timestamp":"2026-11-21T01:12:04Z","data":"#;
        let mut body = format!("{head}{data}").into_bytes();
        let from = body.len();
        body.resize(from + message.filler as usize, 0);
        Draws::new(self.seed, message.key.stream()).fill(&mut body[from..]);
        for byte in &mut body[from..] {
            *byte = LETTERS[usize::from(*byte & 63)];
        }
        body.extend_from_slice(br#""}}}"#);
        body
    }

    /// The request as it goes over the wire, signed at this time (Unix seconds).
    pub(super) fn request(&self, message: &Message, at: i64) -> Vec<u8> {
        let (id, body) = (message.key.id(), self.body(message));
        let by = |webhook: &Webhook| webhook.sign(&id, at, &body).expect("any bytes can be signed");
        let signature = match message.kind {
            Kind::V1 => by(&self.genuine),
            Kind::V1a => signature::sign::v1a(&ED25519, &id, at, &body),
            Kind::Forged => by(&self.forging),
            Kind::Unknown => by(&self.genuine).replacen("v1,", "v9,", 1),
        };
        let mut request = format!(
            "POST /soak HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nuser-agent: soak\r\n\
             webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(&body);
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_made_again_from_its_key_and_no_two_are_the_same() {
        let message = |sender, number| Message { key: Key { sender, number }, kind: Kind::V1, filler: 100 };
        let (one, other) = (Maker::new(1), Maker::new(1));
        assert_eq!(one.body(&message(3, 4)), other.body(&message(3, 4)));
        assert_ne!(one.body(&message(3, 4))[200..], one.body(&message(3, 5))[200..]);
        assert_ne!(one.body(&message(3, 4)), Maker::new(2).body(&message(3, 4)));
        assert!(serde_json::from_slice::<serde_json::Value>(&one.body(&message(3, 4))).is_ok());
        let key = Key { sender: 3, number: 70_000 };
        assert_eq!(Key::of_id(&key.id()), Some(key));
        assert_eq!((Key::of_id("msg_1"), Key::of_id("soak-1"), Key::of_id("soak-x-1")), (None, None, None));
    }
}
