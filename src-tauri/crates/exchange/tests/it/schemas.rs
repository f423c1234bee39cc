//! Schemas of what arrived.

use exchange::schema::{Catalog, FIELDS, Known, Language, Schemas, TYPES};
use serde_json::{Value, json};

const TYPES_KNOWN: [Known; 2] = [
    Known { name: "batch.succeeded", data: &["id", "output_file_uri"] },
    Known { name: "batch.failed", data: &["id"] },
];
pub(crate) const CATALOG: Catalog<'_> = Catalog {
    types: &TYPES_KNOWN,
    top: &["type", "version", "timestamp", "data"],
    in_data: &["user_metadata"],
    version: "v1",
};

fn seen(payloads: &[Value]) -> Schemas {
    let mut schemas = Schemas::default();
    for payload in payloads {
        schemas.see(payload.to_string().as_bytes(), true);
    }
    schemas
}

fn payloads() -> Vec<Value> {
    vec![
        json!({"type": "batch.succeeded", "version": "v1", "timestamp": "2026-11-29T10:00:00Z",
               "data": {"id": "batches/1", "count": 3, "user_metadata": {"suite": "a", "n": 1}, "class": "x"}}),
        json!({"type": "batch.succeeded", "version": "v1", "timestamp": "2026-11-29T10:00:00.123456789Z",
               "data": {"id": "batches/2", "count": 3.5, "ratio": null, "list": [], "user_metadata": {"b": "c"},
                        "deep": [{"a": 1}, {"a": null, "b-c": true}], "class": "y", "_x": 1}}),
        json!({"type": "batch.failed", "version": "v2", "timestamp": "2026-11-29T10:00:00Z", "data": {"id": "b"},
               "extra": {}, "1st": "*/ \u{202e} \" '''"}),
        json!({"type": "it's \"new\"\n*/", "data": 3}),
    ]
}

#[test]
fn json_schema_takes_what_it_was_made_from_and_refuses_other_things() {
    let schemas = seen(&payloads());
    let schema: Value = serde_json::from_str(&schemas.write(Language::JsonSchema, &CATALOG)).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for payload in payloads() {
        let errors: Vec<_> = validator.iter_errors(&payload).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{payload}: {errors:?}");
    }
    for other in [
        json!({"type": "batch.succeeded", "version": "v1", "timestamp": "2026-11-29T10:00:00Z", "data": {"id": 1}}),
        json!({"type": "batch.succeeded", "data": {}}),
        json!({"type": "unknown"}),
        json!([]),
    ] {
        assert!(!validator.is_valid(&other), "{other}");
    }
    let succeeded = &schema["$defs"]["BatchSucceeded"];
    assert_eq!(succeeded["$comment"], "2 deliveries. In the catalog and not seen: data.output_file_uri.");
    let data = &succeeded["properties"]["data"]["properties"];
    assert_eq!(data["count"], json!({"type": "number", "$comment": "Not in the catalog."}));
    assert_eq!(data["ratio"], json!({"type": "null", "$comment": "Not in the catalog. In 1 of 2."}));
    assert_eq!(
        data["user_metadata"]["additionalProperties"]["anyOf"],
        json!([{"type": "integer"}, {"type": "string"}])
    );
    let failed = &schema["$defs"]["BatchFailed"];
    assert_eq!(failed["$comment"], "1 delivery. The version is \"v2\"; the catalog has \"v1\".");
    assert_eq!(failed["properties"]["extra"]["$comment"], "Not in the catalog.");
}

#[test]
fn typescript_and_python_are_what_they_should_be() {
    let schemas = seen(&payloads()[..1]);
    let typescript = schemas.write(Language::TypeScript, &CATALOG);
    assert!(
        typescript.contains(
            "export interface BatchSucceeded {\n  data: {\n    /** Not in the catalog. */\n    class: string;"
        ),
        "{typescript}"
    );
    assert!(typescript.contains("  type: \"batch.succeeded\";"), "{typescript}");
    let python = schemas.write(Language::Pydantic, &CATALOG);
    assert!(
        python.contains(
            "class BatchSucceededData(Seen):\n    class_: str = Field(alias=\"class\")  # Not in the catalog."
        ),
        "{python}"
    );
    assert!(python.contains("    type_: Literal[\"batch.succeeded\"] = Field(alias=\"type\")"), "{python}");
}

#[test]
fn what_is_kept_is_bounded_and_what_is_not_kept_is_said() {
    let mut schemas = Schemas::default();
    for number in 0..TYPES + 5 {
        schemas.see(json!({"type": format!("type.{number}")}).to_string().as_bytes(), true);
    }
    let wide: serde_json::Map<String, Value> = (0..FIELDS * 2).map(|n| (format!("f{n}"), json!(1))).collect();
    schemas.see(json!({"type": "type.1", "data": wide}).to_string().as_bytes(), true);
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([{ "a": deep }]);
    }
    schemas.see(json!({"type": "type.2", "data": deep}).to_string().as_bytes(), true);
    for number in 0..300 {
        let wide: serde_json::Map<String, Value> = (0..FIELDS).map(|n| (format!("f{n}"), json!({"x": n}))).collect();
        schemas.see(json!({"type": format!("type.{}", number % TYPES), "data": wide}).to_string().as_bytes(), true);
    }
    schemas.see(b"not json", true);
    schemas.see(b"{\"type\":\"cut", false);
    assert_eq!(schemas.types(), TYPES);
    for language in [Language::JsonSchema, Language::TypeScript, Language::Pydantic] {
        let text = schemas.write(language, &CATALOG);
        for said in ["2 deliveries are not in it", "5 deliveries are not in it", "Only 20000 fields are kept"] {
            assert!(text.contains(said), "{language:?}: {said}");
        }
        assert!(text.len() < 8 << 20, "{language:?}: {} bytes", text.len());
    }
}
