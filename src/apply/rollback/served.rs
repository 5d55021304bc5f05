//! The configuration that a stage serves, read from its export: only once the stage is
//! there can it be asked, and only where exports show what is served is it an answer.

use std::collections::BTreeMap;

use time::Date;
use tokio::time::Instant;

use super::Configuration;
use super::from_record::entry;
use crate::apply::verify::Patience;
use crate::aws::{AwsError, Gateway};
use crate::model::ResponseType;
use crate::plan::{ApiTarget, Part, Request, customized_digest, export_digest, plan_api};
use crate::state::deployment_note::Journal;
use crate::state::desired::{DesiredApi, DesiredResponse, Ignore, Unlisted};
use crate::state::digest::{Digest, of_responses};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Export, ObservedApi, ObservedStage, Served, Unread};

/// What was known before the stage was moved, or before an interrupted rollback is
/// finished.
#[derive(Clone, Debug)]
pub struct Before {
    /// Where the stage is moved to, or is already.
    pub deployment: String,
    /// What exports of the account and region are known to show.
    pub shows: ExportShows,
    /// What of the stage is moved.
    pub part: Part,
    /// The export of the stage; `None` also where the stage was moved by an earlier run.
    pub export: Option<Export>,
    /// What gwr wrote of the deployment that the stage is moved to.
    pub journal: Option<Journal>,
    pub observed: ObservedApi,
}

/// Why the configuration cannot be restored to what is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrestored {
    /// A later run can succeed.
    Unread(UnreadServed),
    /// Exports do not show, or are not proven to show, what is served.
    NoEvidence(NoEvidence),
    /// The export and the description of the deployment contradict each other.
    Contradiction { described: Digest, exported: Digest },
}

/// Why it could not be read what a stage serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadServed {
    Call(AwsError),
    Export(Unread),
    NoStage(String),
    /// The export kept changing.
    Unsettled,
}

/// Why an export is not taken for what the stage serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEvidence {
    /// Exports show the configuration.
    Mirror,
    /// Exports list no gateway responses.
    Silent,
    /// Which half of a stage with a canary an export shows is not documented.
    Canary,
    /// The export equals the configuration, and nothing proves that exports show what is served.
    Unproven,
}

/// How the configuration compares with what a stage serves.
#[derive(Clone, Debug)]
pub enum Standing {
    AsServed,
    /// With the plan that restores it.
    Differs(Box<Configuration>),
    Unknown(Unrestored),
}

/// Compares the configuration with what a stage serves that was moved back already.
pub async fn compare_with_served(
    gateway: &Gateway,
    target: &ApiTarget,
    stage: &str,
    before: &Before,
    ignores: Vec<Ignore>,
    today: Date,
    patience: Patience,
) -> Standing {
    match read_served(gateway, target, stage, before, patience).await {
        Ok(export) => {
            let found = plan_as_served(target, stage, &export, before, ignores, today);
            if found.work.is_needed() {
                Standing::Differs(Box::new(found))
            } else {
                Standing::AsServed
            }
        }
        Err(contradiction @ Unrestored::Contradiction { .. }) => Standing::Unknown(contradiction),
        // Without a usable export, the digest that gwr wrote down decides.
        Err(Unrestored::Unread(_) | Unrestored::NoEvidence(_)) if before.is_as_described() => {
            Standing::AsServed
        }
        Err(why) => Standing::Unknown(why),
    }
}

impl Before {
    /// Whether the configuration is what gwr's description says of the deployment.
    fn is_as_described(&self) -> bool {
        let configured = customized_digest(&self.observed.configured.responses);
        self.journal.as_ref().is_some_and(|journal| journal.digest == configured)
    }
}

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
        return Err(Unrestored::NoEvidence(NoEvidence::Mirror));
    }
    let export = settled_export(gateway, target, stage, before, patience).await?;
    let lists = export_lists(gateway, target, &export, before).await;
    believe(&export, before, lists)?;
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
        let export = match served.map_err(|error| Unrestored::Unread(UnreadServed::Call(error)))? {
            Served::Exported(export) => export,
            Served::Unreadable(why) => {
                return Err(Unrestored::Unread(UnreadServed::Export(why)));
            }
            Served::NoSuchStage | Served::NotRead => {
                return Err(Unrestored::Unread(UnreadServed::NoStage(stage.to_owned())));
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
            return Err(Unrestored::Unread(UnreadServed::Unsettled));
        }
        last = Some(export);
        tokio::time::sleep(patience.between).await;
    }
}

/// Whether exports are known to list the gateway responses that a stage serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExportLists {
    GatewayResponses,
    /// This one lists none, and nothing shows that the server ever lists any.
    Nothing,
}

/// A server that exports no gateway responses at all, such as LocalStack, would pass for
/// one whose stage serves the defaults. AWS keeps a summary of each deployment; such
/// servers do not.
async fn export_lists(
    gateway: &Gateway,
    target: &ApiTarget,
    export: &Export,
    before: &Before,
) -> ExportLists {
    let listed = |export: &Export| !export.responses.is_empty();
    if listed(export) || before.export.as_ref().is_some_and(listed) {
        return ExportLists::GatewayResponses;
    }
    match gateway.kept_summary(&target.rest_api_id, &before.deployment).await {
        Ok(Some(summary)) if !summary.is_empty() => ExportLists::GatewayResponses,
        Ok(Some(_) | None) | Err(_) => ExportLists::Nothing,
    }
}

fn believe(export: &Export, before: &Before, lists: ExportLists) -> Result<(), Unrestored> {
    let served = export_digest(export);
    let configured = customized_digest(&before.observed.configured.responses);
    let silence = || Unrestored::NoEvidence(NoEvidence::Silent);
    match &before.journal {
        Some(journal) if journal.digest == served => return Ok(()),
        Some(journal) if export.responses.is_empty() && journal.digest != of_responses([]) => {
            return Err(silence());
        }
        Some(journal) => {
            return Err(Unrestored::Contradiction {
                described: journal.digest.clone(),
                exported: served,
            });
        }
        None if before.part == Part::Canary => {
            return Err(Unrestored::NoEvidence(NoEvidence::Canary));
        }
        None => {}
    }
    if lists == ExportLists::Nothing && configured != of_responses([]) {
        return Err(silence());
    }
    if before.shows == ExportShows::Unproven && served == configured {
        return Err(Unrestored::NoEvidence(NoEvidence::Unproven));
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
