//! What a policy cannot say, for the person who grants it.

use std::collections::BTreeSet;

use super::calls::{finds_by_live_name, managed};
use super::document::{Document, LARGEST_MANAGED_POLICY};
use super::grantee::{Grantee, Resets, Verb, Where};
use super::split::Part;

/// "Managed policies attached to an IAM role": the quota as it is, and as it can be raised.
const MANAGED_POLICIES: (usize, usize) = (10, 20);

/// Sentences about what the policy allows beyond what is needed, and why. `parts` are the
/// policies that it is to be made of where it is too long.
#[must_use]
pub fn notes(verb: Verb, apis: &[Grantee], document: &Document, parts: &[Part]) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(of_finding(verb, apis));
    notes.extend(of_deploying(verb, apis));
    notes.extend(of_types(verb, apis));
    notes.extend(of_stages(verb, apis));
    let accounts: BTreeSet<&str> = apis.iter().map(|api| api.account.as_str()).collect();
    if accounts.len() > 1 {
        notes.push(format!(
            "It covers several accounts ({}), and API Gateway ARNs do not contain an account: for one account, \
             select its APIs with --api.",
            accounts.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    notes.extend(of_length(verb, apis, document, parts));
    notes
}

/// Which APIs, and where they are.
fn of_finding(verb: Verb, apis: &[Grantee]) -> Vec<String> {
    let mut notes = Vec::new();
    for found_by in ["its name", "its tags"] {
        let keys: Vec<&str> = apis
            .iter()
            .filter(|api| api.rest_api_id.is_none() && api.found_by == Some(found_by))
            .map(|api| api.key.as_str())
            .collect();
        if !keys.is_empty() {
            notes.push(format!(
                "Found by {found_by}, so the id is unknown offline: {}. The policy is for every \
                 API of the region there; `--resolve` asks AWS for the ids.",
                keys.join(", ")
            ));
        }
    }
    let partitions: BTreeSet<&str> = apis
        .iter()
        .filter_map(|api| match &api.place {
            Where::AnyRegion { partition } => Some(*partition),
            Where::Region(_) => None,
        })
        .collect();
    if !partitions.is_empty() {
        notes.push(format!(
            "No region is set in the file, by --region or by AWS_REGION: the policy is for all of \
             them, in the partition {}.",
            partitions.into_iter().collect::<Vec<_>>().join(" and ")
        ));
    }
    if verb == Verb::Import {
        notes.push(
            "GET on /restapis lists every API of the region, for `--name` and `--all`; an import \
             with `--api-id` alone does without it."
                .to_owned(),
        );
    } else if apis.iter().any(|api| api.found_by.is_some()) {
        notes.push("GET on /restapis lists every API of the region; it cannot be less.".to_owned());
    }
    // Where it deploys, the API itself is read anyway.
    let reads_it_anyway = |api: &Grantee| matches!(verb, Verb::Plan | Verb::Apply) && api.deploys();
    if apis.iter().any(|api| finds_by_live_name(verb, api) && !reads_it_anyway(api)) {
        notes.push(
            "GET on /restapis/ID is for `--api NAME` by the name of a live API, which the file \
             does not say."
                .to_owned(),
        );
    }
    notes
}

/// Deployments and stages.
fn of_deploying(verb: Verb, apis: &[Grantee]) -> Vec<String> {
    let moves_stages = |api: &Grantee| match verb {
        Verb::Apply => api.deploys(),
        Verb::Rollback => api.has_stages(),
        Verb::Plan
        | Verb::Drift
        | Verb::Explain
        | Verb::Import
        | Verb::Deployments
        | Verb::Prune => false,
    };
    let mut notes = Vec::new();
    let any_moves = apis.iter().any(moves_stages);
    if any_moves && verb == Verb::Apply {
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
            "The deployments to remove are not known in advance: DELETE is allowed for all of them.".to_owned(),
        );
    }
    if any_moves {
        notes.push(
            "PATCH on a stage also changes its other settings; AWS has nothing narrower."
                .to_owned(),
        );
        notes.push(
            "PATCH on deployments/* records in a deployment's description that gwr reverted a stage \
             from it. Without it the stage is still reverted, but later runs attribute that to \
             another client."
                .to_owned(),
        );
    }
    notes
}

/// Which types may be written.
fn of_types(verb: Verb, apis: &[Grantee]) -> Vec<String> {
    match verb {
        Verb::Rollback => {
            vec!["A rollback restores what was served: it may write every type.".to_owned()]
        }
        Verb::Apply => {
            let mut notes = Vec::new();
            if apis.iter().any(|api| api.unlisted == Resets::Any) {
                notes.push(
                    "`unlisted = \"reset\"` may reset every type that the file does not customise: \
                     DELETE is for all of them."
                        .to_owned(),
                );
            }
            if apis.iter().any(|api| matches!(api.unlisted, Resets::These(_))) {
                notes.push(
                    "`unlisted = \"reset\"` may reset every type that the file neither customises \
                     nor ignores: these are listed."
                        .to_owned(),
                );
            }
            let writes_none =
                |api: &Grantee| managed(api).next().is_none() && api.unlisted == Resets::None;
            if apis.iter().all(writes_none) {
                notes.push(
                    "The file manages no type yet, so that no write of one is allowed.".to_owned(),
                );
            }
            notes
        }
        Verb::Plan
        | Verb::Drift
        | Verb::Explain
        | Verb::Import
        | Verb::Deployments
        | Verb::Prune => Vec::new(),
    }
}

/// What is looked at.
fn of_stages(verb: Verb, apis: &[Grantee]) -> Vec<String> {
    let mut notes = Vec::new();
    let looks = match verb {
        Verb::Plan | Verb::Apply | Verb::Drift | Verb::Explain | Verb::Rollback => true,
        // Whole histories, or whichever stages there are.
        Verb::Import | Verb::Deployments | Verb::Prune => false,
    };
    if looks && apis.iter().any(|api| !api.stages.is_empty()) {
        notes.push(
            "AWS does not document which resource an export is checked as, so that a stage and \
             what is below its exports are both there."
                .to_owned(),
        );
    }
    let ignored: Vec<String> = apis
        .iter()
        .filter(|api| !api.ignored_stages.is_empty())
        .map(|api| format!("{}: {}", api.key, api.ignored_stages.join(", ")))
        .collect();
    if looks && verb != Verb::Rollback && !ignored.is_empty() {
        notes.push(format!(
            "Stages that the file ignores are not included ({}): generate the policy again when they no longer are.",
            ignored.join("; ")
        ));
    }
    notes
}

fn of_length(verb: Verb, apis: &[Grantee], document: &Document, parts: &[Part]) -> Option<String> {
    let length = document.length();
    let largest = parts.iter().map(|part| part.length).max()?;
    let number = parts.len();
    let (usual, most) = MANAGED_POLICIES;
    let mut note = format!(
        "It has {length} characters without blanks, and a managed policy takes \
         {LARGEST_MANAGED_POLICY}: made for some of the APIs each, with --api, it is {number} of at \
         most {largest}. A role takes {usual} managed policies, or up to {most} once that quota is \
         raised."
    );
    if largest > LARGEST_MANAGED_POLICY {
        note += " A table that matches many APIs is split by their live names.";
    }
    let everywhere: Vec<Grantee> =
        apis.iter().map(|api| Grantee { rest_api_id: None, ..api.clone() }).collect();
    let wide = Document::new(verb, &everywhere).length();
    if number > usual && wide <= LARGEST_MANAGED_POLICY {
        note += &format!(
            " One policy with `*` in the place of the ids has {wide}, and is for every API of the \
             region."
        );
    }
    if number > most {
        note += " Narrower than that are several roles, each for some of the APIs.";
    }
    Some(note)
}
