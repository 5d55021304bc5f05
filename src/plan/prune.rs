//! Pruning: which deployments may go.
//!
//! A deployment is kept that a stage or a canary serves, and one that such a deployment
//! names as its `prev`: that is the way back. Of the rest, those of others are kept
//! unless they were asked for, and the newest of those that are considered are kept
//! whatever they are. Pure: nothing here deletes.

use std::collections::BTreeSet;

use crate::state::observed::{Deployment, History};

/// Whose deployments may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owners {
    /// Those that gwr made.
    Gwr,
    /// `--all-owners`
    All,
}

/// What becomes of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Removed,
    Kept(Reason),
}

/// Why a deployment is kept; the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A stage or a canary serves it.
    InUse,
    /// It is what a stage served before the deployment that it serves now.
    WayBack,
    /// gwr did not make it.
    OfOthers,
    /// It is one of the newest.
    Newest,
}

impl Reason {
    /// In a few words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::WayBack => "the way back",
            Self::OfOthers => "not made by gwr",
            Self::Newest => "one of the newest",
        }
    }
}

/// The fate of every deployment, newest first. `keep` counts the newest of the owners'
/// deployments, those in use among them.
#[must_use]
pub fn fates(history: &History, keep: usize, owners: Owners) -> Vec<(&Deployment, Fate)> {
    let used = history.used();
    let ways_back: BTreeSet<String> = history
        .deployments
        .iter()
        .filter(|deployment| used.contains(deployment.id.as_str()))
        .filter_map(Deployment::journal)
        .flat_map(|journal| journal.previous)
        .map(|(_, previous)| previous)
        .collect();
    let mut seen = 0;
    history
        .deployments
        .iter()
        .map(|deployment| {
            let considered = match owners {
                Owners::All => true,
                Owners::Gwr => deployment.is_of_gwr(),
            };
            seen += usize::from(considered);
            let fate = if used.contains(deployment.id.as_str()) {
                Fate::Kept(Reason::InUse)
            } else if ways_back.contains(&deployment.id) {
                Fate::Kept(Reason::WayBack)
            } else if !considered {
                Fate::Kept(Reason::OfOthers)
            } else if seen <= keep {
                Fate::Kept(Reason::Newest)
            } else {
                Fate::Removed
            };
            (deployment, fate)
        })
        .collect()
}

/// The deployments that go, oldest first: what is interrupted has begun where it is
/// missed least.
#[must_use]
pub fn removed(history: &History, keep: usize, owners: Owners) -> Vec<&Deployment> {
    let mut removed: Vec<&Deployment> = fates(history, keep, owners)
        .into_iter()
        .filter(|(_, fate)| *fate == Fate::Removed)
        .map(|(deployment, _)| deployment)
        .collect();
    removed.reverse();
    removed
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::state::deployment_note::Journal;
    use crate::state::digest::Digest;
    use crate::state::export_shows::ExportShows;
    use crate::state::observed::{Canary, StagePointer};

    fn gwr(id: &str, previous: &[(&str, &str)]) -> Deployment {
        let journal = Journal {
            digest: Digest::of(&id),
            run: id.to_owned(),
            export: ExportShows::Snapshot,
            previous: previous.iter().map(|(s, d)| ((*s).to_owned(), (*d).to_owned())).collect(),
            message: String::new(),
        };
        Deployment { id: id.to_owned(), created_at: None, description: Some(journal.to_string()) }
    }

    fn other(id: &str) -> Deployment {
        Deployment { id: id.to_owned(), created_at: None, description: Some("by hand".to_owned()) }
    }

    fn history(deployments: Vec<Deployment>, stage: &str, canary: Option<&str>) -> History {
        let pointer = StagePointer {
            deployment_id: Some(stage.to_owned()),
            canary: canary.map(|id| Canary {
                deployment_id: Some(id.to_owned()),
                percent_traffic: "10".to_owned(),
            }),
        };
        History { stages: BTreeMap::from([("prod".to_owned(), pointer)]), deployments }
    }

    fn gone(history: &History, keep: usize, owners: Owners) -> Vec<&str> {
        removed(history, keep, owners).into_iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn what_is_in_use_and_the_way_back_stay() {
        let all = vec![
            gwr("d5", &[("prod", "d4")]),
            gwr("d4", &[("prod", "d3")]),
            gwr("d3", &[("prod", "d2")]),
            other("x"),
            gwr("d2", &[("prod", "d1")]),
            gwr("d1", &[("prod", "x")]),
        ];
        let history = history(all, "d5", None);
        assert_eq!(gone(&history, 1, Owners::Gwr), ["d1", "d2", "d3"]);
        assert_eq!(gone(&history, 0, Owners::Gwr), ["d1", "d2", "d3"]);
        assert_eq!(gone(&history, 3, Owners::Gwr), ["d1", "d2"]);
        assert_eq!(gone(&history, 3, Owners::All), ["d1", "d2", "x"]);
        assert_eq!(gone(&history, 9, Owners::All), [""; 0]);
    }

    #[test]
    fn what_a_canary_serves_stays_and_so_does_its_way_back() {
        let all = vec![gwr("d3", &[("prod", "d2")]), gwr("d2", &[]), other("x"), gwr("d1", &[])];
        let history = history(all, "x", Some("d3"));
        assert_eq!(gone(&history, 0, Owners::Gwr), ["d1"]);
        assert_eq!(
            fates(&history, 0, Owners::Gwr).into_iter().map(|(_, fate)| fate).collect::<Vec<_>>(),
            [
                Fate::Kept(Reason::InUse),
                Fate::Kept(Reason::WayBack),
                Fate::Kept(Reason::InUse),
                Fate::Removed
            ]
        );
    }
}
