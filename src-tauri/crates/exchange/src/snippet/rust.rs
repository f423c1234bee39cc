//! Rust: reqwest, and standardwebhooks to sign.

use std::fmt::Write as _;

use super::literal::{rust, rust_bytes};
use super::{SECRET, is_text, message_id, notes, unsigned};
use crate::record::Record;

pub(super) fn program(records: &[Record], base: &str) -> String {
    let many = if records.len() == 1 { "this delivery" } else { "these deliveries" };
    let texts = records.iter().all(is_text);
    // The library signs text only.
    let (packages, imports, sign) = if texts {
        (
            "reqwest standardwebhooks",
            "use standardwebhooks::Webhook;",
            format!("    Ok(Webhook::new(&std::env::var(\"{SECRET}\")?)?.sign(id, seconds, body)?)"),
        )
    } else {
        (
            "reqwest base64 hmac sha2",
            "use base64::{Engine as _, engine::general_purpose::STANDARD};\nuse hmac::{Hmac, KeyInit as _, Mac as _};\n\
             use sha2::Sha256;",
            format!(
                "    let secret = std::env::var(\"{SECRET}\")?;\n    \
                     let key = STANDARD.decode(secret.trim_start_matches(\"whsec_\"))?;\n    \
                     let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;\n    \
                     mac.update(format!(\"{{id}}.{{seconds}}.\").as_bytes());\n    \
                     mac.update(body);\n    \
                     Ok(format!(\"v1,{{}}\", STANDARD.encode(mac.finalize().into_bytes())))"
            ),
        )
    };
    let mut out = format!(
        "// Sends {many} again, signed anew with the secret in {SECRET}.\n\
         //   cargo add {packages} && cargo add tokio --features full\n\
         use std::error::Error;\n\
         use std::time::{{SystemTime, UNIX_EPOCH}};\n\n\
         {imports}\n\n\
         fn sign(id: &str, seconds: i64, body: &[u8]) -> Result<String, Box<dyn Error>> {{\n{sign}\n}}\n\n\
         async fn send(\n    \
             method: &str,\n    url: &str,\n    id: &str,\n    headers: &[(&str, &[u8])],\n    body: &'static [u8],\n\
         ) -> Result<(), Box<dyn Error>> {{\n    \
             let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as i64;\n    \
             let mut request = reqwest::Client::new().request(method.parse()?, url);\n    \
             for (name, value) in headers {{\n        request = request.header(*name, *value);\n    }}\n    \
             let answer = request\n        \
                 .header(\"webhook-id\", id)\n        \
                 .header(\"webhook-timestamp\", seconds.to_string())\n        \
                 .header(\"webhook-signature\", sign(id, seconds, body)?)\n        \
                 .body(body)\n        .send()\n        .await?;\n    \
             println!(\"{{}} {{}}\", answer.status(), answer.text().await?);\n    \
             Ok(())\n}}\n\n\
         #[tokio::main]\nasync fn main() -> Result<(), Box<dyn Error>> {{\n"
    );
    for record in records {
        for note in notes(record) {
            let _ = writeln!(out, "    // {note}");
        }
        let mut headers = String::new();
        for (name, value) in unsigned(record) {
            let slice = rust_bytes(value);
            let slice = if slice.starts_with('b') { format!("&{slice}[..]") } else { slice };
            let _ = writeln!(headers, "            ({}, {slice}),", rust(name));
        }
        let headers = if headers.is_empty() { "&[]".to_owned() } else { format!("&[\n{headers}        ]") };
        let _ = write!(
            out,
            "    send(\n        {},\n        {},\n        {},\n        {headers},\n        {},\n    )\n    .await?;\n",
            rust(&record.method),
            rust(&format!("{base}{}", record.target())),
            rust(&message_id(record)),
            rust_bytes(&record.body)
        );
    }
    out.push_str("    Ok(())\n}\n");
    out
}
