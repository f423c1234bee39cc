//! What is wrong is said, with its line, and the rest is taken.

use exchange::{Format, Limits};

use super::{found, found_within, record, written};

#[test]
fn a_line_that_is_wrong_is_named_and_the_others_are_taken() {
    let good = String::from_utf8(written(&[record(b"{}")], Format::Ndjson)).unwrap();
    let good = good.trim_end();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    for (line, said) in [
        ("not json".to_owned(), "is not JSON"),
        (good[..good.len() - 10].to_owned(), "cut off"),
        ("{\"a\":1}".to_owned(), "not a delivery of Pollux"),
        (with("\"pollux\":1", "\"pollux\":2"), "A newer Pollux wrote it (version 2"),
        (with("\"method\":\"POST\"", "\"method\":\"PO ST\""), "POST was expected"),
        (with("\"path\":\"/hooks/gemini\"", "\"path\":\"hooks\""), "does not begin with a slash"),
        (with("\"path\":\"/hooks/gemini\"", "\"path\":\"/a b\""), "come escaped"),
        (with("\"path\":\"/hooks/gemini\"", "\"path\":1"), "not a delivery as Pollux writes it"),
        (with("\"Host\"", "\"Ho\\nst\""), "header 1 is not a word"),
        (with("\"msg_1\"]", "\"a\\r\\nb: c\"]"), "value of header 3 holds a control character"),
        (with("\"msg_1\"]", "{\"base64\":\"!\"}]"), "base64 of header 3"),
        (with("\"body\":\"{}\"", "\"body\":\"{} \""), "has 3 bytes, and 2 were expected"),
        (with("\"body\":\"{}\",", ""), "has no body"),
        (with("\"received_ns\":1795980600123456789,", "").replacen("\"received\":", "\"then\":", 1), "when it arrived"),
    ] {
        let file = format!("{good}\n\n{line}\n{good}\n");
        let found = found(file.as_bytes());
        assert_eq!(found.records.len(), 2, "{line}");
        let [problem] = found.problems.as_slice() else { panic!("{line}: {:?}", found.problems) };
        assert_eq!(problem.line, 3);
        assert!(problem.message.contains(said), "{line}\n{}", problem.message);
    }
}

#[test]
fn a_secret_in_a_wrong_line_is_not_repeated() {
    let file = "{\"pollux\":1,\"method\":{\"whsec_topsecret\":1},\"path\":\"/\",\"headers\":[]}\n\
                {\"pollux\":1,\"method\":\"whsec topsecret\",\"path\":\"/\",\"headers\":\"topsecret\"}\n\
                {\"pollux\":\"topsecret\"}\n";
    for problem in found(file.as_bytes()).problems {
        assert!(!problem.message.contains("topsecret"), "{}", problem.message);
    }
}

#[test]
fn bodies_and_lines_beyond_the_limits_are_refused_without_being_kept() {
    let limits = Limits { body: 100, record: 2_000 };
    let (small, large, huge) = (record(&[b'a'; 100]), record(&[b'a'; 101]), record(&vec![b'a'; 100_000]));
    for format in [Format::Ndjson, Format::Curl] {
        let file = written(&[small.clone(), large.clone(), huge.clone(), small.clone()], format);
        let found = found_within(&file, limits);
        assert!(found.error.is_none());
        assert_eq!(found.records.len(), 2, "{format:?}");
        let said: Vec<_> = found.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(said[0].contains("has 101 bytes, and the listener takes 100"), "{said:?}");
        assert!(said[1].contains("longer than 2000 bytes"), "{said:?}");
    }
    let found = found_within(&written(&[small.clone(), large, huge, small], Format::Har), limits);
    assert_eq!((found.records.len(), found.problems.len()), (1, 1));
    let error = found.error.unwrap().to_string();
    assert!(error.starts_with("Line 4: ") && error.contains("longer than 2000 bytes"), "{error}");
}

#[test]
fn a_har_that_is_cut_or_strange_says_where() {
    let whole = written(&[record(b"1"), record(b"2")], Format::Har);
    let cut = found(&whole[..whole.len() - 40]);
    assert_eq!(cut.records.len(), 1);
    let error = cut.error.unwrap().to_string();
    assert!(error.starts_with("Line 3: ") && error.contains("cut off"), "{error}");
    for (file, said) in [
        ("{\"log\":{\"version\":\"1.2\"}}", "It is no HAR"),
        ("{\"log\":[]}", "The HAR is not JSON"),
        ("{\"log\":{\"entries\":[}}", "The HAR is not JSON"),
    ] {
        let error = found(file.as_bytes()).error.unwrap().to_string();
        assert!(error.contains(said), "{file}: {error}");
    }
    let odd = "{\"log\":{\"entries\":[\n1,\n{\"request\":{\"method\":\"POST\",\"url\":\"ftp:x\"}},\n\
               {\"request\":{\"method\":\"POST\",\"url\":\"http://h\",\"postData\":{\"params\":[{\"name\":\"a\"}]}}}]}}";
    let found = found(odd.as_bytes());
    let lines: Vec<_> = found.problems.iter().map(|problem| problem.line).collect();
    assert_eq!((lines.as_slice(), found.records.len()), (&[2, 3, 4][..], 0), "{:?}", found.problems);
}

#[test]
fn commands_that_only_a_shell_could_answer_are_refused_and_the_next_one_is_read() {
    for (command, said) in [
        ("curl -d @body.json https://h/", "in the file \"body.json\""),
        ("curl -d \"$BODY\" https://h/", "a variable or another command"),
        ("curl -d \"$(cat x)\" https://h/", "a variable or another command"),
        ("curl -d `cat x` https://h/", "a variable or another command"),
        ("curl -d a https://h/ > out", "files by < or >"),
        ("curl -F a=b https://h/", "--form is not understood"),
        ("curl --data-urlencode a=b https://h/", "--data-urlencode is not understood"),
        ("curl --frobnicate -d a https://h/", "The option --frobnicate is not known"),
        ("curl https://h/", "no body and no webhook-id"),
        ("curl -d a", "names no address"),
        ("curl -d a https://h/ https://i/", "more than one address"),
        ("curl -d a https://h/ -H nothing", "has no colon"),
        ("curl -d a https://h/ -H @file", "in the file \"file\""),
        ("curl -d a ftp://h/", "Its address is none"),
        ("curl -d a https://h/ -X", "last word"),
        ("curl -d a https://h/ | jq", "not a curl command"),
        ("wget https://h/", "not a curl command"),
        ("curl -d $'a\\0b' https://h/", "a NUL"),
    ] {
        let file = format!("curl -d 1 https://h/1\n{command}\ncurl -d 2 https://h/2\n");
        let found = found(file.as_bytes());
        let [problem] = found.problems.as_slice() else { panic!("{command}: {:?}", found.problems) };
        assert!(problem.message.contains(said), "{command}: {}", problem.message);
        assert_eq!(problem.line, 2, "{command}");
        assert_eq!(found.records.len(), 2, "{command}");
    }
    let open = found(b"curl -d 'a https://h/\n");
    assert!(open.problems[0].message.contains("not closed") && open.problems[0].line == 1, "{:?}", open.problems);
}

#[test]
fn what_is_no_file_of_deliveries_is_told_apart() {
    for (file, said) in [
        (&b"\x1f\x8b\x08"[..], "compressed by gzip"),
        (b"PK\x03\x04", "ZIP"),
        (b"\xff\xfe{\0", "UTF-16"),
        (b"SQLite format 3\0", "--db"),
        (b"[{}]", "JSON array"),
        (b"<html>", "none of the forms"),
        (b"\0\0\0", "none of the forms"),
    ] {
        let error = found(file).error.unwrap_or_else(|| panic!("{said}")).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn whoever_takes_may_stop() {
    let all = [record(b"1"), record(b"2"), record(b"3")];
    for format in [Format::Ndjson, Format::Har, Format::Curl] {
        let mut taken = 0;
        let file = written(&all, format);
        exchange::read(&file[..], &super::LIMITS, &mut |_| {}, &mut |_| {
            taken += 1;
            taken < 2
        })
        .unwrap();
        assert_eq!(taken, 2, "{format:?}");
    }
}
