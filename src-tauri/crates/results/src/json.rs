//! JSON read member by member, and nothing refused but what is no JSON: a member of another type counts as absent, an
//! unknown one is skipped without being built, and of doubled ones the last counts.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

/// A value as it stands in the line, not read yet. Taking it costs a walk over its bytes, whatever it holds: numbers
/// stay text, and no depth is too deep.
pub(crate) type Raw<'a> = &'a RawValue;

/// What is filled from the members of an object.
pub(crate) trait FromMembers<'de>: Sized {
    fn from_members<A: MapAccess<'de>>(members: A) -> Result<Self, A::Error>;
}

/// An object; absent if something else stands there.
#[derive(Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

/// The first object of an array; absent if it is empty or something else stands there.
#[derive(Debug)]
pub(crate) struct First<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for First<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// Declares a struct whose fields are the members of an object, each under one or more names.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident<$life:lifetime> { $($field:ident: $type:ty = $($spelling:literal)|+,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $name<$life> {
            $(pub(crate) $field: $type,)+
        }

        impl<$life> $crate::json::FromMembers<$life> for $name<$life> {
            fn from_members<A: serde::de::MapAccess<$life>>(mut members: A) -> Result<Self, A::Error> {
                #[allow(non_camel_case_types)]
                enum Field { $($field,)+ Other }
                let mut read = Self::default();
                let name = |name: &str| match name {
                    $($($spelling)|+ => Field::$field,)+
                    _ => Field::Other,
                };
                while let Some(field) = members.next_key_seed($crate::json::Name(name))? {
                    match field {
                        $(Field::$field => read.$field = members.next_value()?,)+
                        Field::Other => _ = members.next_value::<serde::de::IgnoredAny>()?,
                    }
                }
                Ok(read)
            }
        }
    };
}
pub(crate) use object;

/// The name of a member, looked up without being kept.
pub(crate) struct Name<F>(pub(crate) F);

impl<'de, T, F: Fn(&str) -> T> DeserializeSeed<'de> for Name<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl<T, F: Fn(&str) -> T> Visitor<'_> for Name<F> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<T, E> {
        Ok((self.0)(name))
    }
}

/// Takes anything: objects and arrays are given to `T`, the rest is nothing.
struct Any<T>(PhantomData<T>);

macro_rules! nothing {
    ($($visit:ident($type:ty)),+) => {
        $(fn $visit<E: de::Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })+

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
            to.write_str("JSON")
        }
    };
}

impl<'de, T: FromMembers<'de>> Visitor<'de> for Any<Maybe<T>> {
    type Value = Maybe<T>;

    nothing!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::from_members(members).map(|object| Maybe(Some(object)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Maybe(None))
    }
}

impl<'de, T: FromMembers<'de>> Visitor<'de> for Any<First<T>> {
    type Value = First<T>;

    nothing!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(First(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let first = items.next_element::<Maybe<T>>()?.and_then(|first| first.0);
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(First(first))
    }
}

impl<'de, T: FromMembers<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Any::<Self>(PhantomData))
    }
}

impl<'de, T: FromMembers<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Any::<Self>(PhantomData))
    }
}

/// The text of a string; absent if it is none. One whose escapes are no text (half a surrogate pair) is given as it
/// is written.
pub(crate) fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    Some(serde_json::from_str::<String>(raw.get()).map_or(Cow::Borrowed(inner), Cow::Owned))
}

/// The text of a string, or a number as it is written; absent if it is neither or empty.
pub(crate) fn scalar(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let written = raw.get();
    match written.as_bytes().first()? {
        b'"' => text(raw).filter(|text| !text.is_empty()),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(written)),
        _ => None,
    }
}

/// A count: a whole number, or a string of one, which is how JSON of Protocol Buffers writes 64 bits.
pub(crate) fn count(raw: Raw<'_>) -> Option<u64> {
    scalar(raw)?.parse().ok()
}

/// An object out of its text.
pub(crate) fn members<'a, T: FromMembers<'a>>(raw: Raw<'a>) -> Option<T> {
    serde_json::from_str::<Maybe<T>>(raw.get()).ok()?.0
}

/// Whether a string, an object or an array has anything in it; false for anything else.
pub(crate) fn holds(raw: Raw<'_>) -> bool {
    let inner = raw.get().get(1..).unwrap_or_default().trim_start();
    match raw.get().as_bytes().first() {
        Some(b'[') => !inner.starts_with(']'),
        Some(b'{') => !inner.starts_with('}'),
        Some(b'"') => raw.get().len() > 2,
        _ => false,
    }
}

/// Whether it is an array with anything in it.
pub(crate) fn filled(raw: Raw<'_>) -> bool {
    raw.get().starts_with('[') && holds(raw)
}
