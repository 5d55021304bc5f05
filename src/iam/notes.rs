//! What a policy cannot say, for whoever is to grant it.

use std::collections::BTreeSet;

use super::calls::{managed, writes_any_type};
use super::{Document, Grantee, LARGEST_MANAGED_POLICY, Verb};

/// Sentences about what the policy allows beyond what is needed, and why.
#[must_use]
pub fn notes(verb: Verb, apis: &[Grantee], document: &Document) -> Vec<String> {
    let mut notes = Vec::new();
    let any = |is: fn(&Grantee) -> bool| apis.iter().any(is);
    for found_by in ["its name", "its tags"] {
        let keys: Vec<&str> = apis
            .iter()
            .filter(|api| api.rest_api_id.is_none() && api.found_by == Some(found_by))
            .map(|api| api.key.as_str())
            .collect();
        if !keys.is_empty() {
            notes.push(format!(
                "Found by {found_by}, so that the id is not known offline: {}. The policy is for \
                 every API of the region there; `--resolve` asks AWS for the ids.",
                keys.join(", ")
            ));
        }
    }
    if any(|api| api.region.is_none()) {
        notes.push(
            "No region is set in the file, by --region or by AWS_REGION: the policy is for all of \
             them, in the partition aws."
                .to_owned(),
        );
    }
    if any(|api| api.found_by.is_some()) {
        notes.push("GET on /restapis lists every API of the region; it cannot be less.".to_owned());
    }
    if verb == Verb::Apply && any(|api| api.deploys) {
        notes.push(
            "A deployment ships the whole API: POST on deployments cannot be narrowed to gateway \
             responses. It is sent without a stage, and refused for others than the file's; which \
             stage serves a deployment is pinned by PATCH on that stage."
                .to_owned(),
        );
        notes.push(
            "The ids of deployments are not known before they are made: DELETE on deployments/* is \
             for one that turned out unusable. AWS itself keeps those that a stage serves."
                .to_owned(),
        );
    }
    if verb == Verb::Prune {
        notes.push(
            "Which deployments go is not known before: DELETE is for all of them.".to_owned(),
        );
    }
    if matches!(verb, Verb::Apply | Verb::Rollback) && any(|api| !api.stages.is_empty()) {
        notes.push(
            "PATCH on a stage also changes its other settings; AWS has nothing narrower."
                .to_owned(),
        );
    }
    if apis.iter().any(|api| writes_any_type(verb, api)) {
        if verb == Verb::Rollback {
            notes.push(
                "PATCH on deployments/* writes into a deployment's description that gwr itself took \
                 a stage back from it. Without it the stage comes back all the same, and later runs \
                 take that for somebody else's work."
                    .to_owned(),
            );
        }
        notes.push(if verb == Verb::Rollback {
            "A rollback brings back whatever was served: it may write every type.".to_owned()
        } else {
            "`unlisted = \"reset\"` may reset every type.".to_owned()
        });
    } else if verb == Verb::Apply && apis.iter().all(|api| managed(api).next().is_none()) {
        notes.push("The file manages no type yet, so that no write of one is allowed.".to_owned());
    }
    if apis.iter().any(|api| !api.stages.is_empty())
        && verb != Verb::Prune
        && verb != Verb::Deployments
    {
        notes.push(
            "AWS does not document which resource an export is checked as, so that a stage and \
             what is below its exports are both there."
                .to_owned(),
        );
    }
    let accounts: BTreeSet<&str> = apis.iter().map(|api| api.account.as_str()).collect();
    if accounts.len() > 1 {
        notes.push(format!(
            "It covers several accounts ({}), and ARNs of API Gateway name none: for one account, \
             select its APIs with --api.",
            accounts.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    let length = document.length();
    if length > LARGEST_MANAGED_POLICY {
        notes.push(format!(
            "It has {length} characters, and a managed policy at most {LARGEST_MANAGED_POLICY}: \
             make several with --api."
        ));
    }
    notes
}
