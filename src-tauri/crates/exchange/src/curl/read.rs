//! What a `curl` command would have sent.

use std::io::{self, BufRead};

use super::words::{Bytes, Command, next};
use crate::item::{Item, Limits};
use crate::problem::Problem;
use crate::record::Record;
use crate::text;

/// Options without an argument that change nothing of what is sent.
const IGNORED: &str = "silent show-error verbose insecure location include fail fail-with-body globoff no-buffer \
    compressed http1.0 http1.1 http2 http2-prior-knowledge http3 ipv4 ipv6 progress-bar no-progress-meter path-as-is \
    no-keepalive tcp-nodelay raw tr-encoding location-trusted junk-session-cookies remote-name \
    remote-header-name styled-output parallel fail-early anyauth basic ssl-reqd tlsv1.2 tlsv1.3 disable";
/// Options with an argument that change nothing of it either.
const IGNORED_WITH: &str = "output write-out max-time connect-timeout retry retry-delay retry-max-time resolve \
    connect-to cacert capath cert key proxy interface max-redirs limit-rate dump-header cookie-jar ciphers tls-max unix-socket \
    trace trace-ascii stderr";
/// Short options, each with what it is short for: `Xrequest` is -X for --request.
const SHORT: &str = "Xrequest Hheader ddata Auser-agent ereferer bcookie uuser Ihead Gget Fform Tupload-file Kconfig \
    ssilent Sshow-error vverbose kinsecure Llocation iinclude ffail ggloboff Nno-buffer 4ipv4 6ipv6 #progress-bar \
    Oremote-name Jremote-header-name Zparallel ooutput wwrite-out mmax-time xproxy Ddump-header ccookie-jar \
    Ecert qdisable";
/// Options with an argument that matter.
const WITH: &str = "request header data data-ascii data-raw data-binary data-urlencode json url user-agent referer \
    cookie user form upload-file";

/// Reads all commands. False once `take` wants no more.
pub(crate) fn read(input: impl BufRead, limits: &Limits, take: &mut dyn FnMut(Item) -> bool) -> io::Result<()> {
    let mut bytes = Bytes::new(input);
    while let Some(command) = next(&mut bytes, limits.record)? {
        let line = command.line;
        let item = match record(command) {
            Ok(record) => match limits.refuses(&record) {
                None => Item::Record(Box::new(record), line),
                Some(message) => Item::Problem(Problem::new(line, message)),
            },
            Err(message) => Item::Problem(Problem::new(line, message)),
        };
        if !take(item) {
            break;
        }
    }
    Ok(())
}

fn record(command: Command) -> Result<Record, String> {
    if let Some(problem) = command.problem {
        return Err(problem);
    }
    let whole = command.whole;
    let mut stages = command.stages;
    let (input, words) = match stages.as_mut_slice() {
        [curl] => (None, std::mem::take(curl)),
        [print, decode, curl] => (Some(packed(print, decode)?), std::mem::take(curl)),
        _ => return Err(NOT_CURL.to_owned()),
    };
    let mut words = words.into_iter();
    if !words.next().is_some_and(|word| word == b"curl" || word == b"curl.exe") {
        return Err(NOT_CURL.to_owned());
    }
    let mut parsed = Parsed { input, ..Parsed::default() };
    while let Some(word) = words.next() {
        parsed.take(word, &mut words)?;
    }
    parsed.record(whole)
}

const NOT_CURL: &str = "It is not a curl command; curl -X POST … was expected, one after another.";

/// `printf %s BASE64 | base64 -d`: how a body that is no text comes to curl.
fn packed(print: &[Vec<u8>], decode: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let words = |words: &[Vec<u8>]| -> Vec<String> {
        words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    };
    let (print, decode) = (words(print), words(decode));
    let decodes =
        matches!(decode.as_slice(), [name, flag] if name == "base64" && ["-d", "-D", "--decode"].contains(&&**flag));
    match print.as_slice() {
        [name, format, packed] if name == "printf" && format == "%s" && decodes => {
            text::from_base64(packed).ok_or_else(|| "The base64 before curl cannot be read.".to_owned())
        }
        _ => Err(NOT_CURL.to_owned()),
    }
}

#[derive(Default)]
struct Parsed {
    /// What comes on its standard input.
    input: Option<Vec<u8>>,
    method: Option<String>,
    url: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    /// Headers that curl is told not to send.
    removed: Vec<String>,
    body: Option<Vec<u8>>,
    json: bool,
}

impl Parsed {
    fn take(&mut self, word: Vec<u8>, rest: &mut impl Iterator<Item = Vec<u8>>) -> Result<(), String> {
        if word.starts_with(b"--") && word.len() > 2 {
            let name = text_of(word.get(2..).unwrap_or_default().to_vec(), "An option")?;
            let argument = if has_argument(&name) { Some(argument(&name, rest)?) } else { None };
            return self.option(&name, argument);
        }
        if word.first() != Some(&b'-') || word.len() < 2 {
            return self.address(word);
        }
        let mut at = 1;
        while let Some(letter) = word.get(at) {
            let found = SHORT.split(' ').find_map(|known| known.strip_prefix(char::from(*letter)));
            let name = found.ok_or_else(|| unknown(&format!("-{}", char::from(*letter))))?;
            at += 1;
            if has_argument(name) {
                let attached = word.get(at..).filter(|attached| !attached.is_empty());
                let argument = match attached {
                    Some(attached) => attached.to_vec(),
                    None => argument(name, rest)?,
                };
                return self.option(name, Some(argument));
            }
            self.option(name, None)?;
        }
        Ok(())
    }

    fn address(&mut self, word: Vec<u8>) -> Result<(), String> {
        if self.url.is_some() {
            return Err("It names more than one address; one was expected.".to_owned());
        }
        self.url = Some(text_of(word, "The address")?);
        Ok(())
    }

    fn option(&mut self, name: &str, argument: Option<Vec<u8>>) -> Result<(), String> {
        let value = argument.unwrap_or_default();
        match name {
            "request" => self.method = Some(text_of(value, "The method")?),
            "url" => self.address(value)?,
            "header" => self.header(&value)?,
            "data" | "data-ascii" | "data-binary" => self.data(value, true)?,
            "data-raw" => self.data(value, false)?,
            "json" => {
                self.json = true;
                self.data(value, true)?;
            }
            "user-agent" => self.headers.push(("User-Agent".to_owned(), value)),
            "referer" => self.headers.push(("Referer".to_owned(), value)),
            "cookie" if value.contains(&b'=') => self.headers.push(("Cookie".to_owned(), value)),
            "cookie" => return Err(file("Its cookies are", &value)),
            "user" => {
                let basic = format!("Basic {}", text::base64(&value));
                self.headers.push(("Authorization".to_owned(), basic.into_bytes()));
            }
            "head" | "get" => return Err("It asks for something and sends no body; a delivery is a POST.".to_owned()),
            "form" | "data-urlencode" | "upload-file" | "config" => {
                return Err(format!("--{name} is not understood. Give the body as it is, with --data-binary."));
            }
            _ if is_in(IGNORED, name) || is_in(IGNORED_WITH, name) => {}
            _ => return Err(unknown(&format!("--{name}"))),
        }
        Ok(())
    }

    fn header(&mut self, line: &[u8]) -> Result<(), String> {
        if let Some(path) = line.strip_prefix(b"@") {
            return Err(file("Its headers are", path));
        }
        let at = line.iter().position(|byte| matches!(byte, b':' | b';'));
        let Some((at, separator)) = at.and_then(|at| Some((at, *line.get(at)?))) else {
            return Err("A header has no colon; -H 'name: value' was expected.".to_owned());
        };
        let name = text_of(line.get(..at).unwrap_or_default().to_vec(), "The name of a header")?;
        let value = line.get(at + 1..).unwrap_or_default().trim_ascii();
        match (separator, value) {
            (b':', []) => self.removed.push(name),
            (b':', value) => self.headers.push((name, value.to_vec())),
            (_, []) => self.headers.push((name, Vec::new())),
            _ => return Err("A header has no colon; -H 'name: value' was expected.".to_owned()),
        }
        Ok(())
    }

    fn data(&mut self, value: Vec<u8>, files: bool) -> Result<(), String> {
        let value = match value.strip_prefix(b"@") {
            Some(b"-") if files && self.input.is_some() => self.input.take().unwrap_or_default(),
            Some(path) if files => return Err(file("Its body is", path)),
            _ => value,
        };
        match &mut self.body {
            Some(body) => {
                body.push(b'&');
                body.extend(value);
            }
            body => *body = Some(value),
        }
        Ok(())
    }

    fn record(mut self, whole: Option<u64>) -> Result<Record, String> {
        let url = self.url.take().ok_or("It names no address.")?;
        let (path, query) = split(&url).ok_or("Its address is none; https://host/path was expected.")?;
        let body = self.body.take();
        let method = self.method.take().unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
        if body.is_none() && !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("webhook-id")) {
            return Err("It has no body and no webhook-id; a delivery was expected.".to_owned());
        }
        let added = if self.json { "application/json" } else { "application/x-www-form-urlencoded" };
        let named = |name: &str| name.eq_ignore_ascii_case("content-type");
        if body.is_some()
            && !self.headers.iter().any(|(name, _)| named(name))
            && !self.removed.iter().any(|name| named(name))
        {
            self.headers.push(("Content-Type".to_owned(), added.as_bytes().to_vec()));
        }
        let body = body.unwrap_or_default();
        let truncated = whole.is_some_and(|whole| whole > body.len() as u64);
        let record = Record {
            method,
            path,
            query,
            http_version: "HTTP/1.1".to_owned(),
            headers: self.headers,
            body_len: whole.filter(|_| truncated).unwrap_or(body.len() as u64),
            truncated,
            body,
            ..Record::default()
        };
        record.impossible().map_or(Ok(record), Err)
    }
}

fn is_in(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

fn has_argument(name: &str) -> bool {
    is_in(WITH, name) || is_in(IGNORED_WITH, name) || name == "config"
}

fn argument(name: &str, rest: &mut impl Iterator<Item = Vec<u8>>) -> Result<Vec<u8>, String> {
    rest.next().ok_or_else(|| format!("--{name} is the last word; its value was expected behind it."))
}

fn text_of(bytes: Vec<u8>, what: &str) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| format!("{what} is not text in UTF-8."))
}

fn unknown(option: &str) -> String {
    let option: String = option.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
    format!("The option {option} is not known here. Leave it out, if it changes nothing of what is sent.")
}

fn file(what: &str, path: &[u8]) -> String {
    let path: String = String::from_utf8_lossy(path).chars().filter(|c| !c.is_control()).take(80).collect();
    format!("{what} in the file {path:?}, which is not opened. Put the text itself into the command.")
}

/// Path and query of an address, as they are written. A fragment is not sent.
pub(crate) fn split(url: &str) -> Option<(String, Option<String>)> {
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => rest,
        Some((before, _)) if !before.contains(['/', '?', '#']) => return None,
        _ => url,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, target) = rest.split_at(at);
    if host.is_empty() {
        return None;
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    Some((if path.is_empty() { "/".to_owned() } else { path.to_owned() }, query))
}
