//! JavaScript for Node.js: fetch, and standardwebhooks to sign.

use std::fmt::Write as _;

use super::literal::{javascript, javascript_bytes, javascript_latin1};
use super::{SECRET, URL, is_text, message_id, notes, title, unsigned};
use crate::record::Record;

pub(super) fn program(records: &[Record], base: &str) -> String {
    let many = if records.len() == 1 { "this delivery" } else { "these deliveries" };
    let mut out = format!(
        "// Sends {many} again, signed anew with the secret in {SECRET}.{}\n{}",
        if records.iter().all(is_text) { "\n//   npm install standardwebhooks" } else { "" },
        begin(records, &[])
    );
    for (number, record) in records.iter().enumerate() {
        let url = javascript(&format!("{base}{}", record.target()));
        let (variable, call) = (if number == 0 { "let answer" } else { "answer" }, call(record, &url, ""));
        let _ = write!(
            out,
            "\n{}{variable} = await {call};\nconsole.log(answer.status, await answer.text());\n",
            comments(record, ""),
        );
    }
    out
}

pub(super) fn tests(records: &[Record], handler: &str) -> String {
    let packages = if records.iter().all(is_text) { "vitest standardwebhooks" } else { "vitest" };
    let mut out = format!(
        "// Tests of your webhook handler, with what it was sent. Each is signed when it runs.\n\
         //   npm install --save-dev {packages}\n\
         //   {SECRET}=whsec_… {URL}={handler} npx vitest run webhook.test.mjs\n{}\n\
         const url = process.env.{URL} ?? {};\n",
        begin(records, &["import { expect, test } from \"vitest\";"]),
        javascript(handler)
    );
    for record in records {
        let title = format!("{} ({})", title(record), message_id(record));
        let _ = write!(
            out,
            "\ntest({}, async () => {{\n{}  const answer = await {};\n  \
             expect(answer.ok, await answer.text()).toBe(true);\n}});\n",
            javascript(&title),
            comments(record, "  "),
            call(record, "url", "  ")
        );
    }
    out
}

/// Imports, and how a delivery is signed and sent.
fn begin(records: &[Record], imports: &[&str]) -> String {
    let mut all = Vec::new();
    // The library signs text only.
    let sign = if records.iter().all(is_text) {
        all.push("import { Webhook } from \"standardwebhooks\";".to_owned());
        format!("new Webhook(process.env.{SECRET}).sign(id, now, body.toString())")
    } else {
        all.push("import { createHmac } from \"node:crypto\";".to_owned());
        "sign(id, seconds, body)".to_owned()
    };
    all.extend(imports.iter().map(|import| (*import).to_owned()));
    let by_hand = if records.iter().all(is_text) {
        String::new()
    } else {
        format!(
            "function sign(id, seconds, body) {{\n  \
               const key = Buffer.from(process.env.{SECRET}.replace(/^whsec_/, \"\"), \"base64\");\n  \
               const mac = createHmac(\"sha256\", key).update(`${{id}}.${{seconds}}.`).update(body);\n  \
               return `v1,${{mac.digest(\"base64\")}}`;\n}}\n\n"
        )
    };
    format!(
        "{}\n\n{by_hand}function send(method, url, id, headers, body) {{\n  \
           const now = new Date();\n  \
           const seconds = Math.floor(now.getTime() / 1000);\n  \
           const signed = [\n    \
             [\"webhook-id\", Buffer.from(id).toString(\"latin1\")],\n    \
             [\"webhook-timestamp\", String(seconds)],\n    \
             [\"webhook-signature\", {sign}],\n  \
           ];\n  \
           return fetch(url, {{ method, headers: [...headers, ...signed], body }});\n}}\n",
        all.join("\n")
    )
}

fn comments(record: &Record, indent: &str) -> String {
    notes(record).iter().map(|note| format!("{indent}// {note}\n")).collect()
}

fn call(record: &Record, url: &str, indent: &str) -> String {
    let mut lines = String::new();
    for (name, value) in unsigned(record) {
        let _ = writeln!(lines, "{indent}    [{}, {}],", javascript(name), javascript_latin1(value));
    }
    let headers = if lines.is_empty() { "[]".to_owned() } else { format!("[\n{lines}{indent}  ]") };
    format!(
        "send(\n{indent}  {},\n{indent}  {url},\n{indent}  {},\n{indent}  {headers},\n{indent}  {},\n{indent})",
        javascript(&record.method),
        javascript(&message_id(record)),
        javascript_bytes(&record.body)
    )
}
