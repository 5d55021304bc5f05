//! The line that gwr writes into the description of each deployment it makes.
//!
//! `gwr/1 sha256:<64 hex> run=<id> export=snapshot|mirror|unproven prev=STAGE:ID,… MESSAGE`
//!
//! It is the only memory that AWS keeps: a deployment cannot be asked what it holds, and a
//! record (`.gwr/runs`) is on the machine of its run. The digest is that of every customised
//! response at the time.

use std::fmt;
use std::fmt::Write as _;

use super::digest::Digest;
use super::export_shows::ExportShows;

/// The service's limit of a description, in characters.
pub const MAX_DESCRIPTION: usize = 1024;

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

/// The word before the message that names the stages that gwr itself reverted from this
/// deployment, separated by commas: `reverted=beta,prod`. Without it the next run would
/// attribute a rollback to another client.
const REVERTED: &str = "reverted=";

/// What gwr 0.1 wrote instead of [`REVERTED`]; still read.
const REVERTED_BY_0_1: &str = "taken-back=";

/// The stages of a word that names reverted ones.
fn reverted(word: &str) -> Option<&str> {
    word.strip_prefix(REVERTED).or_else(|| word.strip_prefix(REVERTED_BY_0_1))
}

/// The last word of the message, which remembers what a deployment holds of others' work,
/// as two short digests: `ships=<16 hex>.<16 hex>`. A later run can tell by it whether
/// the configuration still is what was deployed, also where an export proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ships {
    /// Of everything but gateway responses.
    pub api: String,
    /// Of the gateway responses that were not managed.
    pub responses: String,
}

impl Ships {
    const WORD: &str = "ships=";
    const DIGITS: usize = 16;

    /// As many digits of a digest as are written down: they find accidents.
    #[must_use]
    pub fn short(digest: &Digest) -> String {
        let text = digest.as_str();
        text.get(7..7 + Self::DIGITS).unwrap_or(text).to_owned()
    }

    /// The message with the word after it.
    #[must_use]
    pub fn note(&self, message: &str) -> String {
        let Self { api, responses } = self;
        format!("{message} {}{api}.{responses}", Self::WORD).trim_start().to_owned()
    }

    /// A message, and the word after it where there is one.
    fn split(message: &str) -> (&str, Option<&str>) {
        let message = message.trim();
        let (text, word) = message.rsplit_once(' ').unwrap_or(("", message));
        match Self::parse(word) {
            Some(_) => (text.trim_end(), Some(word)),
            None => (message, None),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let is_short = |text: &str| {
            text.len() == Self::DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let (api, responses) = word.strip_prefix(Self::WORD)?.split_once('.')?;
        (is_short(api) && is_short(responses))
            .then(|| Self { api: api.to_owned(), responses: responses.to_owned() })
    }
}

/// Where a stage is, seen from a deployment that was made for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// gwr has moved it to the deployment before.
    TakenBack,
    /// It points here.
    There,
}

fn is_note(word: &str) -> bool {
    word == STATUS_UNSET || reverted(word).is_some()
}

impl Journal {
    /// The message of a deployment in which `INTEGRATION_FAILURE` has no status.
    #[must_use]
    pub fn unset_integration_failure(message: &str) -> String {
        format!("{STATUS_UNSET} {message}")
    }

    /// Whether the deployment's `INTEGRATION_FAILURE` is known to have no status.
    #[must_use]
    pub fn leaves_integration_failure_unset(&self) -> bool {
        self.notes().any(|note| note == STATUS_UNSET)
    }

    /// The stages that gwr itself reverted from this deployment.
    pub fn taken_back(&self) -> impl Iterator<Item = &str> {
        self.notes().filter_map(reverted).flat_map(|stages| stages.split(','))
    }

    /// The same journal of a deployment that a stage was taken back from, or is moved to
    /// again; `None` where that changes nothing.
    #[must_use]
    pub fn with_stage(&self, stage: &str, place: Place) -> Option<Self> {
        let was: Vec<&str> = self.taken_back().collect();
        let is: Vec<&str> = match (place, was.contains(&stage)) {
            (Place::TakenBack, true) | (Place::There, false) => return None,
            (Place::TakenBack, false) => was.iter().copied().chain([stage]).collect(),
            (Place::There, true) => was.iter().copied().filter(|name| *name != stage).collect(),
        };
        let note = format!("{REVERTED}{}", is.join(","));
        let others = self.notes().filter(|note| reverted(note).is_none());
        let words: Vec<&str> = (!is.is_empty())
            .then_some(note.as_str())
            .into_iter()
            .chain(others)
            .chain([self.without_notes()])
            .collect();
        Some(Self { message: words.join(" "), ..self.clone() })
    }

    /// The words before the message that gwr wrote for itself.
    fn notes(&self) -> impl Iterator<Item = &str> {
        self.message.split(' ').take_while(|word| is_note(word))
    }

    fn without_notes(&self) -> &str {
        let mut rest = self.message.as_str();
        loop {
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            if !is_note(word) {
                return rest;
            }
            rest = after;
        }
    }

    /// What the deployment is remembered to hold beside the managed responses; `None`
    /// where an older gwr, or one that could not read it, made the deployment.
    #[must_use]
    pub fn ships(&self) -> Option<Ships> {
        Ships::split(&self.message).1.and_then(Ships::parse)
    }

    /// The deployment that a stage pointed at before it was moved to this one.
    ///
    /// A deployment to a canary writes the canary's former one and then the stage's
    /// own, where these differ: a rollback of the stage, after the canary was promoted,
    /// goes to the last, one of the canary ([`Journal::previous_of_canary`]) to the first.
    #[must_use]
    pub fn previous_of(&self, stage: &str) -> Option<&str> {
        self.of_stage(stage).last()
    }

    /// The deployment that the canary of a stage pointed at before.
    #[must_use]
    pub fn previous_of_canary(&self, stage: &str) -> Option<&str> {
        self.of_stage(stage).next()
    }

    fn of_stage(&self, stage: &str) -> impl Iterator<Item = &str> {
        self.previous.iter().filter(move |(name, _)| name == stage).map(|(_, id)| id.as_str())
    }

    /// The message without the notes around it.
    #[must_use]
    pub fn text(&self) -> &str {
        Ships::split(self.without_notes()).0
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
        // What is cut is the message, not what is remembered after it.
        let (message, note) = Ships::split(message);
        let note = note.map(|note| format!(" {note}")).unwrap_or_default();
        if !message.is_empty() {
            text.push(' ');
            text.extend(message.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        let room = MAX_DESCRIPTION.saturating_sub(note.chars().count());
        if let Some((end, _)) = text.char_indices().nth(room) {
            text.truncate(end);
        }
        f.write_str(&text)?;
        f.write_str(&note)
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
    fn parses_what_it_writes() {
        for message in ["", "ticket 12: two words"] {
            let written = journal(message);
            assert_eq!(Journal::parse(&written.to_string()), Some(written));
        }
    }

    #[test]
    fn cuts_a_description_at_the_limit_of_the_service() {
        let text = journal(&"ü".repeat(3000)).to_string();
        assert_eq!(text.chars().count(), MAX_DESCRIPTION);
        assert_eq!(Journal::parse(&text).map(|j| j.run), Some("0a1b".to_owned()));
    }

    #[test]
    fn reads_the_shipped_digests_next_to_other_notes() {
        let ships =
            Ships { api: "0123456789abcdef".to_owned(), responses: "fedcba9876543210".to_owned() };
        let noted = ships.note("ticket 12");
        for message in [noted.clone(), Journal::unset_integration_failure(&noted)] {
            let read = Journal::parse(&journal(&message).to_string()).expect("a journal");
            assert_eq!(read.ships(), Some(ships.clone()), "{message}");
            assert_eq!(read.text(), "ticket 12", "{message}");
        }
        let long = journal(&ships.note(&"ü".repeat(3000))).to_string();
        assert_eq!(long.chars().count(), MAX_DESCRIPTION);
        let read = Journal::parse(&long).expect("a journal");
        assert_eq!(read.ships(), Some(ships.clone()));
        assert!(read.message.starts_with('ü') && read.text().ends_with('ü'), "{long}");
        let only = journal(&ships.note(""));
        assert_eq!((only.ships(), only.text()), (Some(ships), ""));
        for message in ["", "ticket 12", "ships=fast and far"] {
            assert_eq!(journal(message).ships(), None, "{message}");
        }
    }

    #[test]
    fn records_a_reverted_stage_until_it_returns() {
        let message = Journal::unset_integration_failure("ticket 12");
        let made = journal(&message);
        assert_eq!(made.taken_back().count(), 0);
        assert_eq!(made.with_stage("prod", Place::There), None);
        let mut left = made.clone();
        for stage in ["prod", "beta"] {
            left = left.with_stage(stage, Place::TakenBack).expect("something to write");
            left = Journal::parse(&left.to_string()).expect("a journal");
            assert_eq!(left.with_stage(stage, Place::TakenBack), None);
        }
        assert_eq!(left.taken_back().collect::<Vec<_>>(), ["prod", "beta"]);
        assert!(left.leaves_integration_failure_unset());
        assert_eq!(left.text(), "ticket 12");
        for stage in ["beta", "prod"] {
            left = left.with_stage(stage, Place::There).expect("something to write");
        }
        assert_eq!(left, made);
        let bare = journal("").with_stage("prod", Place::TakenBack).expect("something to write");
        let bare = Journal::parse(&bare.to_string()).expect("a journal");
        assert_eq!((bare.text(), bare.taken_back().collect::<Vec<_>>()), ("", vec!["prod"]));
    }

    #[test]
    fn reads_the_word_of_0_1_and_writes_the_new_one() {
        let old = journal("taken-back=beta,prod INTEGRATION_FAILURE=unset ticket 12");
        assert_eq!(old.taken_back().collect::<Vec<_>>(), ["beta", "prod"]);
        assert_eq!(old.text(), "ticket 12");
        let stages = old.with_stage("prod", Place::There).expect("something to write");
        assert_eq!(stages.message, "reverted=beta INTEGRATION_FAILURE=unset ticket 12");
        let none = stages.with_stage("beta", Place::There).expect("something to write");
        assert_eq!(none.message, "INTEGRATION_FAILURE=unset ticket 12");
    }

    #[test]
    fn keeps_the_previous_deployments_of_canary_and_stage() {
        let mut written = journal("");
        let pair = |id: &str| ("prod".to_owned(), id.to_owned());
        written.previous = vec![pair("canary"), pair("own")];
        let read = Journal::parse(&written.to_string()).expect("a journal");
        assert_eq!(read.previous_of("prod"), Some("own"));
        assert_eq!(read.previous_of_canary("prod"), Some("canary"));
        assert_eq!(read.previous_of("beta"), None);
    }

    #[test]
    fn ignores_descriptions_of_other_clients() {
        for text in ["", "gwr/1", "gwr/1 sha256:12 run=a export=mirror", "deployed by hand"] {
            assert_eq!(Journal::parse(text), None, "{text}");
        }
    }
}
