//! Decides where a rollback without `--to` goes: pure.
//!
//! It undoes gwr's newest deployment for the stage, and only that one. A stage that has
//! left this deployment is not moved further back without `--to`, no matter which client moved it: the
//! same command, run again after a fault or a kill, must not undo a second deployment.

use std::fmt;

use crate::plan::{Lineage, Part};
use crate::state::observed::{Deployment, StagePointer};

/// Where a rollback without `--to` goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The stage serves gwr's newest deployment for it, and goes to the one before.
    MoveTo(String),
    /// The stage has left that deployment already. Whether the configuration still has
    /// to follow is read from the stage.
    RolledBack(RolledBack),
    Unknown(Unknown),
}

/// A stage that serves an older deployment than gwr made for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledBack {
    pub at: String,
    /// gwr's newest deployment for the stage; `None` where no description names one.
    pub left: Option<String>,
    /// The deployment before the one at which the stage is, for `--to`.
    pub further: Option<String>,
}

/// Why the descriptions of the deployments do not show what the stage served before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    NoDeployment,
    NotByGwr(String),
    NotForTheStage(String),
    /// The deployment before is not listed: it was deleted, or the list is behind.
    NotListed(String),
    /// The deployment before is not older than the one that is served.
    NotOlder {
        served: String,
        previous: String,
    },
    /// gwr made a newer deployment for the stage than the one that its canary serves.
    NotTheNewest {
        served: String,
        newest: String,
    },
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDeployment => f.write_str("it has no deployment"),
            Self::NotByGwr(id) => {
                write!(f, "deployment {id}, which it serves, was not made by gwr")
            }
            Self::NotForTheStage(id) => {
                write!(f, "deployment {id}, which it serves, was not made for this stage")
            }
            Self::NotListed(id) => {
                write!(f, "it served deployment {id} before, and that deployment is gone")
            }
            Self::NotOlder { served, previous } => write!(
                f,
                "the description of deployment {served}, which it serves, names {previous} as the \
                 one before, and {previous} is not older"
            ),
            Self::NotTheNewest { served, newest } => write!(
                f,
                "it serves deployment {served}, and gwr's newest deployment for the stage, \
                 {newest}, did not replace that one"
            ),
        }
    }
}

/// The stage, and what is known of its deployments.
struct History<'a> {
    stage: &'a str,
    part: Part,
    /// Where the part points.
    now: &'a str,
    deployments: &'a [Deployment],
    lineage: Lineage<'a>,
}

/// Decides from where the stage points and from the descriptions of the deployments,
/// which are listed newest first.
#[must_use]
pub fn destination(
    stage: &str,
    pointer: &StagePointer,
    part: Part,
    deployments: &[Deployment],
) -> Destination {
    let Some(now) = part.of(pointer) else {
        return Destination::Unknown(Unknown::NoDeployment);
    };
    let history = History { stage, part, now, deployments, lineage: Lineage::new(deployments) };
    match part {
        Part::Stage => history.of_stage(),
        Part::Canary => history.of_canary(pointer.deployment_id.as_deref()),
    }
}

/// As [`destination`], for a stage that points at the deployment that `--to` names.
#[must_use]
pub fn already_at(
    at: &str,
    stage: &str,
    pointer: &StagePointer,
    part: Part,
    deployments: &[Deployment],
) -> RolledBack {
    let at = at.to_owned();
    match destination(stage, pointer, part, deployments) {
        Destination::RolledBack(found) => found,
        Destination::MoveTo(previous) => RolledBack { at, left: None, further: Some(previous) },
        Destination::Unknown(_) => RolledBack { at, left: None, further: None },
    }
}

impl History<'_> {
    fn of_stage(&self) -> Destination {
        match self.lineage.left_by(self.stage, self.now) {
            Some(left) => self.rolled_back(left),
            None => self.to_previous(),
        }
    }

    /// A canary can be made by hand at any deployment, so only the one that gwr's newest
    /// deployment replaced shows that it was rolled back. `own` is what the stage itself
    /// serves, and was not made for its canary.
    fn of_canary(&self, own: Option<&str>) -> Destination {
        let newest = self.lineage.newest_for(self.stage);
        let Some((newest, journal)) = newest.filter(|(newest, _)| *newest != self.now) else {
            return self.to_previous();
        };
        if Some(newest) != own && journal.previous_of_canary(self.stage) == Some(self.now) {
            return self.rolled_back(newest);
        }
        Destination::Unknown(match self.lineage.journal(self.now) {
            None => Unknown::NotByGwr(self.now.to_owned()),
            Some(_) => {
                Unknown::NotTheNewest { served: self.now.to_owned(), newest: newest.to_owned() }
            }
        })
    }

    fn rolled_back(&self, left: &str) -> Destination {
        Destination::RolledBack(RolledBack {
            at: self.now.to_owned(),
            left: Some(left.to_owned()),
            further: self.previous().ok(),
        })
    }

    fn to_previous(&self) -> Destination {
        match self.previous() {
            Ok(previous) => Destination::MoveTo(previous),
            Err(why) => Destination::Unknown(why),
        }
    }

    /// The deployment that was served before the one that is served now.
    fn previous(&self) -> Result<String, Unknown> {
        let served = || self.now.to_owned();
        let journal = self.lineage.journal(self.now).ok_or_else(|| Unknown::NotByGwr(served()))?;
        let previous = match self.part {
            Part::Stage => journal.previous_of(self.stage),
            Part::Canary => journal.previous_of_canary(self.stage),
        };
        let previous = previous.ok_or_else(|| Unknown::NotForTheStage(served()))?.to_owned();
        if !self.deployments.iter().any(|one| one.id == previous) {
            return Err(Unknown::NotListed(previous));
        }
        if previous == self.now || !self.lineage.is_later(self.now, &previous) {
            return Err(Unknown::NotOlder { served: served(), previous });
        }
        Ok(previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::deployment_note::{Journal, Place};
    use crate::state::digest::Digest;
    use crate::state::export_shows::ExportShows;
    use crate::state::observed::Canary;

    /// `id@seconds<previous`: a deployment that gwr made for `prod`; `<canary,own` one for
    /// its canary; `<beta:previous` one for another stage; without `<` one of another
    /// client. `!` at the end: gwr has noted that it moved `prod` back from it.
    fn deployments(text: &str) -> Vec<Deployment> {
        text.split_whitespace()
            .map(|word| {
                let (word, reverted) =
                    word.strip_suffix('!').map_or((word, false), |word| (word, true));
                let (word, previous) =
                    word.split_once('<').map_or((word, None), |(word, p)| (word, Some(p)));
                let (id, at) = word.split_once('@').expect("a date");
                let pair = |one: &str| {
                    let (stage, id) = one.split_once(':').unwrap_or(("prod", one));
                    (stage.to_owned(), id.to_owned())
                };
                let description = previous.map(|previous| {
                    let journal = Journal {
                        digest: Digest::of(&id),
                        run: id.to_owned(),
                        export: ExportShows::Snapshot,
                        previous: previous.split(',').map(pair).collect(),
                        message: String::new(),
                    };
                    let noted = journal.with_stage("prod", Place::TakenBack).filter(|_| reverted);
                    noted.unwrap_or(journal).to_string()
                });
                Deployment { id: id.to_owned(), created_at: at.parse().ok(), description }
            })
            .collect()
    }

    /// `a`, or `a+c` with a canary at `c`.
    fn decided(listed: &str, pointer: &str) -> String {
        let (own, canary) = pointer.split_once('+').map_or((pointer, None), |(o, c)| (o, Some(c)));
        let part = if canary.is_some() { Part::Canary } else { Part::Stage };
        let canary = canary.map(|id| Canary {
            deployment_id: Some(id.to_owned()),
            percent_traffic: "10.0".to_owned(),
        });
        let own = Some(own.to_owned()).filter(|own| own != "none");
        let pointer = StagePointer { deployment_id: own, canary };
        match destination("prod", &pointer, part, &deployments(listed)) {
            Destination::MoveTo(to) => format!("to {to}"),
            Destination::RolledBack(RolledBack { at, left, further }) => {
                let further = further.unwrap_or_else(|| "?".to_owned());
                format!("at {at}, left {}, further {further}", left.unwrap_or_default())
            }
            Destination::Unknown(why) => format!("unknown: {why}"),
        }
    }

    #[test]
    fn a_stage_goes_back_from_gwrs_newest_deployment_only() {
        const THREE: &str = "c@3<b b@2<a a@1<z z@0";
        for (case, listed, pointer, wanted) in [
            ("the newest is served", THREE, "c", "to b"),
            ("rolled back once", THREE, "b", "at b, left c, further a"),
            ("moved to an older one", THREE, "a", "at a, left c, further z"),
            ("moved to the one before gwr's first", THREE, "z", "at z, left c, further ?"),
            ("all in one second", "c@1<b b@1<a a@1<z z@1", "b", "at b, left c, further a"),
            ("all in one second, the newest", "c@1<b b@1<a a@1<z z@1", "c", "to b"),
            (
                "in one second, listed the other way",
                "a@1 b@1<a c@1<b",
                "b",
                "at b, left c, further a",
            ),
            ("applied again after a rollback", "d@4<b c@3<b! b@2<a a@1", "d", "to b"),
            ("and rolled back again", "d@4<b! c@3<b! b@2<a a@1", "b", "at b, left d, further a"),
            ("never moved to the newest", "c@3<b b@2<a a@1", "b", "at b, left c, further a"),
            ("the one further is gone", "c@3<b b@2<a", "b", "at b, left c, further ?"),
            (
                "by --to, from one for another stage",
                "d@3<beta:x! b@2<a a@1",
                "b",
                "at b, left d, further a",
            ),
            ("by --to, to another client's", "c@3<z! x@2 z@1", "x", "at x, left c, further ?"),
        ] {
            assert_eq!(decided(listed, pointer), wanted, "{case}");
        }
    }

    #[test]
    fn where_it_was_before_is_unknown_unless_the_descriptions_show_it() {
        for (case, listed, pointer, wanted) in [
            ("no deployment", "a@1", "none", "it has no deployment"),
            ("not gwr's", "x@2 a@1", "x", "deployment x, which it serves, was not made by gwr"),
            (
                "another client's, later",
                "x@3 b@2<a a@1",
                "x",
                "deployment x, which it serves, was not made by gwr",
            ),
            (
                "another client's, older",
                "b@3<z x@2 z@1",
                "x",
                "deployment x, which it serves, was not made by gwr",
            ),
            (
                "of another stage",
                "d@2<beta:a a@1",
                "d",
                "deployment d, which it serves, was not made for this stage",
            ),
            (
                "taken over from another stage",
                "d@3<beta:a b@2<a a@1",
                "d",
                "deployment d, which it serves, was not made for this stage",
            ),
            (
                "the one before is gone",
                "b@2<a",
                "b",
                "it served deployment a before, and that deployment is gone",
            ),
            (
                "the one before is newer",
                "a@9 b@2<a",
                "b",
                "the description of deployment b, which it serves, names a as the one before, and a is not older",
            ),
            (
                "the one before is itself",
                "b@2<b",
                "b",
                "the description of deployment b, which it serves, names b as the one before, and b is not older",
            ),
        ] {
            assert_eq!(decided(listed, pointer), format!("unknown: {wanted}"), "{case}");
        }
    }

    #[test]
    fn a_canary_goes_back_from_gwrs_newest_deployment_only() {
        for (case, listed, pointer, wanted) in [
            ("the newest is served", "c@3<f,o f@2 o@1", "o+c", "to f"),
            ("rolled back", "c@3<f,o f@2 o@1", "o+f", "at f, left c, further ?"),
            (
                "rolled back to one of gwr's",
                "d@4<c,o c@3<f,o f@2 o@1",
                "o+c",
                "at c, left d, further f",
            ),
            (
                "made by hand, older than the stage's own",
                "c@3<b b@2<a a@1",
                "c+b",
                "unknown: it serves deployment b, and gwr's newest deployment for the stage, c, did not replace that one",
            ),
            (
                "made by hand, of another client",
                "x@4 c@3<b b@2<a a@1",
                "c+x",
                "unknown: deployment x, which it serves, was not made by gwr",
            ),
            (
                "made by hand at what the stage's own replaced",
                "c@3<z z@1",
                "c+z",
                "unknown: deployment z, which it serves, was not made by gwr",
            ),
            (
                "the stage itself, once the canary is back at its deployment",
                "c@3<o o@1",
                "o",
                "at o, left c, further ?",
            ),
            ("the stage itself, once the canary was promoted", "c@3<f,o f@2 o@1", "c", "to o"),
        ] {
            assert_eq!(decided(listed, pointer), wanted, "{case}");
        }
    }

    #[test]
    fn a_deployment_that_is_named_and_served_is_not_moved_to() {
        let listed = deployments("b@2<a a@1");
        let pointer = StagePointer { deployment_id: Some("b".to_owned()), canary: None };
        let found = already_at("b", "prod", &pointer, Part::Stage, &listed);
        let wanted = RolledBack { at: "b".to_owned(), left: None, further: Some("a".to_owned()) };
        assert_eq!(found, wanted);
    }
}
