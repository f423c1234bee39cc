//! The fast path: the type and pointer of a payload, without building a tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::pointers;
use crate::printable::printable;

use super::READ_LIMIT;

/// The longest type or pointer in a row, in characters.
const ROW_LIMIT: usize = 200;

/// What a row of the list shows of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The payload's `type`, with control characters escaped, at most 200 characters.
    pub event_type: Option<String>,
    /// What the payload points to: its file if it has one (`files/…` in the short form), otherwise the job's id.
    pub pointer: Option<String>,
}

/// Type and pointer of a payload. Empty for anything but a JSON object, and for bodies above [`READ_LIMIT`], which
/// [`super::summary_of`] reads.
///
/// As in [`super::read`], the last one counts if a field is given twice.
#[must_use]
pub fn summary(body: &[u8]) -> Summary {
    if body.len() > READ_LIMIT {
        return Summary::default();
    }
    let Ok(top) = serde_json::from_slice::<Top>(body) else {
        return Summary::default();
    };
    let pointer = top.data.best().or_else(|| top.fields.best());
    Summary {
        pointer: pointer.map(|text| printable(&text, ROW_LIMIT)),
        event_type: top.event_type.map(|text| printable(&text, ROW_LIMIT)),
    }
}

impl Summary {
    /// The same for a payload that has been read.
    pub(super) fn of(payload: &Value) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let of = |value: &Value| Fields {
            id: text(value.get("id")).map(Cow::Owned),
            output_file_uri: text(value.get("output_file_uri")).map(Cow::Owned),
            file_name: text(value.get("file_name")).map(Cow::Owned),
            file_id: text(value.get("file_id")).map(Cow::Owned),
            video_uri: text(value.get("video_uri")).map(Cow::Owned),
        };
        let (data, top) = (payload.get("data").map(of).unwrap_or_default(), of(payload));
        Self {
            event_type: text(payload.get("type")).map(|text| printable(&text, ROW_LIMIT)),
            pointer: data.best().or_else(|| top.best()).map(|text| printable(&text, ROW_LIMIT)),
        }
    }
}

/// The pointer fields of one object.
#[derive(Default)]
struct Fields<'a> {
    id: Option<Cow<'a, str>>,
    output_file_uri: Option<Cow<'a, str>>,
    file_name: Option<Cow<'a, str>>,
    file_id: Option<Cow<'a, str>>,
    video_uri: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    /// Takes the value of a pointer field, and skips any other.
    fn take<A: MapAccess<'a>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let slot = match key {
            "id" => &mut self.id,
            "output_file_uri" => &mut self.output_file_uri,
            "file_name" => &mut self.file_name,
            "file_id" => &mut self.file_id,
            "video_uri" => &mut self.video_uri,
            _ => {
                map.next_value::<IgnoredAny>()?;
                return Ok(());
            }
        };
        *slot = map.next_value::<MaybeText>()?.0;
        Ok(())
    }

    fn best(&self) -> Option<Cow<'_, str>> {
        let file = [&self.output_file_uri, &self.file_name, &self.video_uri]
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty());
        if let Some(text) = file {
            return Some(pointers::file_name(text).map_or_else(|| Cow::Borrowed(&**text), Cow::Owned));
        }
        if let Some(text) = self.file_id.as_ref().filter(|text| !text.is_empty()) {
            return Some(pointers::file_name(text).map_or_else(|| Cow::Borrowed(&**text), Cow::Owned));
        }
        self.id.as_deref().filter(|text| !text.is_empty()).map(Cow::Borrowed)
    }
}

#[derive(Default)]
struct Top<'a> {
    event_type: Option<Cow<'a, str>>,
    data: Fields<'a>,
    /// Pointer fields flattened to the top level (SW-06).
    fields: Fields<'a>,
}

impl<'de> Deserialize<'de> for Top<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TopVisitor;
        impl<'de> Visitor<'de> for TopVisitor {
            type Value = Top<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
                let mut top = Top::default();
                while let Some(Key(key)) = map.next_key()? {
                    match &*key {
                        "type" => top.event_type = map.next_value::<MaybeText>()?.0,
                        "data" => top.data = map.next_value::<MaybeFields>()?.0,
                        other => top.fields.take(other, &mut map)?,
                    }
                }
                Ok(top)
            }
        }
        deserializer.deserialize_map(TopVisitor)
    }
}

/// A key, borrowed if it contains no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A text; anything else is skipped.
struct MaybeText<'a>(Option<Cow<'a, str>>);

/// An object's pointer fields; anything else is skipped.
struct MaybeFields<'a>(Fields<'a>);

/// The visits for everything that is neither a text nor an object.
macro_rules! pass_over_scalars {
    ($value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

impl<'de> Deserialize<'de> for MaybeText<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = MaybeText<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(MaybeText(Some(Cow::Borrowed(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(MaybeText(Some(Cow::Owned(text.to_owned()))))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(MaybeText(None))
            }

            pass_over_scalars!(MaybeText(None));
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for MaybeFields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = MaybeFields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any value")
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(MaybeFields(Fields::default()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Fields::default();
                while let Some(Key(key)) = map.next_key()? {
                    fields.take(&key, &mut map)?;
                }
                Ok(MaybeFields(fields))
            }

            pass_over_scalars!(MaybeFields(Fields::default()));
        }
        deserializer.deserialize_any(FieldsVisitor)
    }
}
