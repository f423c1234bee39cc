use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::rig::{Answer, Api, answer};

/// The file made by an upload in one piece.
async fn uploaded(api: &Api, name: Option<&str>, bytes: &[u8]) -> Value {
    let request = api.request(Method::POST, "/upload/v1beta/files?uploadType=media");
    let made = match name {
        None => answer(request.header("content-type", "text/plain").body(bytes.to_vec())).await,
        Some(name) => {
            let mut body = json!({ "file": { "name": name, "mime_type": "text/plain" } }).to_string().into_bytes();
            body.splice(0..0, *b"--b\r\n\r\n");
            body.extend_from_slice(b"\r\n--b\r\ncontent-type: text/html\r\n\r\n");
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n--b--");
            let request = api.request(Method::POST, "/upload/v1beta/files?uploadType=multipart");
            answer(request.header("content-type", "multipart/related; boundary=b").body(body)).await
        }
    };
    assert_eq!(made.status, 200, "{}", made.json);
    made.json["file"].clone()
}

async fn start(api: &Api, length: usize, body: &Value) -> Answer {
    // As the SDKs send it.
    let request = api
        .request(Method::POST, "/upload/v1/files")
        .header("content-type", "application/json")
        .header("x-goog-upload-protocol", "resumable")
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-header-content-length", length.to_string())
        .header("x-goog-upload-header-content-type", "text/plain");
    answer(request.body(body.to_string())).await
}

fn url(started: &Answer) -> String {
    started.headers["x-goog-upload-url"].to_str().unwrap().to_owned()
}

/// Without a key, as the Python SDK continues.
fn command(api: &Api, url: &str, command: &str) -> RequestBuilder {
    api.client.post(url).header("x-goog-upload-command", command)
}

async fn chunk(api: &Api, url: &str, words: &str, offset: usize, bytes: &'static [u8]) -> Answer {
    answer(command(api, url, words).header("x-goog-upload-offset", offset).body(bytes)).await
}

fn told(headers: &HeaderMap) -> (&str, &str) {
    let text = |name: &str| headers[name].to_str().unwrap();
    (text("x-goog-upload-status"), text("x-goog-upload-size-received"))
}

#[tokio::test]
async fn a_resumable_upload_in_pieces() {
    let api = Api::start().await;
    let started =
        start(&api, 7, &json!({ "file": { "displayName": "d", "mimeType": "text/csv", "sizeBytes": "7" } })).await;
    assert_eq!((started.status, told(&started.headers)), (200, ("active", "0")), "{}", started.json);
    let url = url(&started);
    assert!(url.starts_with(&format!("{}/upload/v1/files?", api.service.origin())), "{url}");

    assert_eq!(told(&chunk(&api, &url, "upload", 0, b"abc").await.headers), ("active", "3"));
    // The same piece twice, a gap, not a number: none is accepted.
    for offset in ["0", "4", "x", "-1"] {
        let request = command(&api, &url, "upload").header("x-goog-upload-offset", offset);
        let refused = answer(request.body("abc")).await;
        assert_eq!((refused.status, &refused.json["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{offset}");
    }
    assert_eq!(chunk(&api, &url, "upload", 3, b"defgh").await.status, 400, "longer than announced");
    assert_eq!(chunk(&api, &url, "upload, finalize", 3, b"def").await.status, 400, "shorter than announced");
    assert_eq!(told(&answer(command(&api, &url, "query")).await.headers), ("active", "6"));
    assert_eq!(answer(command(&api, &url, "burn")).await.status, 400);

    let done = chunk(&api, &url, "upload, finalize", 6, b"g").await;
    assert_eq!((done.status, told(&done.headers)), (200, ("final", "7")), "{}", done.json);
    let file = &done.json["file"];
    let name = file["name"].as_str().unwrap();
    let id = name.strip_prefix("files/").unwrap();
    assert_eq!(
        *file,
        json!({
            "name": name,
            "displayName": "d",
            "mimeType": "text/csv",
            "sizeBytes": "7",
            "createTime": "2026-01-22T12:00:00Z",
            "updateTime": "2026-01-22T12:00:00Z",
            "expirationTime": "2026-01-24T12:00:00Z",
            // printf abcdefg | sha256sum | cut -c1-64 | tr -d '\n' | base64 -w0
            "sha256Hash":
                "N2QxYTU0MTI3YjIyMjUwMmY1Yjc5YjVmYjA4MDMwNjExNTJhNDRmOTJiMzdlMjNjNjUyN2JhZjY2NWQ0ZGE5YQ==",
            "uri": format!("{}/v1/files/{id}", api.service.origin()),
            "state": "ACTIVE",
            "source": "UPLOADED",
        })
    );
    // The answer may have been lost: it is sent again.
    let again = chunk(&api, &url, "upload, finalize", 6, b"g").await;
    assert_eq!((again.json, told(&again.headers)), (done.json.clone(), ("final", "7")));
    assert_eq!(api.get(&format!("/v1/{name}")).await.json, *file);
    let download = api.get(&format!("/v1/{name}:download?alt=media")).await;
    assert_eq!(download.status, 400, "only generated files can be downloaded");
}

#[tokio::test]
async fn an_upload_needs_a_key_or_its_own_id() {
    let api = Api::start().await;
    let begun = url(&start(&api, 1, &json!({})).await);
    let other = begun.replace("upload_id=", "upload_id=x");
    assert_eq!(answer(command(&api, &other, "query")).await.status, 403);
    let elsewhere = begun.replace("/upload/v1/files", "/v1/files");
    assert_eq!(answer(api.client.get(&elsewhere)).await.status, 403);
    let with_key = answer(command(&api, &other, "query").header("x-goog-api-key", crate::rig::KEY)).await;
    assert_eq!(with_key.status, 404);
    assert_eq!(told(&answer(command(&api, &begun, "cancel")).await.headers).0, "cancelled");
    assert_eq!(answer(command(&api, &begun, "query")).await.status, 403);
    for body in [json!({ "file": { "colour": 1 } }), json!({ "name": "files/a" }), json!({ "file": { "name": 1 } })] {
        assert_eq!(start(&api, 1, &body).await.status, 400, "{body}");
    }
    assert_eq!(answer(api.request(Method::POST, "/upload/v1/files").body("{}")).await.status, 400);
    assert_eq!(answer(api.request(Method::GET, "/upload/v1/files")).await.status, 405);
}

#[tokio::test]
async fn names_can_be_chosen_once() {
    let api = Api::start().await;
    let file = uploaded(&api, Some("files/my-file-1"), b"x\r\ny").await;
    assert_eq!((&file["name"], &file["sizeBytes"]), (&json!("files/my-file-1"), &json!("4")));
    assert_eq!(file["mimeType"], "text/plain");
    let taken = start(&api, 1, &json!({ "file": { "name": "files/my-file-1" } })).await;
    assert_eq!((taken.status, &taken.json["error"]["status"]), (409, &json!("ALREADY_EXISTS")));
    let forty = "a".repeat(40);
    for (name, status) in [
        (format!("files/{forty}"), 200),
        (format!("files/{forty}a"), 400),
        ("my-file".to_owned(), 400),
        ("files/-a".to_owned(), 400),
        ("files/a-".to_owned(), 400),
        ("files/A".to_owned(), 400),
        ("files/a/b".to_owned(), 400),
        ("files/".to_owned(), 400),
    ] {
        assert_eq!(start(&api, 1, &json!({ "file": { "name": name } })).await.status, status, "{name}");
    }
    // Two were started with one name: the first to finish gets it.
    let [one, two] = [0, 1].map(|_| json!({ "file": { "name": "files/same" } }));
    let (one, two) = (url(&start(&api, 1, &one).await), url(&start(&api, 1, &two).await));
    assert_eq!(chunk(&api, &two, "upload, finalize", 0, b"2").await.status, 200);
    assert_eq!(chunk(&api, &one, "upload, finalize", 0, b"1").await.status, 409);
    assert_eq!(api.get("/v1/files/same").await.json["sizeBytes"], "1");
}

#[tokio::test]
async fn files_are_listed_deleted_and_expire() {
    let api = Api::start().await;
    assert_eq!(api.get("/v1/files").await.json, json!({}));
    let mut names = Vec::new();
    for _ in 0..12 {
        names.push(uploaded(&api, None, b"").await["name"].clone());
    }
    let page = api.get("/v1/files").await.json;
    assert_eq!(page["files"].as_array().unwrap().len(), 10);
    let rest = format!("/v1beta/files?pageSize=5&pageToken={}", page["nextPageToken"].as_str().unwrap());
    let rest = api.get(&rest).await.json;
    assert_eq!(rest["files"].as_array().unwrap().len(), 2);
    assert!(rest.get("nextPageToken").is_none());
    let all = [&page, &rest].into_iter().flat_map(|page| page["files"].as_array().unwrap());
    assert_eq!(all.map(|file| file["name"].clone()).collect::<Vec<_>>(), names);
    assert_eq!(api.get("/v1/files?pageToken=abc").await.status, 400);

    let path = |index: usize| format!("/v1/{}", names[index].as_str().unwrap());
    assert_eq!(api.delete(&path(0)).await.json, json!({}));
    let gone = api.get(&path(0)).await;
    assert_eq!((gone.status, &gone.json["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    assert!(gone.message().starts_with("You do not have permission to access the File "));
    assert_eq!(api.delete(&path(0)).await.status, 403);

    let two_days = json!({ "ms": 48 * 3_600_000 - 1 });
    assert_eq!(api.post("/emulator/clock:advance", &two_days).await.status, 200);
    assert_eq!(api.get(&path(1)).await.status, 200);
    assert_eq!(api.post("/emulator/clock:advance", &json!({ "ms": 1 })).await.status, 200);
    assert_eq!(api.get(&path(1)).await.status, 403);
    assert_eq!(api.get("/v1/files").await.json, json!({}));
}

#[tokio::test]
async fn what_a_job_wrote_is_downloaded_whole_or_in_part() {
    let api = Api::start().await;
    let lines: Vec<String> =
        (0..3).map(|key| json!({ "key": key.to_string(), "request": { "contents": [] } }).to_string()).collect();
    let input = uploaded(&api, None, lines.join("\n").as_bytes()).await["name"].clone();
    let batch = json!({ "batch": { "inputConfig": { "fileName": input } } });
    let made = api.post("/v1/models/gemini-3-flash:batchGenerateContent", &batch).await;
    assert_eq!(made.status, 200, "{}", made.json);
    let finish = json!({ "name": made.json["name"], "outcome": "succeed" });
    let job = api.post("/emulator/jobs:finish", &finish).await.json;
    let file = api.get(&format!("/v1/{}", job["output_file"].as_str().unwrap())).await.json;
    assert_eq!(file["source"], "GENERATED");
    let uri = file["downloadUri"].as_str().unwrap();
    let whole = api.client.get(uri).header("x-goog-api-key", crate::rig::KEY).send().await.unwrap();
    assert_eq!(
        (whole.status().as_u16(), &whole.headers()["content-type"]),
        (200, &file["mimeType"].as_str().unwrap().parse().unwrap())
    );
    let whole = whole.bytes().await.unwrap();
    assert_eq!(whole.len().to_string(), file["sizeBytes"].as_str().unwrap());
    assert_eq!(std::str::from_utf8(&whole).unwrap().lines().count(), 3);

    let other = uri.replace("/v1/files", "/download/v1beta/files");
    let range =
        |range: &'static str| api.client.get(&other).header("x-goog-api-key", crate::rig::KEY).header("range", range);
    let part = range("bytes=2-5").send().await.unwrap();
    assert_eq!((part.status().as_u16(), &part.headers()["content-length"]), (206, &"4".parse().unwrap()));
    assert_eq!(part.headers()["content-range"], format!("bytes 2-5/{}", whole.len()));
    assert_eq!(part.bytes().await.unwrap(), whole.slice(2..6));
    let beyond = answer(range("bytes=999999-")).await;
    assert_eq!((beyond.status, &beyond.json["error"]["status"]), (416, &json!("OUT_OF_RANGE")));
    assert_eq!(beyond.headers["content-range"], format!("bytes */{}", whole.len()));
    let head = api.client.head(&other).header("x-goog-api-key", crate::rig::KEY).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string());
}
