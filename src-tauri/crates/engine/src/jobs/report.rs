//! The evidence of a finding as Markdown, fit for the service's forum: without keys, secrets and tokens.

use std::fmt::Write as _;

use super::Jobs;
use super::watchdog::{For, utc};
use crate::dto::{EvidenceMark, EvidenceSource, JobFinding, MissedCause};
use crate::error::{Code, Error, Result};

impl Jobs {
    /// The report of a finding.
    ///
    /// # Errors
    /// `not_found` if nothing was found about this job.
    pub async fn finding_report(&self, project: i64, name: &str) -> Result<String> {
        let record = self.known(project, name).await?;
        let finding = self.finding_of(&record, For::AReport).await?;
        let finding = finding.ok_or_else(|| Error::new(Code::NotFound, "There is no finding about this job now."))?;
        Ok(markdown(&finding))
    }
}

fn markdown(finding: &JobFinding) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line(format!("## Webhook event that {}: `{}`", missing(finding), finding.event_type));
    line(String::new());
    line(format!("- Job: `{}`", finding.name));
    line(format!("- Ended: {}", utc(finding.ended_ms)));
    line(format!("- Expected event: `{}`", finding.event_type));
    line(format!("- Found: {}", utc(finding.brief.found_ms)));
    line(String::new());
    line(origins(&finding.sentence));
    line(String::new());
    line("| Checked | Result | Source |".to_owned());
    line("| --- | --- | --- |".to_owned());
    for one in &finding.evidence {
        let mark = match one.mark {
            EvidenceMark::Fine => "ok: ",
            EvidenceMark::Explains => "**explains it**: ",
            EvidenceMark::Unknown => "",
        };
        let source = match one.source {
            EvidenceSource::Service => "the service",
            EvidenceSource::OwnLog => "the receiver's own log",
            EvidenceSource::History => "the receiver's history",
        };
        let kind = serde_json::to_value(one.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
        let words = origins(&one.words).replace('|', "\\|");
        line(format!("| {} | {mark}{words} | {source} |", kind.unwrap_or_default().replace('_', " ")));
    }
    text
}

/// The text with the origins of its addresses: their paths and queries may hold tokens.
fn origins(text: &str) -> String {
    let cut = |word: &str| {
        let bare = word.trim_end_matches([',', '.', ';', ')']);
        let url = reqwest::Url::parse(bare).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let rest = if url.path() == "/" && url.query().is_none() { "" } else { "/…" };
        Some(format!("{}{rest}{}", url.origin().ascii_serialization(), word.get(bare.len()..).unwrap_or_default()))
    };
    text.split(' ').map(|word| cut(word).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>().join(" ")
}

/// What became of the event: some causes are of one that came.
fn missing(finding: &JobFinding) -> &'static str {
    match finding.brief.cause {
        MissedCause::Rejected => "could not be verified",
        MissedCause::Refused | MissedCause::Retrying => "was not accepted",
        MissedCause::ForwardFailed => "was not forwarded",
        _ => "did not arrive",
    }
}
