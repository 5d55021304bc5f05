//! Traces of other owners: a stage that somebody moved back, responses that somebody
//! wiped.
//!
//! All that is known comes from the journals in the descriptions of deployments, and
//! from what the stages export: see [`crate::state::deployment_note`].

use std::collections::BTreeSet;

use super::evidence::customized_digest;
use super::lineage::Lineage;
use crate::model::ResponseType;
use crate::state::desired::{DesiredApi, DesiredResponse};
use crate::state::digest::of_responses;
use crate::state::observed::{Deployment, ObservedApi, ObservedStage, Served};

/// A stage that points behind a later deployment of gwr's that was made for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedBack {
    /// Where it points.
    pub pointer: String,
    /// The newest deployment that gwr made for it.
    pub later: String,
    /// How often it was moved back, this time included.
    pub times: usize,
}

/// Whether a stage was moved back, and how often.
///
/// *Made for the stage* is a deployment of gwr's whose journal names the stage under
/// `prev=`, with the deployment that it pointed at before. The stage *was moved back*
/// where one made for it is later than the one it points at. It was moved back once for
/// each of those that no other one made for it names as its `prev`: three deployments
/// that followed each other and were left behind together are one moving back, two that
/// both began at the same old deployment are two.
///
/// Not counted are deployments that gwr itself reverted, as their descriptions show, and those
/// that no run came to move the stage to, as a record shows (`unmoved`). Another deployment
/// whose move failed cannot be distinguished. A stage with a canary is skipped: a deployment
/// made for it may be the canary's.
#[must_use]
pub fn moved_back(
    name: &str,
    stage: &ObservedStage,
    deployments: Option<&[Deployment]>,
    unmoved: &BTreeSet<(String, String)>,
) -> Option<MovedBack> {
    let pointer = stage.pointer.as_ref().filter(|pointer| pointer.canary.is_none())?;
    let pointer = pointer.deployment_id.as_deref()?;
    let lineage = Lineage::new(deployments?);
    let left: Vec<&str> = lineage
        .made_for(name)
        .filter(|(_, journal, _)| !journal.taken_back().any(|stage| stage == name))
        .map(|(id, _, _)| id)
        .filter(|id| !unmoved.contains(&(name.to_owned(), (*id).to_owned())))
        .filter(|id| lineage.is_later(id, pointer))
        .filter(|id| !lineage.made_for(name).any(|(_, _, previous)| previous == *id))
        .collect();
    let later = (*left.first()?).to_owned();
    Some(MovedBack { pointer: pointer.to_owned(), later, times: left.len() })
}

/// The managed types that another client reset to their defaults all at once; empty where
/// nothing shows that they were customised.
///
/// What says so is either of two: a stage still serves them (its export differs from the
/// configuration, so it is a snapshot), or the newest deployment of gwr's held something
/// else than what is configured now, and none of what the file wants customised is left.
#[must_use]
pub fn wiped(desired: &DesiredApi, observed: &ObservedApi) -> BTreeSet<ResponseType> {
    let wanted: BTreeSet<ResponseType> = desired
        .responses
        .iter()
        .filter(|(_, response)| matches!(response, DesiredResponse::Customized(_)))
        .map(|(response_type, _)| *response_type)
        .collect();
    let gone: BTreeSet<ResponseType> = wanted
        .iter()
        .copied()
        .filter(|response_type| observed.configured.get(*response_type).customized().is_none())
        .collect();
    let several = |types: &BTreeSet<ResponseType>| types.len() > 1;
    if !several(&gone) {
        return BTreeSet::new();
    }
    let served: BTreeSet<ResponseType> = observed
        .stages
        .values()
        .filter_map(|stage| match &stage.served {
            Served::Exported(export) => Some(export),
            Served::NotRead | Served::NoSuchStage | Served::Unreadable(_) => None,
        })
        .flat_map(|export| export.responses.keys().copied())
        .filter(|response_type| gone.contains(response_type))
        .collect();
    if several(&served) {
        return served;
    }
    let lineage = observed.deployments.as_deref().map(Lineage::new);
    let was_more = lineage.as_ref().and_then(Lineage::newest).is_some_and(|journal| {
        journal.digest != customized_digest(&observed.configured.responses)
            && journal.digest != of_responses([])
    });
    if was_more && gone == wanted { gone } else { BTreeSet::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::deployment_note::Journal;
    use crate::state::digest::Digest;
    use crate::state::export_shows::ExportShows;
    use crate::state::observed::{Canary, StagePointer};

    /// `id@seconds<previous`: a deployment of gwr's for `prod`; without `<`, of others.
    fn deployments(text: &str) -> Vec<Deployment> {
        text.split_whitespace()
            .map(|word| {
                let (word, previous) = match word.split_once('<') {
                    Some((word, previous)) => (word, Some(previous)),
                    None => (word, None),
                };
                let (id, at) = word.split_once('@').expect("a date");
                let description = previous.map(|previous| {
                    Journal {
                        digest: Digest::of(&id),
                        run: id.to_owned(),
                        export: ExportShows::Snapshot,
                        previous: vec![("prod".to_owned(), previous.to_owned())],
                        message: String::new(),
                    }
                    .to_string()
                });
                Deployment { id: id.to_owned(), created_at: at.parse().ok(), description }
            })
            .collect()
    }

    fn at(pointer: &str, canary: Option<Canary>) -> ObservedStage {
        let deployment_id = Some(pointer.to_owned());
        ObservedStage {
            served: Served::NotRead,
            pointer: Some(StagePointer { deployment_id, canary }),
        }
    }

    #[test]
    fn how_often_a_stage_was_moved_back() {
        let none = BTreeSet::new();
        for (name, listed, pointer, times) in [
            ("where it should be", "b@2<a a@1", "b", None),
            ("back once", "b@2<a a@1", "a", Some(1)),
            ("after three in a row, once", "d@4<c c@3<b b@2<a a@1", "a", Some(1)),
            ("by one of three", "d@4<c c@3<b b@2<a a@1", "c", Some(1)),
            ("twice", "c@3<a b@2<a a@1", "a", Some(2)),
            ("twice, with work between", "d@4<c c@3<a b@2<a a@1", "a", Some(2)),
            ("an old quarrel is over", "d@4<c c@3<a b@2<a a@1", "c", Some(1)),
            ("all in one second", "c@1<a b@1<a a@1", "a", Some(2)),
            ("in one second, and not back", "b@1<a a@1", "b", None),
            ("others deployed since", "x@3 b@2<a a@1", "x", None),
            ("nobody's business", "x@3 a@1", "a", None),
            ("not listed yet", "b@2<a a@1", "new", None),
            ("not listed any more", "b@2<gone", "gone", Some(1)),
        ] {
            let listed = deployments(listed);
            let back = moved_back("prod", &at(pointer, None), Some(&listed), &none);
            assert_eq!(back.map(|back| back.times), times, "{name}");
            assert_eq!(
                moved_back("beta", &at(pointer, None), Some(&listed), &none),
                None,
                "{name}"
            );
            assert_eq!(moved_back("prod", &at(pointer, None), None, &none), None, "{name}");
        }
    }

    #[test]
    fn a_move_that_never_took_place_is_no_moving_back() {
        let listed = deployments("c@3<a b@2<a a@1");
        let unmoved = BTreeSet::from([("prod".to_owned(), "b".to_owned())]);
        let times = |unmoved: &BTreeSet<_>| {
            moved_back("prod", &at("a", None), Some(&listed), unmoved).map(|back| back.times)
        };
        assert_eq!(times(&BTreeSet::new()), Some(2));
        assert_eq!(times(&unmoved), Some(1));
    }

    #[test]
    fn what_was_made_for_a_canary_is_no_moving_back() {
        let canary =
            Canary { deployment_id: Some("b".to_owned()), percent_traffic: "10.0".to_owned() };
        let listed = deployments("b@2<a a@1");
        assert_eq!(
            moved_back("prod", &at("a", Some(canary)), Some(&listed), &BTreeSet::new()),
            None
        );
        assert_eq!(Lineage::new(&listed).newest().map(|j| j.run.as_str()), Some("b"));
    }
}
