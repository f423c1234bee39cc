//! All that reads a file of deliveries: nothing may panic, and what is taken can be written in every form and read
//! back.

use exchange::schema::{Catalog, Language, Schemas};
use exchange::snippet::{Form, Places, copy};
use exchange::{Credentials, Format, Item, Limits, Record, Writer, read};

const LIMITS: Limits = Limits { body: 1 << 16, record: 1 << 20 };

fn records(file: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let _ = read(file, &LIMITS, &mut |_| {}, &mut |item| {
        if let Item::Record(record, _) = item {
            records.push(*record);
        }
        true
    });
    records
}

/// The body.
pub fn run(data: &[u8]) {
    let mut schemas = Schemas::default();
    schemas.see(data, true);
    for language in [Language::JsonSchema, Language::TypeScript, Language::Pydantic] {
        let _ = schemas.write(language, &Catalog::default());
    }
    for mut record in records(data) {
        record.received_ns.get_or_insert(0);
        for format in [Format::Ndjson, Format::Har, Format::Curl, Format::CloudEvents] {
            let mut writer = Writer::new(Vec::new(), format, "0", "http://127.0.0.1");
            writer.write(&record).unwrap();
            let file = writer.end().unwrap();
            let again = records(&file);
            let is_read = match format {
                Format::Ndjson => true,
                Format::CloudEvents => false,
                // Without a body and an id it is no delivery to whoever reads a HAR.
                Format::Har => !record.body.is_empty() || record.has("webhook-id"),
                // A client makes headers and methods of its own.
                Format::Curl => false,
            };
            if is_read {
                assert_eq!(again.len(), 1, "{format:?}");
                assert_eq!((&again[0].body, &again[0].headers), (&record.body, &record.headers), "{format:?}");
            }
        }
        Credentials::default().strip(&mut record);
        let places = Places { listener: "http://127.0.0.1", handler: "http://127.0.0.1/" };
        for form in [Form::Httpie, Form::Python, Form::JavaScript, Form::Rust, Form::Pytest, Form::Vitest] {
            let _ = copy(std::slice::from_ref(&record), form, &places);
        }
    }
}
