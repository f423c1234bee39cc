//! What is measured against what is promised: a table, and a JSON line a figure.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

/// What a figure must keep to.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
    /// Told, not judged.
    None,
}

impl Bound {
    fn holds(self, measured: f64) -> bool {
        match self {
            Self::AtLeast(bound) => measured >= bound,
            Self::AtMost(bound) => measured <= bound,
            Self::Below(bound) => measured < bound,
            Self::None => true,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(bound) => format!("≥ {}", number(bound)),
            Self::AtMost(bound) => format!("≤ {}", number(bound)),
            Self::Below(bound) => format!("< {}", number(bound)),
            Self::None => String::new(),
        }
    }
}

/// One row.
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    /// `None`: it could not be taken, and the note says why.
    measured: Option<f64>,
    bound: Bound,
    note: String,
}

impl Figure {
    pub(crate) fn new(name: &str, measured: f64, unit: &'static str, bound: Bound) -> Self {
        Self { name: name.to_owned(), unit, measured: Some(measured), bound, note: String::new() }
    }

    /// A figure that is missing is a figure that is missed.
    pub(crate) fn not_taken(name: &str, why: &str) -> Self {
        Self { name: name.to_owned(), unit: "", measured: None, bound: Bound::None, note: format!("not taken: {why}") }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// What another figure is compared with by the reader.
    pub(crate) fn without_bound(self) -> Self {
        Self { bound: Bound::None, ..self }
    }

    fn passes(&self) -> bool {
        self.measured.is_some_and(|measured| self.bound.holds(measured))
    }

    fn result(&self) -> &'static str {
        match (self.passes(), self.bound) {
            (false, _) => "FAIL",
            (true, Bound::None) => "",
            (true, _) => "pass",
        }
    }

    fn json(&self) -> Value {
        json!({
            "figure": self.name, "measured": self.measured, "unit": self.unit, "bound": self.bound.words(),
            "pass": self.passes(), "note": self.note,
        })
    }
}

pub(crate) struct Report {
    figures: Vec<Figure>,
    machine: String,
}

impl Report {
    /// Notes what else the machine is busy with: absolute figures mean little without it.
    pub(crate) fn start() -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default();
        Self { figures: Vec::new(), machine: format!("{cores} cores, load average {load} at the start") }
    }

    pub(crate) fn add(&mut self, figures: Vec<Figure>) {
        self.figures.extend(figures);
    }

    /// Prints the table, then the lines, and keeps the lines in a file.
    pub(crate) fn finish(self, path: &Path) -> ExitCode {
        let mut lines = String::new();
        for figure in &self.figures {
            lines.push_str(&format!("{}\n", figure.json()));
        }
        let mut out = std::io::stdout().lock();
        let written = out.write_all(format!("{}\n{lines}", self.table()).as_bytes());
        let kept = std::fs::write(path, &lines);
        if let Err(error) = written.and(kept) {
            eprintln!("bench: the figures could not be written: {error}");
            return ExitCode::FAILURE;
        }
        if self.figures.iter().all(Figure::passes) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn table(&self) -> String {
        let mut rows = vec![["figure", "measured", "bound", "", "note"].map(str::to_owned)];
        rows.extend(self.figures.iter().map(|figure| {
            let measured =
                figure.measured.map_or_else(|| "–".to_owned(), |value| format!("{} {}", number(value), figure.unit));
            let measured = measured.trim_end().to_owned();
            [figure.name.clone(), measured, figure.bound.words(), figure.result().to_owned(), figure.note.clone()]
        }));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [0, 1, 2, 3].map(width);
        let mut table = format!("{}\n\n", self.machine);
        for row in &rows {
            let [name, measured, bound, result, note] = row;
            let [w0, w1, w2, w3] = widths;
            let line = format!("{name:<w0$}  {measured:>w1$}  {bound:<w2$}  {result:<w3$}  {note}");
            table.push_str(line.trim_end());
            table.push('\n');
        }
        table
    }
}

/// Three digits that matter; thousands apart.
fn number(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1000.0 {
        return format!("{value:.0}");
    }
    if size < 10.0 {
        return format!("{value:.2}");
    }
    if size < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
