//! Review: what must not be applied, or not without a person's word.
//!
//! In: a plan. Out: what is refused and why, and an [`Approved`] plan, which only
//! comes from here: what was not reviewed and approved cannot be applied.

use super::{Action, ApiTarget, ApiWork, Certainty, Consent, Foreign, Part, Plan, StagePlan};
use crate::state::desired::Limits;

/// Why something is not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The API concerned; `None` where the whole plan is refused.
    pub api: Option<ApiTarget>,
    pub message: String,
    /// What accepts it: a key of the file or a flag.
    pub way_out: String,
}

/// A plan that was looked at.
#[must_use]
#[derive(Clone, Debug)]
pub struct Reviewed {
    plan: Plan,
    refusals: Vec<Refusal>,
}

/// Who said yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Somebody typed `yes`.
    Typed,
    /// `--yes`
    Flag,
}

/// A plan that may be applied, without the APIs that were refused.
#[must_use]
#[derive(Clone, Debug)]
pub struct Approved {
    plan: Plan,
    pub by: Approval,
}

/// Checks limits over all plans, and each API by itself.
pub fn review(plan: Plan, limits: Limits) -> Reviewed {
    let refusals = refusals(&plan, limits);
    Reviewed { plan, refusals }
}

/// What of a plan apply would refuse, and why.
#[must_use]
pub fn refusals(plan: &Plan, limits: Limits) -> Vec<Refusal> {
    let mut refusals = limit_refusals(plan, limits);
    for (target, work) in plan.works().filter(|(_, work)| work.is_needed()) {
        refusals.extend(canary_refusals(target, work));
        refusals.extend(foreign_refusals(target, work));
        refusals.extend(hazard_refusals(target, work));
    }
    refusals
}

impl Reviewed {
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// Whether nothing of the plan may be applied.
    #[must_use]
    pub fn refuses_everything(&self) -> bool {
        self.refusals.iter().any(|refusal| refusal.api.is_none())
    }

    /// Whether anything that may be applied is left to do.
    #[must_use]
    pub fn has_approvable_work(&self) -> bool {
        !self.refuses_everything()
            && self.plan.works().any(|(target, work)| work.is_needed() && !self.refuses(target))
    }

    fn refuses(&self, target: &ApiTarget) -> bool {
        self.refusals.iter().any(|refusal| refusal.api.as_ref() == Some(target))
    }

    /// Takes a person's word for what is left after the refusals.
    pub fn approve(self, by: Approval) -> Approved {
        let mut plan = self.plan.clone();
        if self.refuses_everything() {
            plan.apis.clear();
        } else {
            plan.apis.retain(|api| !self.refuses(&api.target));
        }
        Approved { plan, by }
    }
}

impl Approved {
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }
}

fn limit_refusals(plan: &Plan, limits: Limits) -> Vec<Refusal> {
    let Limits { max_changes, max_resets } = limits;
    let changes = || plan.works().flat_map(|(_, work)| &work.changes);
    let resets = changes().filter(|(_, change)| change.action() == Action::Reset).count();
    let mut refusals = Vec::new();
    let mut check = |count: usize, limit: u32, what: &str, key: &str| {
        if count > usize::try_from(limit).unwrap_or(usize::MAX) {
            let plural = if count == 1 { "" } else { "s" };
            refusals.push(Refusal {
                api: None,
                message: format!(
                    "the plan has {count} {what}{plural}, more than the limit of {limit}"
                ),
                way_out: format!(
                    "look at the plan again; if it is right, set `{key} = {count}` under [limits], \
                     or select fewer APIs with --api"
                ),
            });
        }
    };
    check(changes().count(), max_changes, "change", "max_changes");
    check(resets, max_resets, "reset", "max_resets");
    refusals
}

/// A deployment to a stage with a canary would leave most or all of its traffic on
/// the old answers, and how the service takes a move of such a stage is not proven.
fn canary_refusals(target: &ApiTarget, work: &ApiWork) -> Vec<Refusal> {
    work.stages
        .iter()
        .filter(|stage| stage.is_deployed() && stage.part == Part::Stage)
        .filter_map(|StagePlan { name, canary, .. }| {
            let canary = canary.as_ref()?;
            Some(Refusal {
                api: Some(target.clone()),
                message: format!(
                    "stage `{name}` has canary settings ({} percent of its traffic)",
                    canary.percent_traffic
                ),
                way_out: "promote or remove the canary first, deploy to the canary with \
                          `--canary`, or leave the stage out of `stages`"
                    .to_owned(),
            })
        })
        .collect()
}

/// A deployment ships the whole API: undeployed work of others goes live with ours.
fn foreign_refusals(target: &ApiTarget, work: &ApiWork) -> Vec<Refusal> {
    // Stages that serve the same lack the same: that is said once.
    let mut found: Vec<(&Foreign, &StagePlan, Vec<&str>)> = Vec::new();
    for stage in work.stages.iter().filter(|stage| stage.consent == Consent::Refused) {
        let Some(foreign) = stage.foreign.as_ref().filter(|foreign| !foreign.is_empty()) else {
            continue;
        };
        match found.iter_mut().find(|(same, _, _)| same.digest() == foreign.digest()) {
            Some((_, _, stages)) => stages.push(&stage.name),
            None => found.push((foreign, stage, vec![&stage.name])),
        }
    }
    found
        .into_iter()
        .map(|(foreign, stage, stages)| Refusal {
            api: Some(target.clone()),
            message: format!(
                "stage `{}`: {}: {}",
                stages.join("`, `"),
                stage.foreign_words(),
                foreign.sentence()
            ),
            way_out: format!(
                "{} exactly this with `--accept-foreign {}`; or set `foreign_changes = \"warn\"` \
                 in the file",
                foreign_way_out(foreign),
                foreign.digest()
            ),
        })
        .collect()
}

fn foreign_way_out(foreign: &Foreign) -> &'static str {
    match foreign.certainty() {
        Certainty::Certain => {
            "ask the author of the change to deploy it; or review it with `gwr plan` and accept"
        }
        Certainty::Unread => {
            "grant the permission (`gwr policy apply` prints it); or, if you know that there \
             are no such changes, accept"
        }
        Certainty::Untold => {
            "ask the people who work on this API; if they have no undeployed \
            changes, accept"
        }
    }
}

fn hazard_refusals(target: &ApiTarget, work: &ApiWork) -> Vec<Refusal> {
    work.hazards
        .iter()
        .filter(|hazard| hazard.refuses)
        .map(|hazard| Refusal {
            api: Some(target.clone()),
            message: hazard.message.clone(),
            way_out: format!(
                "accept it with `--accept {id}` or `accept = [\"{id}\"]` in the file",
                id = hazard.id
            ),
        })
        .collect()
}
