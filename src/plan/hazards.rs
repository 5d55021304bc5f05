//! What could go wrong with the plan of an API.
//!
//! Each finding is data: an id of the table in [`crate::diagnostic::hazard`], what to tell the one
//! who reads it at night, and whether apply refuses. What refuses is what would fight
//! another owner or take something away from clients; the rest is worth knowing.

use std::collections::BTreeSet;

use super::owners::{MovedBack, moved_back, wiped};
use super::stages::StagePlan;
use super::takeover::takeover;
use super::{Change, Effect, Request};
use crate::diagnostic::hazard::{Hazard, HazardId};
use crate::diagnostic::severity::Severity;
use crate::lint::{Finding, Spot, lint};
use crate::model::{Headers, ResponseType};
use crate::state::desired::{DeployPolicy, DesiredApi};
use crate::state::effective::Source;
use crate::state::observed::ObservedApi;

/// The parts of a plan that hazards are found in.
pub(super) struct Draft<'a> {
    pub changes: &'a [(ResponseType, Change)],
    pub effects: &'a [Effect],
    pub stages: &'a [StagePlan],
    pub status_unknowable: bool,
}

/// Everything that there is to say of an API's plan, those that refuse first.
pub(super) fn hazards(
    desired: &DesiredApi,
    observed: &ObservedApi,
    draft: &Draft<'_>,
    request: &Request,
) -> Vec<Hazard> {
    let accepted: BTreeSet<String> = desired.accept.union(&request.accept).cloned().collect();
    let mut found = Vec::new();
    found.extend(reverted_stages(desired, observed, draft, request, &accepted));
    found.extend(wiped_hazard(desired, observed, draft, &accepted));
    found.extend(lost_cors(draft, &accepted));
    found.extend(takeover(desired, observed, draft.changes, &accepted));
    found.extend(family_defaults(draft));
    if draft.status_unknowable {
        found.push(status_unknowable(desired));
    }
    if !draft.changes.is_empty() || draft.stages.iter().any(StagePlan::is_deployed) {
        found.extend(cloudformation(observed));
        found.extend(lint_findings(desired, draft));
    }
    found
}

/// Every stage that would be moved although another client moved it back. gwr warns the first
/// time, and refuses when it happens again.
fn reverted_stages(
    desired: &DesiredApi,
    observed: &ObservedApi,
    draft: &Draft<'_>,
    request: &Request,
    accepted: &BTreeSet<String>,
) -> Vec<Hazard> {
    if desired.deploy == DeployPolicy::Never {
        return Vec::new();
    }
    let deployments = observed.deployments.as_deref();
    draft
        .stages
        .iter()
        .filter(|stage| stage.is_deployed() || stage.is_unknown())
        .filter_map(|stage| {
            moved_back(
                &stage.name,
                observed.stages.get(&stage.name)?,
                deployments,
                &request.unmoved,
            )
            .map(|back| (&stage.name, back))
        })
        .map(|(stage, MovedBack { pointer, later, times })| {
            let first = format!(
                "stage `{stage}` points at deployment {pointer}, behind deployment {later} that \
                 gwr made for it later"
            );
            let cause = "somebody moved it back (Terraform, CloudFormation, a person, or a \
                         rollback), or the move never took place";
            if times > 1 {
                let message = format!(
                    "{first}, and this is not the first time ({times} deployments were left \
                     behind): {cause}. {}",
                    ways_out(desired)
                );
                HazardId::MovedBack.hazard(message, accepted)
            } else {
                HazardId::MovedBack.remark(format!(
                    "{first}: {cause}. Apply moves it forward; if it comes back once more, apply \
                     refuses. {}",
                    ways_out(desired)
                ))
            }
        })
        .collect()
}

/// How two owners of one API get along.
fn ways_out(desired: &DesiredApi) -> String {
    format!(
        "Three ways out: (1) let the stage's owner ignore its deployment (Terraform: `lifecycle \
         {{ ignore_changes = [deployment_id] }}` on the aws_api_gateway_stage); (2) set `deploy = \
         \"never\"` under [apis.{key}], and put its `desired_digest` ({digest}) into the owner's \
         triggers, so that the owner deploys; (3) give the owner of an OpenAPI document what `gwr \
         drift --emit openapi --api {key}` prints, to be imported with the rest",
        key = desired.key,
        digest = super::desired_digest(desired),
    )
}

/// An import took the responses away, or a person did; putting them back every day
/// helps nobody.
fn wiped_hazard(
    desired: &DesiredApi,
    observed: &ObservedApi,
    draft: &Draft<'_>,
    accepted: &BTreeSet<String>,
) -> Option<Hazard> {
    let types: Vec<ResponseType> = wiped(desired, observed)
        .into_iter()
        .filter(|gone| draft.changes.iter().any(|(changed, _)| changed == gone))
        .collect();
    if types.len() < 2 {
        return None;
    }
    let message = format!(
        "{} managed types are back at their default at once ({}): most likely an OpenAPI import \
         that overwrites (PutRestApi, SAM, CDK's SpecRestApi), which takes away what its document \
         does not hold. If it runs nightly, what apply restores is gone by tomorrow. The ways out: \
         give the document's owner what `gwr drift --emit openapi --api {key}` prints; or let the \
         import merge (`mode=merge`); or, if it was done once and by mistake, accept this and apply",
        types.len(),
        names(&types),
        key = desired.key,
    );
    Some(HazardId::Wiped.hazard(message, accepted))
}

/// A browser shows nothing of an answer without these headers, not even its status.
fn lost_cors(draft: &Draft<'_>, accepted: &BTreeSet<String>) -> Option<Hazard> {
    let losing = losing(draft);
    if losing.is_empty() {
        return None;
    }
    let types: Vec<ResponseType> = losing.iter().map(|(response_type, _)| *response_type).collect();
    let headers: BTreeSet<&str> =
        losing.iter().flat_map(|(_, headers)| headers).map(String::as_str).collect();
    let headers: Vec<&str> = headers.into_iter().collect();
    let inherited = losing.iter().any(|(response_type, _)| {
        draft.effects.iter().any(|effect| {
            effect.response_type == *response_type
                && matches!(effect.before.source, Source::FamilyDefault(_))
                && effect.after.source == Source::Own
        })
    });
    let why = if inherited {
        "; a type with an entry of its own inherits no header of its family default, so name the \
         headers there too"
    } else {
        ""
    };
    let message = format!(
        "clients lose {} on {}: cross-origin requests will fail with a network error instead of \
         showing the answer{why}",
        headers.join(", "),
        names(&types),
    );
    Some(HazardId::LostCors.hazard(message, accepted))
}

/// The types whose clients get fewer CORS headers, and which they lose.
fn losing(draft: &Draft<'_>) -> Vec<(ResponseType, Vec<String>)> {
    draft
        .effects
        .iter()
        .map(|effect| (effect.response_type, lost(&effect.before.headers, &effect.after.headers)))
        .filter(|(_, headers)| !headers.is_empty())
        .collect()
}

/// The CORS headers of `before` that `after` has not; names know no case.
fn lost(before: &Headers, after: &Headers) -> Vec<String> {
    before
        .keys()
        .filter(|name| name.lower().starts_with("access-control-"))
        .filter(|name| !after.keys().any(|kept| kept.same_as(name)))
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// One change, and many types answer otherwise.
fn family_defaults(draft: &Draft<'_>) -> Vec<Hazard> {
    draft
        .changes
        .iter()
        .filter(|(changed, _)| changed.is_family_default())
        .filter_map(|(family, _)| {
            let types: Vec<ResponseType> = draft
                .effects
                .iter()
                .filter(|effect| {
                    let follows = Source::FamilyDefault(*family);
                    effect.before.source == follows || effect.after.source == follows
                })
                .map(|effect| effect.response_type)
                .collect();
            let reached = match types.len() {
                1 => "1 type".to_owned(),
                several => format!("{several} types"),
            };
            let message = format!(
                "{family} answers for every type of its family without an entry of its own: this \
                 change reaches {reached}"
            );
            (!types.is_empty()).then(|| HazardId::FamilyDefault.remark(message))
        })
        .collect()
}

fn status_unknowable(desired: &DesiredApi) -> Hazard {
    HazardId::StatusUnknowable.remark(format!(
        "INTEGRATION_FAILURE of `{}` reads 504, which AWS shows whether a status is set or not: \
         clients get 504 if it is, and 500, 502 or 504 by cause if it is not. Make it certain with \
         `--rewrite INTEGRATION_FAILURE` (one PutGatewayResponse and a deployment)",
        desired.key
    ))
}

/// CloudFormation tags what it makes. A stack that is updated may put its own gateway
/// responses and its own deployment back.
fn cloudformation(observed: &ObservedApi) -> Option<Hazard> {
    let tags = &observed.tags;
    if !tags.keys().any(|key| key.starts_with("aws:cloudformation:")) {
        return None;
    }
    let stack = match tags.get("aws:cloudformation:stack-name") {
        Some(stack) => format!("the CloudFormation stack `{stack}` owns this API"),
        None => "a CloudFormation stack owns this API".to_owned(),
    };
    Some(HazardId::CloudformationOwned.remark(format!(
        "{stack}: its next update may move the stage back to the stack's own deployment, and \
         overwrite what the stack defines itself"
    )))
}

/// What the lint rules say of the file, where there is something to do: what is done is
/// not told for ever. Notes only about what changes, and nothing that `lost-cors` says with
/// more knowledge.
fn lint_findings(desired: &DesiredApi, draft: &Draft<'_>) -> Vec<Hazard> {
    let losing = losing(draft);
    let loses = |of| losing.iter().any(|(losing, _)| Some(*losing) == of);
    let changes = |of| {
        draft.changes.iter().any(|(changed, change)| Some(*changed) == of && change.to().is_some())
    };
    lint(desired)
        .into_iter()
        .filter(|finding| !matches!(finding.spot, Spot::Allow(_)))
        .filter(|finding| finding.severity != Severity::Note || changes(finding.response_type))
        .filter(|finding| finding.rule.id != SHADOWED_CORS || !loses(finding.response_type))
        .map(|finding| {
            let Finding { rule, message, help, .. } = finding;
            let message = match help {
                Some(help) => format!("{message}. What to do: {help}"),
                None => message,
            };
            Hazard { id: rule.id.to_owned(), message, refuses: false }
        })
        .collect()
}

/// Says what `lost-cors` says, without knowing what is live.
const SHADOWED_CORS: &str = "shadowed-cors";

fn names(types: &[ResponseType]) -> String {
    types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
