//! Files of other tools.

use exchange::Source;

use super::found;

/// Chrome, cut down: HTTP/2, pseudo headers, members of its own, entries that are no deliveries.
const CHROME: &str = r#"{
  "log": {
    "version": "1.2",
    "creator": { "name": "WebInspector", "version": "537.36" },
    "pages": [{ "startedDateTime": "2026-11-20T08:00:00.000Z", "id": "page_1", "title": "x", "pageTimings": {} }],
    "entries": [
      {
        "_connectionId": "12", "_initiator": { "type": "other" }, "_priority": "High", "cache": {},
        "startedDateTime": "2026-11-20T08:00:01.250Z", "time": 12.5,
        "request": {
          "method": "GET", "url": "https://example.com/", "httpVersion": "http/2.0",
          "headers": [{ "name": ":authority", "value": "example.com" }], "queryString": [], "cookies": [],
          "headersSize": -1, "bodySize": 0
        },
        "response": { "status": 200, "statusText": "", "httpVersion": "http/2.0", "headers": [], "cookies": [],
          "content": { "size": 0, "mimeType": "text/html" }, "redirectURL": "", "headersSize": -1, "bodySize": -1 },
        "timings": { "send": 0.1, "wait": 12, "receive": 0.4 }
      },
      {
        "startedDateTime": "2026-11-20T09:00:02.5+01:00", "time": 3.25,
        "request": {
          "method": "POST", "url": "https://example.com/hooks?a=1#x", "httpVersion": "http/2.0",
          "headers": [
            { "name": ":method", "value": "POST" }, { "name": "webhook-id", "value": "msg_7" },
            { "name": "x-a", "value": "1" }, { "name": "X-A", "value": "2" }
          ],
          "postData": { "mimeType": "application/json", "text": "{\"type\":\"batch.succeeded\"}" },
          "headersSize": -1, "bodySize": 26
        },
        "response": { "status": 204, "statusText": "No Content", "headers": [{ "name": "a", "value": "b" }],
          "content": { "size": 2, "mimeType": "text/plain", "text": "b2s=", "encoding": "base64" } },
        "timings": {}
      }
    ]
  }
}"#;

#[test]
fn a_har_of_chrome_gives_its_posts() {
    let found = found(CHROME.as_bytes());
    assert!(found.error.is_none(), "{:?}", found.error);
    assert_eq!(found.source, Some(Source::Har));
    assert_eq!(found.problems.len(), 1);
    assert_eq!(found.problems[0].line, 7, "{:?}", found.problems);
    let [(record, line)] = found.records.as_slice() else { panic!("{} records", found.records.len()) };
    assert_eq!(*line, 19);
    assert_eq!((record.path.as_str(), record.query.as_deref()), ("/hooks", Some("a=1")));
    assert_eq!(record.http_version, "HTTP/2");
    assert_eq!(record.received_ns, Some(1_795_161_602_500_000_000));
    let names: Vec<_> = record.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["webhook-id", "x-a", "X-A"]);
    assert_eq!(record.body, br#"{"type":"batch.succeeded"}"#);
    let answer = record.answer.as_ref().unwrap();
    assert_eq!((answer.status, answer.body.as_str(), answer.took_us), (204, "ok", Some(3250)));
    assert!(record.outcome.is_none());
}

#[test]
fn http_toolkit_puts_bytes_into_content_and_firefox_begins_with_a_mark() {
    let har = "\u{feff}{\"log\":{\"version\":\"1.2\",\"browser\":{\"name\":\"Firefox\"},\"entries\":[{\"startedDateTime\":\
               \"2026-11-20T08:00:00Z\",\"request\":{\"method\":\"POST\",\"url\":\"http://h/p\",\"httpVersion\":\"HTTP/1.1\",\
               \"headers\":[],\"_content\":{\"text\":\"/wA=\",\"size\":2,\"encoding\":\"base64\"}},\"response\":{\"status\":0}}]}}";
    let found = found(har.as_bytes());
    assert_eq!(found.records[0].0.body, b"\xff\0");
    assert_eq!(found.records[0].0.answer, None, "it was not answered");
}

#[test]
fn commands_of_people_and_browsers() {
    for (command, body, headers) in [
        (
            "curl -X POST https://h/hooks -H 'webhook-id: msg_1' -H 'Content-Type: application/json' -d '{\"a\":1}'",
            "{\"a\":1}",
            &[("webhook-id", "msg_1"), ("Content-Type", "application/json")][..],
        ),
        // Chrome, for bash.
        (
            "curl 'https://h/hooks' \\\n  -H 'webhook-id: msg_1' \\\n  --data-raw $'{\"a\":\"it\\'s \\u0021\\n\"}' \\\n  --compressed",
            "{\"a\":\"it's !\n\"}",
            &[("webhook-id", "msg_1"), ("Content-Type", "application/x-www-form-urlencoded")],
        ),
        // Chrome, for the command prompt of Windows.
        (
            "curl ^\"https://h/hooks^\" ^\r\n  -H ^\"webhook-id: msg_1^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":100^%^, ^\\^\"b^\\^\":^\n\n2^}^\"",
            "{\"a\":100%, \"b\":\n2}",
            &[("webhook-id", "msg_1"), ("Content-Type", "application/x-www-form-urlencoded")],
        ),
        (
            "$ curl -sS -k --max-time 5 -XPOST -H'A: 1' -H \"B: \\\"2\\\"\" -HC: --url https://h/hooks --data-binary \"x\\$y\" # sends it",
            "x$y",
            &[("A", "1"), ("B", "\"2\""), ("Content-Type", "application/x-www-form-urlencoded")],
        ),
        ("curl h/hooks -d a=1 -d b=2 -H 'Content-Type:'", "a=1&b=2", &[]),
        (
            "curl --json '{}' https://h/hooks -u me:pass",
            "{}",
            &[("Authorization", "Basic bWU6cGFzcw=="), ("Content-Type", "application/json")],
        ),
    ] {
        let found = found(command.as_bytes());
        assert!(found.problems.is_empty(), "{command}: {:?}", found.problems);
        let record = &found.records[0].0;
        assert_eq!(String::from_utf8_lossy(&record.body), body, "{command}");
        let given: Vec<_> = record.headers.iter().map(|(n, v)| (n.as_str(), std::str::from_utf8(v).unwrap())).collect();
        assert_eq!(given, headers, "{command}");
        assert_eq!((record.method.as_str(), record.path.as_str()), ("POST", "/hooks"), "{command}");
    }
}

#[test]
fn several_commands_in_one_file() {
    let file = "#!/bin/sh\n\ncurl -d a https://h/1\ncurl -d b https://h/2; curl -d c 'https://h/3?x=1'\n# done\n";
    let found = found(file.as_bytes());
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let all: Vec<_> = found.records.iter().map(|(one, line)| (one.target(), one.body.clone(), *line)).collect();
    let expected = [("/1", b"a", 3), ("/2", b"b", 4), ("/3?x=1", b"c", 4)];
    assert_eq!(all, expected.map(|(path, body, line)| (path.to_owned(), body.to_vec(), line)));
}
