//! A comparison in words and colour.

use compare::{Change, Counts, Form, Kind, Line, Row, Sameness, Tone, Value, Whose};
use engine::{ComparedSide, Comparison};
use owo_colors::Style;
use signature::Outcome;

use crate::print::{paint, printable};

/// Bytes in a row of the hex view.
const ROW: usize = 16;
/// Rows of the hex view.
const ROWS: usize = 4;
/// Characters of a value.
const VALUE: usize = 100;
/// Width of the column with the names.
const NAMES: usize = 44;

pub(super) fn all(compared: &Comparison) -> String {
    let mut out = finding(compared);
    out.push('\n');
    out.push_str(&side("A", &compared.a));
    out.push_str(&side("B", &compared.b));
    out.push_str(&bytes(compared));
    out.push_str(&meaning(compared));
    out.push_str(&transport(compared));
    out
}

fn finding(compared: &Comparison) -> String {
    let finding = &compared.finding;
    let (glyph, style) = match finding.tone {
        Tone::Good => ("✓", Style::new().green()),
        Tone::Plain => ("·", Style::new().dimmed()),
        Tone::Warning => ("!", Style::new().yellow()),
    };
    let mut out = format!("{} {}\n", paint(glyph, style), paint(&printable(&finding.headline), Style::new().bold()));
    if !finding.text.is_empty() {
        let text: String = finding.text.iter().map(|piece| printable(&piece.text)).collect();
        out.push_str(&format!("  {text}\n"));
    }
    if let Some(proxy) = &finding.proxy {
        let which = if proxy.in_b { "B" } else { "A" };
        out.push_str(&format!("  Only {which} came through {}: {}\n", printable(&proxy.name), short(&proxy.value)));
    }
    out
}

fn side(name: &str, side: &ComparedSide) -> String {
    let Some(row) = &side.delivery else { return String::new() };
    let (glyph, word, style) = match row.outcome {
        Outcome::Verified => ("✓", "Verified", Style::new().green()),
        Outcome::Rejected => ("✕", "Rejected", Style::new().red()),
        Outcome::Unchecked => ("○", "Unchecked", Style::new().dimmed()),
        Outcome::Unbound => ("◐", "Genuine", Style::new().yellow()),
    };
    let why = side.key.as_deref().filter(|_| row.cause.is_empty()).unwrap_or(&row.cause);
    let at =
        jiff::Timestamp::from_millisecond(row.received_ms).unwrap_or_default().to_zoned(jiff::tz::TimeZone::system());
    format!(
        "  {} {:<8} attempt {} of {}  {}  {} {:<9} {}  answered {}, {} B\n",
        paint(name, of(name)),
        format!("#{}", row.id),
        row.attempt,
        row.attempts,
        at.strftime("%Y-%m-%d %H:%M:%S"),
        paint(glyph, style),
        paint(word, style),
        printable(why),
        row.status,
        row.body_len,
    )
}

/// The colour of a side, as in the window.
fn of(name: &str) -> Style {
    if name == "A" { Style::new().blue() } else { Style::new().yellow() }
}

fn head(title: &str, says: &[String]) -> String {
    format!("\n{}  {}\n", paint(title, Style::new().bold()), paint(&says.join(" · "), Style::new().dimmed()))
}

fn bytes(compared: &Comparison) -> String {
    let bytes = &compared.bytes;
    let mut says = vec![match bytes.body {
        Sameness::Equal => format!("the bodies are equal, {} bytes", bytes.len_a),
        Sameness::EqualAsKept => format!("the first {} bytes are equal, the rest was not kept", bytes.equal_start),
        Sameness::Differ => format!("the bodies differ from byte {} on", bytes.equal_start),
    }];
    if let Some(id) = &bytes.id {
        says.push(format!("webhook-id {}", if id.equal { "equal" } else { "differs" }));
    }
    if let Some(later) = bytes.later_s {
        says.push(format!("timestamp {} s {}", later.unsigned_abs(), if later < 0 { "earlier" } else { "later" }));
    }
    let mut out = head("Signed bytes", &says);
    if bytes.body != Sameness::Differ {
        return out;
    }
    for (name, window, len) in [("A", &bytes.window_a, bytes.kept_a), ("B", &bytes.window_b, bytes.kept_b)] {
        let all: Vec<u8> = window.hex.as_bytes().chunks(2).map(byte).collect();
        for (at, row) in all.chunks(ROW).take(ROWS).enumerate() {
            let start = window.start + (at * ROW) as u64;
            out.push_str(&hex_row(name, start, row, (bytes.equal_start, len - bytes.equal_end)));
        }
        if all.is_empty() {
            out.push_str(&format!("  {} (empty)\n", paint(name, of(name))));
        }
    }
    let (rest_a, rest_b) = (bytes.kept_a - bytes.equal_start, bytes.kept_b - bytes.equal_start);
    let mut after = format!("  From there A goes on for {rest_a} bytes and B for {rest_b}");
    if bytes.equal_end > 0 {
        after.push_str(&format!("; the last {} are equal", bytes.equal_end));
    }
    out.push_str(&format!("{}\n", paint(&after, Style::new().dimmed())));
    out
}

fn byte(pair: &[u8]) -> u8 {
    std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or_default()
}

/// `A 0112  74 65 …  ted":1.0`, what differs in the side's colour.
fn hex_row(name: &str, start: u64, row: &[u8], (from, to): (u64, u64)) -> String {
    let differs = |at: usize| (from..to).contains(&(start + at as u64));
    let mut hex = String::new();
    let mut text = String::new();
    for (at, byte) in row.iter().enumerate() {
        let gap = if at == ROW / 2 { "  " } else { " " };
        let c = if matches!(byte, b' '..=b'~') { char::from(*byte).to_string() } else { "·".to_owned() };
        let (pair, c) = match differs(at) {
            true => (paint(&format!("{byte:02x}"), of(name).bold()), paint(&c, of(name).bold())),
            false => (format!("{byte:02x}"), c),
        };
        hex.push_str(gap);
        hex.push_str(&pair);
        text.push_str(&c);
    }
    let missing = ROW - row.len();
    let pad = " ".repeat(missing * 3 + usize::from(missing >= ROW / 2));
    format!(
        "  {} {}{hex}{pad}  |{text}|\n",
        paint(name, of(name)),
        paint(&format!("{start:04}"), Style::new().dimmed())
    )
}

fn counted(counts: &Counts) -> Vec<String> {
    let all = [
        (counts.changed, "changed"),
        (counts.rewritten, "rewritten"),
        (counts.removed, "removed"),
        (counts.added, "added"),
    ];
    all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect()
}

fn meaning(compared: &Comparison) -> String {
    let meaning = &compared.meaning;
    let mut says = counted(&meaning.counts);
    match meaning.form {
        Form::Json => says.push(format!("{} values equal", meaning.equal)),
        Form::Text if meaning.differing_lines > 0 => {
            says.push(format!("{} lines differ, {} are equal", meaning.differing_lines, meaning.equal));
        }
        Form::Text => says.push(format!("{} lines equal", meaning.equal)),
        Form::Bytes => says.push("only the bytes are compared".to_owned()),
        Form::Empty => says.push("neither has a body".to_owned()),
    }
    if meaning.moved_count > 0 {
        let names = meaning.moved.iter().take(4).map(|path| printable(path)).collect::<Vec<_>>().join(", ");
        let keys = if meaning.moved_count == 1 { "key" } else { "keys" };
        says.push(format!("{} {keys} moved: {names}", meaning.moved_count));
    }
    if meaning.spacing {
        says.push("white space differs".to_owned());
    }
    let mut out = head("Meaning", &says);
    for change in &meaning.changes {
        out.push_str(&changed(change));
    }
    for line in &meaning.lines {
        out.push_str(&lined(line));
    }
    for note in &meaning.notes {
        out.push_str(&format!("  {}\n", printable(note)));
    }
    out
}

fn changed(change: &Change) -> String {
    let path = if change.path.is_empty() { "(the whole body)" } else { &change.path };
    let there = change.path_b.as_ref().map(|path| format!(" ({} in B)", printable(path))).unwrap_or_default();
    let values = values(change.a.as_ref().map(short), change.b.as_ref().map(short));
    let note = change.note.as_ref().map(|note| format!("  {}", paint(&printable(note), Style::new().dimmed())));
    entry(Some(change.kind), &format!("{}{there}", printable(path)), &values, &note.unwrap_or_default())
}

fn values(a: Option<String>, b: Option<String>) -> String {
    match (a, b) {
        (Some(a), Some(b)) => format!("{} → {}", paint(&a, of("A")), paint(&b, of("B"))),
        (Some(a), None) => paint(&a, of("A")),
        (None, Some(b)) => paint(&b, of("B")),
        (None, None) => String::new(),
    }
}

fn entry(kind: Option<Kind>, name: &str, values: &str, note: &str) -> String {
    let glyph = match kind {
        Some(Kind::Changed | Kind::Rewritten) => paint("≠", Style::new().yellow()),
        Some(Kind::Added) => paint("+", of("B")),
        Some(Kind::Removed) => paint("-", of("A")),
        None => "=".to_owned(),
    };
    let line = format!("  {glyph} {name:<NAMES$} {values}{note}");
    format!("{}\n", line.trim_end())
}

fn lined(line: &Line) -> String {
    match line.whose {
        Whose::Gap => paint(&format!("  … {} equal lines\n", line.more), Style::new().dimmed()),
        Whose::Both => format!("    {}\n", printable(&line.text)),
        Whose::A => format!("  {}\n", paint(&format!("- {}", printable(&line.text)), of("A"))),
        Whose::B => format!("  {}\n", paint(&format!("+ {}", printable(&line.text)), of("B"))),
    }
}

fn transport(compared: &Comparison) -> String {
    let transport = &compared.transport;
    let mut says = counted(&transport.counts);
    says.push(format!("{} equal", transport.equal));
    if transport.each_count > 0 {
        says.push(format!("{} are others for each delivery", transport.each_count));
    }
    if transport.moved_count > 0 {
        says.push(format!("{} in another order", transport.moved_count));
    }
    let mut out = head("Transport", &says);
    for row in &transport.changes {
        out.push_str(&entry(row.kind, &printable(&row.name), &both(row), ""));
    }
    out
}

fn both(row: &Row) -> String {
    let side = |all: &[Value]| (!all.is_empty()).then(|| all.iter().map(short).collect::<Vec<_>>().join(", "));
    values(side(&row.a), side(&row.b))
}

/// The beginning of a value, with its whole length where there is more.
fn short(value: &Value) -> String {
    let shown: String = value.text.chars().take(VALUE).collect();
    match shown.len() < value.text.len() || value.cut {
        true => format!("{}… ({} bytes)", printable(&shown), value.len),
        false => printable(&shown),
    }
}
