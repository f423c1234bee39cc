#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use http::{HeaderName, HeaderValue};

use super::*;

/// Status, headers, body, and what the sentence says.
type Case = (u16, &'static [(&'static str, &'static str)], &'static str, &'static [&'static str]);

#[test]
fn pages_of_providers_and_servers_are_known() {
    const BROWSER_1033: &str =
        "<!DOCTYPE html><title>Cloudflare Tunnel error</title><h1>Error</span> <span>1033</span></h1>";
    let cases: &[Case] = &[
        (404, &[("ngrok-error-code", "ERR_NGROK_3200")], "", &["ngrok", "offline", "errors/err_ngrok_3200"]),
        (403, &[], "…\nERR_NGROK_727\n", &["this month's requests", "ERR_NGROK_727"]),
        (200, &[("content-type", "text/html")], "<html>ERR_NGROK_6024", &["page for browsers"]),
        (400, &[], "ERR_NGROK_99999", &["its own error", "ERR_NGROK_99999"]),
        (
            530,
            &[("server", "cloudflare"), ("cf-ray", "8f-FRA")],
            "error code: 1033",
            &["Cloudflare", "1033", "no tunnel"],
        ),
        (530, &[("cf-ray", "8f-FRA")], BROWSER_1033, &["error 1033"]),
        (530, &[("cf-ray", "8f-FRA")], "error code: 1016", &["1016"]),
        (530, &[("server", "cloudflare")], "", &["nothing behind the address"]),
        (502, &[("cf-ray", "8f-FRA")], "<title>1033 things</title>", &["cloudflared", "cannot reach the listener"]),
        (403, &[("cf-mitigated", "challenge"), ("cf-ray", "8f")], "<html>", &["proof of being human"]),
        (
            302,
            &[("location", "https://login.example/"), ("server", "nginx")],
            "",
            &["“nginx”", "redirects to https://login"],
        ),
        (
            502,
            &[("server", "nginx/1.22.1")],
            "<title>502 Bad Gateway</title>",
            &["“nginx/1.22.1”", "cannot reach the listener"],
        ),
        (413, &[("server", "nginx")], "", &["client_max_body_size"]),
        (401, &[], "", &["Another server answered 401", "login"]),
        (404, &[], "", &["nothing at this path"]),
        (
            200,
            &[("content-type", "text/html; charset=utf-8")],
            "<TITLE>\n Hello\n you </TITLE>",
            &["“Hello you”", "200"],
        ),
        (200, &[], "  <html>no title", &["“a web page”"]),
        (200, &[], "", &["leads elsewhere", "x-pollux-probe"]),
        (200, &[], "not <title", &["leads elsewhere"]),
        (500, &[("content-type", "text/html")], "<title\u{212a}>\u{130}x", &["“a web page”"]),
    ];
    for (status, lines, body, expected) in cases {
        let mut headers = HeaderMap::new();
        for (name, value) in *lines {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let sentence = describe(StatusCode::from_u16(*status).unwrap(), &headers, body.as_bytes());
        for part in *expected {
            assert!(sentence.contains(part), "{status} {body:?}: {sentence}");
        }
        assert!(sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
    }
}

#[test]
fn what_a_server_says_of_itself_is_shortened_and_plain() {
    let mut headers = HeaderMap::new();
    headers.append("content-type", HeaderValue::from_static("text/html"));
    let page = format!("<title>{}\u{7}</title>", "x".repeat(5_000));
    let sentence = describe(StatusCode::OK, &headers, page.as_bytes());
    assert!(sentence.len() < 400 && !sentence.contains('\u{7}'), "{sentence}");
}
