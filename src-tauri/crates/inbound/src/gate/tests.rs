#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use http::{HeaderName, HeaderValue};

use super::*;

const TOKEN: &str = "k3y-9f";

fn rules(public: &str, path_token: Option<&str>, per_second: u32) -> GateRules {
    GateRules {
        public: Some(public.to_owned()),
        path_token: path_token.map(str::to_owned),
        per_second,
        bytes_per_second: 0,
    }
}

/// What the gate answers for this target and these header lines.
fn ask<'a>(gate: &Gate, uri: &'a Uri, lines: &[(&str, &str)], tunnelled: bool) -> Admission<'a> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let own = Own("127.0.0.1:4710".parse().unwrap());
    gate.admit(&Asked { tunnelled, own, method: &Method::POST, uri, headers: &headers, free: false })
}

fn is_public(public: &str, target: &str, lines: &[(&str, &str)]) -> bool {
    let gate = Gate::default();
    gate.set(rules(public, None, 0));
    match ask(&gate, &target.parse().unwrap(), lines, false) {
        Admission::In { public: Some(public), .. } => public,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_host_tells_who_is_from_the_internet() {
    let away = "https://Hooks.Example/";
    let near = "https://localhost:8443/";
    let six = "https://[::1]:8443/";
    let plain = "http://hooks.example/";
    for (public, host, expected) in [
        (away, "hooks.example", true),
        (away, "HOOKS.EXAMPLE:443", true),
        (away, "hooks.example.", true),
        (away, "hooks.example.:443", true),
        // The port in a web server's `Host` says nothing about where the request is from.
        (away, "hooks.example:8443", true),
        (away, "hooks.example:", true),
        (plain, "hooks.example:80", true),
        (away, "localhost:4710", false),
        (away, "127.0.0.1:4710", false),
        (away, "not-hooks.example", false),
        (away, "hooks.example.evil", false),
        (away, "", false),
        (near, "localhost:8443", true),
        (near, "localhost:4710", false),
        (near, "localhost", false),
        (six, "[::1]:8443", true),
        (six, "[::1]:4710", false),
        (six, "[::1]", false),
        ("https://localhost/", "localhost", true),
        ("https://localhost/", "localhost:443", true),
    ] {
        assert_eq!(is_public(public, "/", &[("host", host)]), expected, "{public} asked as {host:?}");
    }
}

#[test]
fn no_header_takes_a_request_out_of_the_internet_and_x_forwarded_host_does_not_put_it_there() {
    let away = "https://hooks.example/";
    let local = ("host", "localhost:4710");
    assert!(!is_public(away, "/", &[local, ("x-forwarded-host", "hooks.example")]));
    assert!(is_public(away, "/", &[("host", "hooks.example"), ("x-forwarded-host", "localhost")]));
    for name in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP"] {
        assert!(is_public(away, "/", &[local, (name, "127.0.0.1")]), "{name} is of a proxy");
    }
    // Two `Host` lines, and a target that names another host than `Host` does: either will do.
    assert!(is_public(away, "/", &[local, ("host", "hooks.example")]));
    assert!(is_public(away, "http://hooks.example/", &[local]));
    assert!(is_public(away, "http://localhost/", &[("host", "hooks.example")]));
}

#[test]
fn a_connection_of_a_tunnel_is_from_the_internet_whatever_it_says() {
    let gate = Gate::default();
    let path: Uri = "/a".parse().unwrap();
    assert_eq!(ask(&gate, &path, &[], true), Admission::In { path: "/a", public: None }, "no rules yet");
    // It is not online yet, so there is no public address.
    gate.set(GateRules { path_token: Some(TOKEN.into()), ..GateRules::default() });
    assert_eq!(ask(&gate, &path, &[("host", "localhost")], true), Admission::Stray);
    assert_eq!(ask(&gate, &path, &[("host", "localhost")], false), Admission::In { path: "/a", public: Some(false) });
    // A child brings requests over a socket of this machine, and perhaps before its address is known.
    let early = [("host", "new-name.trycloudflare.com"), ("cf-connecting-ip", "192.0.2.1")];
    assert_eq!(ask(&gate, &path, &early, false), Admission::Stray);
}

#[test]
fn the_token_is_the_first_segment_and_is_taken_off() {
    let at = |base: &str, token: Option<&str>, target: &str| -> Option<String> {
        let gate = Gate::default();
        gate.set(rules(base, token, 0));
        match ask(&gate, &target.parse().unwrap(), &[("host", "hooks.example")], false) {
            Admission::In { path, public: Some(true) } => Some(path.to_owned()),
            Admission::Stray => None,
            other => panic!("{other:?}"),
        }
    };
    let top = "https://hooks.example/";
    for (target, path) in [
        ("/k3y-9f/sandbox/x?k=1", Some("/sandbox/x")),
        ("/k3y-9f/", Some("/")),
        ("/k3y-9f", Some("/")),
        ("/k3y-9f//x", Some("//x")),
        ("/k3y-9f/k3y-9f/x", Some("/k3y-9f/x")),
        ("/", None),
        ("/sandbox", None),
        ("/K3Y-9f/x", None),
        ("/k3y-9/x", None),
        ("/k3y-9ff/x", None),
        ("//k3y-9f/x", None),
        ("/x/k3y-9f/", None),
        ("/x?k3y-9f", None),
        ("/k3y-9%66/x", None),
    ] {
        assert_eq!(at(top, Some(TOKEN), target).as_deref(), path, "{target}");
    }
    assert_eq!(at(top, None, "/sandbox").as_deref(), Some("/sandbox"));
    assert_eq!(at(top, Some(""), "/sandbox").as_deref(), Some("/sandbox"), "an empty token is none");
    // An address with a path: the proxy passes it on or strips it. The base may include the token.
    for base in ["https://hooks.example/dev/", "https://hooks.example/dev/k3y-9f/"] {
        for target in ["/dev/k3y-9f/x", "/k3y-9f/x"] {
            assert_eq!(at(base, Some(TOKEN), target).as_deref(), Some("/x"), "{base} {target}");
        }
        for target in ["/dev/x", "/developer/k3y-9f/x", "/dev/dev/k3y-9f/x"] {
            assert_eq!(at(base, Some(TOKEN), target), None, "{base} {target}");
        }
    }
}

#[test]
fn a_local_request_may_name_the_token_or_not() {
    let gate = Gate::default();
    gate.set(rules("https://hooks.example/", Some(TOKEN), 1));
    for target in ["/k3y-9f/x", "/x"] {
        let target: Uri = target.parse().unwrap();
        for _ in 0..50 {
            let local = ask(&gate, &target, &[("host", "localhost")], false);
            assert_eq!(local, Admission::In { path: "/x", public: Some(false) }, "no rate for local requests");
        }
    }
}

/// A clock that the test moves.
fn clock() -> (Monotonic, impl Fn(u64)) {
    let ms = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (start, read) = (Instant::now(), ms.clone());
    let now: Monotonic = Arc::new(move || start + Duration::from_millis(read.load(Ordering::Relaxed)));
    (now, move |more| {
        ms.fetch_add(more, Ordering::Relaxed);
    })
}

#[test]
fn the_rate_allows_two_seconds_at_once_and_at_least_ten() {
    let target: Uri = "/".parse().unwrap();
    for (per_second, burst) in [(1, 10), (4, 10), (5, 10), (50, 100)] {
        let (now, pass) = clock();
        let gate = Gate::new(now);
        gate.set(rules("https://hooks.example/", None, per_second));
        let came_in = || ask(&gate, &target, &[("host", "hooks.example")], false) != Admission::TooMany;
        let run = |tries: u32| (0..tries).filter(|_| came_in()).count();
        assert_eq!(run(300), burst, "{per_second} a second");
        pass(1_000);
        assert_eq!(run(300), per_second as usize, "a second later");
        pass(u64::from(1_000 / per_second) / 2);
        assert_eq!(run(300), 0, "half of one more");
        pass(3_600_000);
        assert_eq!(run(300), burst, "an hour later: no more than at first");
        // Setting the same rules again refills nothing; without a rate all are let in.
        gate.set(rules("https://other.example/", None, per_second));
        gate.set(rules("https://hooks.example/", None, per_second));
        assert_eq!(run(300), 0);
        gate.set(rules("https://hooks.example/", None, 0));
        assert_eq!(run(300), 300);
    }
}

#[test]
fn stray_requests_and_probes_do_not_spend_the_rate() {
    let (now, _) = clock();
    let gate = Gate::new(now);
    gate.set(rules("https://hooks.example/", Some(TOKEN), 1));
    let (with, without): (Uri, Uri) = ("/k3y-9f/".parse().unwrap(), "/".parse().unwrap());
    let host = [("host", "hooks.example")];
    for _ in 0..100 {
        assert_eq!(ask(&gate, &without, &host, false), Admission::Stray);
    }
    for _ in 0..10 {
        assert!(matches!(ask(&gate, &with, &host, false), Admission::In { .. }));
    }
    assert_eq!(ask(&gate, &with, &host, false), Admission::TooMany);
    let headers = HeaderMap::new();
    let own = Own("127.0.0.1:4710".parse().unwrap());
    let probe =
        gate.admit(&Asked { tunnelled: true, own, method: &Method::POST, uri: &with, headers: &headers, free: true });
    assert!(matches!(probe, Admission::In { .. }));
}

#[test]
fn what_a_web_page_sends_is_refused_and_spends_no_rate() {
    let gate = Gate::default();
    let (with, without): (Uri, Uri) = ("/k3y-9f/".parse().unwrap(), "/".parse().unwrap());
    let page = ("origin", "https://evil.example");
    assert_eq!(ask(&gate, &without, &[page], false), Admission::CrossSite, "without rules");
    assert_eq!(ask(&gate, &without, &[page], true), Admission::CrossSite);
    gate.set(rules("https://hooks.example/dev/", Some(TOKEN), 1));
    let public = ("host", "hooks.example");
    for _ in 0..50 {
        assert_eq!(ask(&gate, &with, &[public, page], false), Admission::CrossSite);
        assert_eq!(ask(&gate, &without, &[("host", "localhost"), page], false), Admission::CrossSite);
        assert_eq!(ask(&gate, &without, &[public, page], false), Admission::Stray, "nothing is told without the token");
    }
    let own = ("origin", "https://hooks.example");
    assert!(matches!(ask(&gate, &with, &[public, own], false), Admission::In { .. }));
}

#[test]
fn local_requests_have_a_rate_of_their_own() {
    let (now, pass) = clock();
    let gate = Gate::new(now);
    let target: Uri = "/".parse().unwrap();
    let run = |lines: &[(&str, &str)], tunnelled: bool| {
        (0..300).filter(|_| ask(&gate, &target, lines, tunnelled) != Admission::TooManyLocal).count()
    };
    let local = [("host", "localhost")];
    assert_eq!(run(&local, false), 300, "no limit at first");
    gate.limit_local(50);
    assert_eq!(run(&local, false), 100);
    assert_eq!(run(&[("host", "localhost"), ("origin", "null")], false), 300, "refused for another reason");
    pass(1_000);
    gate.set(rules("https://hooks.example/", None, 0));
    assert_eq!(run(&[("host", "hooks.example")], false), 300, "from the internet: another rate");
    assert_eq!(run(&[], true), 300);
    assert_eq!(run(&local, false), 50);
}

#[test]
fn what_is_printed_holds_no_token() {
    let rules = rules("https://hooks.example/k3y-9f/", Some(TOKEN), 1);
    let gate = Gate::default();
    gate.set(rules.clone());
    assert!(!format!("{rules:?} {gate:?}").contains(TOKEN));
}
