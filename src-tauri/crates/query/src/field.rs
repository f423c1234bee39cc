//! The one table of fields: parsing, printing, suggesting and the grammar page all read it.

use crate::ast::Field;

/// What may stand behind a field's colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A piece of text, in either case.
    Text,
    /// A piece of a code: as text, but a `*` at its ends is no part of it, since a piece matches anyway.
    Code,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A name as a whole.
    Name,
    /// `yes` or `no`.
    YesNo,
    /// A status code: `200`, `5xx`, `>=400`, `400..499`.
    Status,
    /// A number: `2`, `>1`, `2..5`.
    Count,
    /// Bytes: `10k`, `2MiB`, with comparison.
    Size,
    /// A span of time: `250ms`, with comparison.
    Span,
    /// A point in time: `1h` (ago), `today`, `2026-11-19`, `2026-11-19T08:30`.
    Time,
    /// A piece of an id, or `#` and Pollux's own number.
    Id,
}

/// What follows the field's name before the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Nothing.
    Nothing,
    /// `.` and a name: `header.x-forwarded-for`.
    Name,
    /// A path into JSON: `body.data.id`, `body.items[0].x`.
    Path,
}

/// A field of the language.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// As it is written, in lower case.
    pub name: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// What its values are.
    pub takes: Takes,
    /// What belongs to its name.
    pub of: Of,
    /// Whether a delivery may have none of it: `*` and `none` are understood.
    pub optional: bool,
    /// A sentence for the user.
    pub help: &'static str,
    /// Whole terms, each of which parses.
    pub examples: &'static [&'static str],
}

impl FieldInfo {
    /// The name with a word for what belongs to it, without the colon: `type`, `header.NAME`, `body.PATH`.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.of {
            Of::Nothing => self.name.to_owned(),
            Of::Name if self.name == "meta" => format!("{}.KEY", self.name),
            Of::Name => format!("{}.NAME", self.name),
            Of::Path => format!("{}.PATH", self.name),
        }
    }
}

/// The values of `verdict:`.
pub const VERDICTS: &[&str] = &["verified", "old-secret", "rejected", "unchecked", "unbound"];
/// The values of `scheme:`.
pub const SCHEMES: &[&str] = &["v1", "v1a", "jwt"];
/// The values of `forwarded:`.
pub const FORWARDED: &[&str] = &["done", "failed", "waiting"];

const PLAIN: FieldInfo =
    FieldInfo { name: "", aliases: &[], takes: Takes::Text, of: Of::Nothing, optional: false, help: "", examples: &[] };

/// Every field but free text, in the order in which they are offered.
pub const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "type",
        aliases: &["event"],
        takes: Takes::Code,
        optional: true,
        help: "The event's type, or a piece of it. none: the payload has no type.",
        examples: &["type:batch.failed", "type:batch.failed,batch.cancelled", "type:batch", "type:=batch.failed"],
        ..PLAIN
    },
    FieldInfo {
        name: "verdict",
        aliases: &["outcome"],
        takes: Takes::Word(VERDICTS),
        help: "What the check of the signature said. old-secret is verified, too, with a secret that is being \
               replaced. unbound is a genuine token that does not cover the body.",
        examples: &["verdict:rejected", "verdict:verified,old-secret", "-verdict:verified"],
        ..PLAIN
    },
    FieldInfo {
        name: "reason",
        takes: Takes::Code,
        help: "Why the verdict is what it is, as code or in the words of the list; - and _ are the same here.",
        examples: &["reason:no-match", "reason:no_matching_signature", "reason:old"],
        ..PLAIN
    },
    FieldInfo {
        name: "diagnosis",
        takes: Takes::Code,
        optional: true,
        help: "What a rejected delivery would have matched, as code. *: something was found.",
        examples: &["diagnosis:body-reserialized", "diagnosis:*"],
        ..PLAIN
    },
    FieldInfo {
        name: "scheme",
        takes: Takes::Word(SCHEMES),
        optional: true,
        help: "How it was signed. none: in no way that is known.",
        examples: &["scheme:v1", "scheme:v1a,jwt", "scheme:none"],
        ..PLAIN
    },
    FieldInfo {
        name: "secret",
        aliases: &["key"],
        takes: Takes::Code,
        optional: true,
        help: "The key that matched: its id, or a piece of it. none: no key did.",
        examples: &["secret:*", "secret:none"],
        ..PLAIN
    },
    FieldInfo {
        name: "answer",
        aliases: &["status"],
        takes: Takes::Status,
        optional: true,
        help: "The status that was answered. none: no answer was given.",
        examples: &["answer:503", "answer:5xx", "answer:>=400", "answer:400..499", "-answer:200", "answer:none"],
        ..PLAIN
    },
    FieldInfo {
        name: "attempts",
        takes: Takes::Count,
        help: "How many attempts of its event there are by now.",
        examples: &["attempts:>1", "attempts:2..5"],
        ..PLAIN
    },
    FieldInfo {
        name: "duplicate",
        takes: Takes::YesNo,
        help: "Whether an earlier attempt of its event had been verified and accepted.",
        examples: &["duplicate:yes", "duplicate:no"],
        ..PLAIN
    },
    FieldInfo {
        name: "project",
        takes: Takes::Name,
        help: "The project that it came for: its whole name.",
        examples: &["project:nightly-eval", "project:\"My project\""],
        ..PLAIN
    },
    FieldInfo {
        name: "id",
        aliases: &["webhook-id", "message-id"],
        takes: Takes::Id,
        optional: true,
        help: "The webhook-id, or a piece of it. With #, the number that Pollux gave the delivery.",
        examples: &["id:msg_5f0c", "id:#123", "id:#100..#200", "id:none"],
        ..PLAIN
    },
    FieldInfo {
        name: "job",
        aliases: &["pointer"],
        takes: Takes::Code,
        optional: true,
        help: "What the event points to: a batch, an operation, an interaction; or a piece of its name.",
        examples: &["job:batches/8x2k4q9v", "job:batches/"],
        ..PLAIN
    },
    FieldInfo {
        name: "meta",
        aliases: &["metadata", "user_metadata"],
        of: Of::Name,
        optional: true,
        help: "A value of user_metadata by its key; without a key, any of them.",
        examples: &["meta.suite:needle", "meta.shard:*", "meta:nightly"],
        ..PLAIN
    },
    FieldInfo {
        name: "header",
        aliases: &["headers"],
        of: Of::Name,
        optional: true,
        help: "A header by its name; without a name, the names and values of all.",
        examples: &["header.x-forwarded-for:10.0.", "header.traceparent:none", "header:curl"],
        ..PLAIN
    },
    FieldInfo {
        name: "body",
        aliases: &["json"],
        of: Of::Path,
        optional: true,
        help: "A value in the JSON of the body by its path, with all that is below it. Numbers match as they are \
               written: 1.0 is not 1. Without a path, the body's text.",
        examples: &[
            "body.data.id:8x2k4q9v",
            "body.data.error.code:13",
            "body.data.items[0].x:*",
            "body.data[*]:a",
            "body:needle",
        ],
        ..PLAIN
    },
    FieldInfo {
        name: "path",
        aliases: &["url"],
        help: "The path and the query string that it was sent to.",
        examples: &["path:/nightly", "path:/hook?token="],
        ..PLAIN
    },
    FieldInfo {
        name: "ip",
        aliases: &["from", "address"],
        help: "The address that it came from, or the beginning or another piece of it.",
        examples: &["ip:127.0.0.1", "ip:10.0."],
        ..PLAIN
    },
    FieldInfo {
        name: "size",
        takes: Takes::Size,
        help: "The size of its body. k and M are 1,000 and 1,000,000 bytes, Ki and Mi 1,024 and 1,048,576.",
        examples: &["size:>10k", "size:<=2MiB", "size:0", "size:1k..2k"],
        ..PLAIN
    },
    FieldInfo {
        name: "took",
        aliases: &["duration"],
        takes: Takes::Span,
        optional: true,
        help: "From its arrival to the answer.",
        examples: &["took:>250ms", "took:1s..2s", "took:none"],
        ..PLAIN
    },
    FieldInfo {
        name: "since",
        aliases: &["after"],
        takes: Takes::Time,
        help: "Arrived then or later: so long ago, a day, or a time.",
        examples: &["since:1h", "since:90m", "since:today", "since:2026-11-19T00:00", "since:2026-11-19T00:00Z"],
        ..PLAIN
    },
    FieldInfo {
        name: "until",
        aliases: &["before"],
        takes: Takes::Time,
        help: "Arrived before then. A day belongs to it whole.",
        examples: &["until:yesterday", "until:2026-11-20", "until:2026-11-20T08:30"],
        ..PLAIN
    },
    FieldInfo {
        name: "at",
        aliases: &["on"],
        takes: Takes::Time,
        help: "Arrived on that day, in that minute, or between two such.",
        examples: &["at:2026-11-19", "at:yesterday", "at:2026-11-19T08:30", "at:2026-11-19..2026-11-21"],
        ..PLAIN
    },
    FieldInfo {
        name: "pinned",
        takes: Takes::YesNo,
        help: "Whether it is pinned, so that no limit of the history removes it.",
        examples: &["pinned:yes"],
        ..PLAIN
    },
    FieldInfo {
        name: "note",
        aliases: &["comment"],
        optional: true,
        help: "Your note, or a piece of it. *: it has one.",
        examples: &["note:*", "note:\"ask Ada\"", "note:none"],
        ..PLAIN
    },
    FieldInfo {
        name: "replayed",
        takes: Takes::YesNo,
        help: "Whether you have replayed it.",
        examples: &["replayed:yes"],
        ..PLAIN
    },
    FieldInfo {
        name: "forwarded",
        takes: Takes::Word(FORWARDED),
        optional: true,
        help: "How its forward went. none: it was not to be forwarded.",
        examples: &["forwarded:failed", "forwarded:waiting,failed", "forwarded:*"],
        ..PLAIN
    },
    FieldInfo {
        name: "imported",
        takes: Takes::YesNo,
        help: "Whether it came from a file.",
        examples: &["imported:no"],
        ..PLAIN
    },
];

/// The field with this name or alias, in any case; `_` and `-` are the same.
#[must_use]
pub fn named(name: &str) -> Option<&'static FieldInfo> {
    FIELDS.iter().find(|info| same(info.name, name) || info.aliases.iter().any(|alias| same(alias, name)))
}

fn same(a: &str, b: &str) -> bool {
    let dash = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    a.len() == b.len() && a.bytes().map(dash).eq(b.bytes().map(dash))
}

impl Field {
    /// The word before the colon, or before the first `.`; empty for free text.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Type => "type",
            Self::Verdict => "verdict",
            Self::Reason => "reason",
            Self::Diagnosis => "diagnosis",
            Self::Scheme => "scheme",
            Self::Secret => "secret",
            Self::Answer => "answer",
            Self::Attempts => "attempts",
            Self::Duplicate => "duplicate",
            Self::Project => "project",
            Self::Id => "id",
            Self::Job => "job",
            Self::Meta(_) => "meta",
            Self::Header(_) => "header",
            Self::Body(_) => "body",
            Self::Path => "path",
            Self::Ip => "ip",
            Self::Size => "size",
            Self::Took => "took",
            Self::Since => "since",
            Self::Until => "until",
            Self::At => "at",
            Self::Pinned => "pinned",
            Self::Note => "note",
            Self::Replayed => "replayed",
            Self::Forwarded => "forwarded",
            Self::Imported => "imported",
        }
    }

    /// Its row of the table; `None` for free text.
    #[must_use]
    pub fn info(&self) -> Option<&'static FieldInfo> {
        FIELDS.iter().find(|info| info.name == self.name())
    }

    /// What its values are.
    #[must_use]
    pub fn takes(&self) -> Takes {
        self.info().map_or(Takes::Text, |info| info.takes)
    }

    /// The field of a row of the table that takes nothing behind its name.
    pub(crate) fn plain(name: &str) -> Option<Self> {
        [
            Self::Type,
            Self::Verdict,
            Self::Reason,
            Self::Diagnosis,
            Self::Scheme,
            Self::Secret,
            Self::Answer,
            Self::Attempts,
            Self::Duplicate,
            Self::Project,
            Self::Id,
            Self::Job,
            Self::Path,
            Self::Ip,
            Self::Size,
            Self::Took,
            Self::Since,
            Self::Until,
            Self::At,
            Self::Pinned,
            Self::Note,
            Self::Replayed,
            Self::Forwarded,
            Self::Imported,
        ]
        .into_iter()
        .find(|field| field.name() == name)
    }
}
