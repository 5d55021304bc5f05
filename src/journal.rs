//! The line that gwr writes into the description of each deployment it makes.
//!
//! `gwr/1 sha256:<64 hex> run=<id> export=snapshot|mirror|unproven prev=STAGE:ID,… MESSAGE`
//!
//! It is the only durable memory there is: a deployment cannot be asked what it
//! holds. The digest is that of every customised response at the time.

use std::fmt;
use std::fmt::Write as _;

use crate::digest::Digest;

/// The service's limit of a description, in characters.
pub const MAX_DESCRIPTION: usize = 1024;

/// What an export is evidence of. One fact of the service, which nobody has proven:
/// AWS documents that GetExport "exports a deployed version".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportShows {
    /// The snapshot that the stage serves: seen to differ from the configuration.
    Snapshot,
    /// The configuration: seen to change before anything was deployed.
    Mirror,
    #[default]
    Unproven,
}

impl ExportShows {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Mirror => "mirror",
            Self::Unproven => "unproven",
        }
    }
}

/// A parsed or to-be-written description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    pub digest: Digest,
    pub run: String,
    pub export: ExportShows,
    /// Stages with the deployments they pointed at before.
    pub previous: Vec<(String, String)>,
    pub message: String,
}

/// The word before the message that says: `INTEGRATION_FAILURE` has no explicit
/// status in this deployment, whatever an export or GetGatewayResponses shows.
const STATUS_UNSET: &str = "INTEGRATION_FAILURE=unset";

impl Journal {
    /// The message of a deployment in which `INTEGRATION_FAILURE` has no status.
    #[must_use]
    pub fn unset_integration_failure(message: &str) -> String {
        format!("{STATUS_UNSET} {message}")
    }

    /// Whether the deployment's `INTEGRATION_FAILURE` is known to have no status.
    #[must_use]
    pub fn leaves_integration_failure_unset(&self) -> bool {
        self.message.split(' ').next() == Some(STATUS_UNSET)
    }

    /// The message as somebody gave it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.message.strip_prefix(STATUS_UNSET).unwrap_or(&self.message).trim()
    }

    /// Reads a description; `None` where it is not one of gwr's.
    #[must_use]
    pub fn parse(description: &str) -> Option<Self> {
        let mut words = description.splitn(6, ' ');
        if words.next()? != "gwr/1" {
            return None;
        }
        let digest = words.next()?.parse().ok()?;
        let run = words.next()?.strip_prefix("run=")?.to_owned();
        let export = match words.next()?.strip_prefix("export=")? {
            "snapshot" => ExportShows::Snapshot,
            "mirror" => ExportShows::Mirror,
            _ => ExportShows::Unproven,
        };
        let previous = words
            .next()
            .and_then(|word| word.strip_prefix("prev="))
            .unwrap_or_default()
            .split(',')
            .filter_map(|pair| pair.split_once(':'))
            .map(|(stage, deployment)| (stage.to_owned(), deployment.to_owned()))
            .collect();
        let message = words.next().unwrap_or_default().to_owned();
        Some(Self { digest, run, export, previous, message })
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { digest, run, export, previous, message } = self;
        let mut text = format!("gwr/1 {digest} run={run} export={} prev=", export.as_str());
        for (number, (stage, deployment)) in previous.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(text, "{comma}{stage}:{deployment}");
        }
        let message = message.trim();
        if !message.is_empty() {
            text.push(' ');
            text.extend(message.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        match text.char_indices().nth(MAX_DESCRIPTION) {
            Some((end, _)) => f.write_str(&text[..end]),
            None => f.write_str(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(message: &str) -> Journal {
        Journal {
            digest: Digest::of(&1),
            run: "0a1b".to_owned(),
            export: ExportShows::Snapshot,
            previous: vec![
                ("beta".to_owned(), "aaaaaa".to_owned()),
                ("prod".to_owned(), "bbbbbb".to_owned()),
            ],
            message: message.to_owned(),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for message in ["", "ticket 12: two words"] {
            let written = journal(message);
            assert_eq!(Journal::parse(&written.to_string()), Some(written));
        }
    }

    #[test]
    fn a_description_is_cut_at_the_services_limit() {
        let text = journal(&"ü".repeat(3000)).to_string();
        assert_eq!(text.chars().count(), MAX_DESCRIPTION);
        assert_eq!(Journal::parse(&text).map(|j| j.run), Some("0a1b".to_owned()));
    }

    #[test]
    fn descriptions_of_others_are_not_taken_for_ours() {
        for text in ["", "gwr/1", "gwr/1 sha256:12 run=a export=mirror", "deployed by hand"] {
            assert_eq!(Journal::parse(text), None, "{text}");
        }
    }
}
