//! Which deployment came after which, and for which stage gwr made it.
//!
//! The dates of deployments are whole seconds. Two in the same second are ordered by their
//! journals, which name the deployments that the stages pointed at before. A deployment
//! that neither orders does not count as later.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::deployment_note::Journal;
use crate::state::observed::Deployment;

/// The deployments of an API with what their journals say.
pub(crate) struct Lineage<'a> {
    deployments: &'a [Deployment],
    /// Of gwr's deployments, by id.
    journals: BTreeMap<&'a str, Journal>,
}

impl<'a> Lineage<'a> {
    /// `deployments` as they are listed: newest first.
    pub fn new(deployments: &'a [Deployment]) -> Self {
        let journals = deployments
            .iter()
            .filter_map(|deployment| {
                let journal = Journal::parse(deployment.description.as_deref()?)?;
                Some((deployment.id.as_str(), journal))
            })
            .collect();
        Self { deployments, journals }
    }

    /// The newest deployment of gwr's that it has not taken a stage back from.
    pub fn newest(&self) -> Option<&Journal> {
        let first = self.kept().next()?;
        let newest = self
            .kept()
            .take_while(|other| other.created_at == first.created_at)
            .find(|one| !self.kept().any(|other| self.descends(&other.id, &one.id)))
            .unwrap_or(first);
        self.journals.get(newest.id.as_str())
    }

    /// The deployments that gwr made for a stage, newest first: with the journal, and
    /// the deployment that the stage pointed at before.
    pub fn made_for<'b>(
        &'b self,
        stage: &'b str,
    ) -> impl Iterator<Item = (&'b str, &'b Journal, &'b str)> {
        self.gwr().filter_map(move |deployment| {
            let journal = self.journals.get(deployment.id.as_str())?;
            let previous = journal.previous_of(stage)?;
            Some((deployment.id.as_str(), journal, previous))
        })
    }

    /// Whether one deployment is known to have been made after another.
    pub fn is_later(&self, one: &str, other: &str) -> bool {
        let date = |id: &str| self.deployments.iter().find(|d| d.id == id)?.created_at;
        match (date(one), date(other)) {
            (Some(one), Some(other)) if one != other => one > other,
            _ => self.descends(one, other),
        }
    }

    /// The journal of one of gwr's deployments.
    pub fn journal(&self, id: &str) -> Option<&Journal> {
        self.journals.get(id)
    }

    /// The newest deployment that gwr made for a stage.
    pub fn newest_for<'b>(&'b self, stage: &'b str) -> Option<(&'b str, &'b Journal)> {
        let made: Vec<&str> = self.made_for(stage).map(|(id, _, _)| id).collect();
        self.newest_of(&made)
    }

    /// gwr's newest deployment that a stage has left for an older one, or never reached.
    /// `None` where the stage points at a deployment that gwr neither made for it nor
    /// replaced, unless gwr noted that it moved the stage back.
    pub fn left_by(&self, stage: &str, pointer: &str) -> Option<&str> {
        let is_reverted = |journal: &Journal| journal.taken_back().any(|name| name == stage);
        let concerns =
            |journal: &Journal| journal.previous_of(stage).is_some() || is_reverted(journal);
        let later: Vec<&str> = self
            .gwr()
            .map(|one| one.id.as_str())
            .filter(|id| *id != pointer && self.is_later(id, pointer))
            .filter(|id| self.journal(id).is_some_and(concerns))
            .collect();
        let (newest, journal) = self.newest_of(&later)?;
        let is_known =
            self.made_for(stage).any(|(id, _, previous)| id == pointer || previous == pointer);
        (is_known || is_reverted(journal)).then_some(newest)
    }

    /// The first that no other one comes after.
    fn newest_of<'b>(&'b self, ids: &[&'b str]) -> Option<(&'b str, &'b Journal)> {
        let last = |id: &&&str| !ids.iter().any(|other| self.is_later(other, id));
        let newest = *ids.iter().find(last).or(ids.first())?;
        Some((newest, self.journal(newest)?))
    }

    fn kept(&self) -> impl Iterator<Item = &Deployment> {
        self.gwr().filter(|one| {
            self.journals.get(one.id.as_str()).is_some_and(|j| j.taken_back().next().is_none())
        })
    }

    fn gwr(&self) -> impl Iterator<Item = &Deployment> {
        self.deployments.iter().filter(|one| self.journals.contains_key(one.id.as_str()))
    }

    /// Whether following `prev` from one deployment leads to the other.
    fn descends(&self, one: &str, other: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![one];
        while let Some(id) = open.pop() {
            let Some(journal) = self.journals.get(id) else { continue };
            for (_, previous) in &journal.previous {
                if previous == other {
                    return true;
                }
                if seen.insert(previous.as_str()) {
                    open.push(previous);
                }
            }
        }
        false
    }
}
