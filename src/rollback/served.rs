//! The configuration that a stage serves, read from its export: only once the stage is
//! there can it be asked, and only where exports show what is served is it an answer.

use std::collections::BTreeMap;

use time::Date;
use tokio::time::Instant;

use super::Configuration;
use super::from_record::entry;
use crate::aws::Gateway;
use crate::desired::{DesiredApi, DesiredResponse, Ignore, Unlisted};
use crate::digest::of_responses;
use crate::journal::{ExportShows, Journal};
use crate::model::ResponseType;
use crate::observed::{Export, ObservedApi, ObservedStage, Served};
use crate::plan::{ApiTarget, Part, Request, customized_digest, export_digest, plan_api};
use crate::verify::Patience;

/// What was known before the stage was moved.
#[derive(Clone, Debug)]
pub struct Before {
    /// What exports of the account and region are known to show.
    pub shows: ExportShows,
    /// What of the stage is moved.
    pub part: Part,
    /// The export of the stage.
    pub export: Option<Export>,
    /// What gwr wrote of the deployment that the stage is moved to.
    pub journal: Option<Journal>,
    pub observed: ObservedApi,
}

/// Why the configuration cannot be brought to what is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrestored(pub String);

/// Reads what a stage serves until it is settled, and judges whether to believe it.
///
/// # Errors
/// When there is no answer to believe; the text says why.
pub async fn read_served(
    gateway: &Gateway,
    target: &ApiTarget,
    stage: &str,
    before: &Before,
    patience: Patience,
) -> Result<Export, Unrestored> {
    if before.shows == ExportShows::Mirror {
        return Err(Unrestored(
            "exports here show the configuration and not what a stage serves".to_owned(),
        ));
    }
    let export = settled_export(gateway, target, stage, before, patience).await?;
    believe(&export, before)?;
    Ok(export)
}

/// After a move a stage can answer new and old by turns for some seconds: the same
/// several times in a row counts, and what the journal says counts first.
async fn settled_export(
    gateway: &Gateway,
    target: &ApiTarget,
    stage: &str,
    before: &Before,
    patience: Patience,
) -> Result<Export, Unrestored> {
    let begun = Instant::now();
    let mut last: Option<Export> = None;
    let mut same = 0;
    loop {
        let served = gateway.export(&target.rest_api_id, stage).await;
        let export = match served.map_err(|error| Unrestored(crate::read::describe(&error)))? {
            Served::Exported(export) => export,
            Served::Unreadable(why) => {
                return Err(Unrestored(format!("its export could not be read: {}", why.details())));
            }
            Served::NoSuchStage | Served::NotRead => {
                return Err(Unrestored(format!("stage `{stage}` is not there any more")));
            }
        };
        same = if last.as_ref().is_some_and(|last| last.responses == export.responses) {
            same + 1
        } else {
            1
        };
        let expected = match &before.journal {
            Some(journal) => export_digest(&export) == journal.digest,
            None => true,
        };
        if same >= patience.good_answers && (expected || begun.elapsed() >= patience.silence) {
            return Ok(export);
        }
        if begun.elapsed() >= patience.limit {
            return Err(Unrestored("its export does not come to rest".to_owned()));
        }
        last = Some(export);
        tokio::time::sleep(patience.between).await;
    }
}

fn believe(export: &Export, before: &Before) -> Result<(), Unrestored> {
    let served = export_digest(export);
    let configured = customized_digest(&before.observed.configured.responses);
    match &before.journal {
        Some(journal) if journal.digest == served => return Ok(()),
        Some(journal) => {
            return Err(Unrestored(format!(
                "the deployment's description says {}, and the stage's export {}: exports here may \
                 show something else than what is served",
                journal.digest.short(),
                served.short()
            )));
        }
        None if before.part == Part::Canary => {
            return Err(Unrestored(
                "which half of a stage with a canary an export shows is not proven".to_owned(),
            ));
        }
        None => {}
    }
    // A server that exports no gateway responses at all would pass for defaults.
    let silent = export.responses.is_empty()
        && before.export.as_ref().is_none_or(|export| export.responses.is_empty())
        && configured != of_responses([]);
    if silent {
        return Err(Unrestored(
            "the exports of this stage list no gateway responses, before or after the move"
                .to_owned(),
        ));
    }
    if before.shows == ExportShows::Unproven && served == configured {
        return Err(Unrestored(
            "the stage's export equals the configuration, and nobody has proven here that exports \
             show what is served"
                .to_owned(),
        ));
    }
    Ok(())
}

/// The plan that brings the configuration to what the stage serves. What `ignores` names
/// stays as it is.
#[must_use]
pub fn plan_as_served(
    target: &ApiTarget,
    stage: &str,
    export: &Export,
    before: &Before,
    ignores: Vec<Ignore>,
    today: Date,
) -> Configuration {
    let unset = before.journal.as_ref().is_some_and(Journal::leaves_integration_failure_unset);
    let responses: BTreeMap<ResponseType, DesiredResponse> = export
        .responses
        .iter()
        .map(|(response_type, entry)| {
            let mut written = entry.clone();
            if *response_type == ResponseType::IntegrationFailure && unset {
                written.status = None;
            }
            (*response_type, DesiredResponse::Customized(written))
        })
        .collect();
    let desired = DesiredApi { responses, ignores, unlisted: Unlisted::Reset, ..entry(target) };
    let mut observed = before.observed.clone();
    // What the stage served before is a witness of what is configured.
    if let Some(export) = &before.export {
        let seen = ObservedStage {
            served: Served::Exported(export.clone()),
            pointer: observed.stages.get(stage).and_then(|stage| stage.pointer.clone()),
        };
        observed.stages.insert(stage.to_owned(), seen);
    }
    let work = plan_api(&desired, &observed, before.shows, &Request::default(), today);
    Configuration { desired, observed, work }
}
