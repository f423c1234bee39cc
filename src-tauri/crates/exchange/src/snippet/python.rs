//! Python: requests, and standardwebhooks to sign.

use std::fmt::Write as _;

use super::literal::{python, python_bytes};
use super::{SECRET, URL, is_text, message_id, names, notes, title, unsigned};
use crate::record::Record;

pub(super) fn program(records: &[Record], base: &str) -> String {
    let many = if records.len() == 1 { "this delivery" } else { "these deliveries" };
    let packages = if records.iter().all(is_text) { "requests standardwebhooks" } else { "requests" };
    let mut out = format!(
        "# Sends {many} again, signed anew with the secret in {SECRET}.\n#   pip install {packages}\n{}",
        begin(records, "")
    );
    for (number, record) in records.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let url = format!("{base}{}", record.target());
        let _ = write!(
            out,
            "\n{}answer = {}print(answer.status_code, answer.text)\n",
            comments(record, ""),
            call(record, &python(&url), "")
        );
    }
    out
}

pub(super) fn tests(records: &[Record], handler: &str) -> String {
    let packages = if records.iter().all(is_text) { "pytest requests standardwebhooks" } else { "pytest requests" };
    let mut out = format!(
        "# Tests of your webhook handler, with what it was sent. Each is signed when it runs.\n\
         #   pip install {packages}\n\
         #   {SECRET}=whsec_… {URL}={handler} pytest test_webhook.py\n{}",
        begin(records, &format!("URL = os.environ.get(\"{URL}\", {})\n\n\n", python(handler)))
    );
    for (record, name) in records.iter().zip(names(records)) {
        let _ = write!(
            out,
            "\n\ndef test_{}():\n    # {}\n{}    answer = {}    assert 200 <= answer.status_code < 300, answer.text\n",
            name,
            python(title(record)),
            comments(record, "    "),
            call(record, "URL", "    ")
        );
    }
    out
}

/// Imports, and how a delivery is signed and sent.
fn begin(records: &[Record], more: &str) -> String {
    let texts = records.iter().all(is_text);
    let mut imports = String::new();
    if !texts {
        imports.push_str("import base64\nimport hashlib\nimport hmac\n");
    }
    imports.push_str("import os\nfrom datetime import datetime, timezone\n\nimport requests\n");
    if texts {
        imports.push_str("from standardwebhooks import Webhook\n");
    }
    let mut sign = String::new();
    if !texts {
        // The library signs text only.
        sign.push_str(&format!(
            "def sign(message_id, now, body):\n    \
                 key = base64.b64decode(os.environ[\"{SECRET}\"].removeprefix(\"whsec_\"))\n    \
                 signed = f\"{{message_id}}.{{int(now.timestamp())}}.\".encode() + body\n    \
                 return \"v1,\" + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()\n"
        ));
    } else {
        sign.push_str(&format!(
            "def sign(message_id, now, body):\n    \
                 return Webhook(os.environ[\"{SECRET}\"]).sign(message_id, now, body.decode())\n"
        ));
    }
    let more = if more.is_empty() { "\n\n" } else { &format!("\n{more}") };
    format!(
        "{imports}{more}{sign}\n\n\
         def send(method, url, message_id, headers, body):\n    \
             now = datetime.now(tz=timezone.utc)\n    \
             signed = {{\n        \
                 \"webhook-id\": message_id.encode(),\n        \
                 \"webhook-timestamp\": str(int(now.timestamp())),\n        \
                 \"webhook-signature\": sign(message_id, now, body),\n    \
             }}\n    \
             return requests.request(method, url, data=body, headers=headers | signed, timeout=10)\n"
    )
}

fn comments(record: &Record, indent: &str) -> String {
    notes(record).iter().map(|note| format!("{indent}# {note}\n")).collect()
}

fn call(record: &Record, url: &str, indent: &str) -> String {
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, value) in unsigned(record) {
        // A dict has each name once. RFC 9110, 5.3: several lines mean the same as their values with commas.
        match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, values)) => values.extend([b", ", value].concat()),
            None => headers.push((name.to_owned(), value.to_vec())),
        }
    }
    let mut lines = String::new();
    for (name, value) in &headers {
        let _ = writeln!(lines, "{indent}        {}: {},", python(name), python_bytes(value));
    }
    let headers = if lines.is_empty() { "{}".to_owned() } else { format!("{{\n{lines}{indent}    }}") };
    format!(
        "send(\n{indent}    {},\n{indent}    {url},\n{indent}    {},\n{indent}    {headers},\n\
         {indent}    {},\n{indent})\n",
        python(&record.method),
        python(&message_id(record)),
        python_bytes(&record.body)
    )
}
