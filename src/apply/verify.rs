//! Verifying: a stage is asked until it serves what is wanted, and the configuration
//! is read and planned again: what is left after an apply is a defect.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::outcome::CheckFailure;
use crate::aws::Gateway;
use crate::model::{Live, ResponseType};
use crate::plan::{Evidence, Foreign, serves};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Export, Served, Unread};

/// How long and how often a stage is asked.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After a deployment a stage can answer new, then old again for some seconds
    /// (recorded on AWS): so many good answers in a row are believed.
    pub good_answers: u64,
    pub between: Duration,
    /// The whole time for one stage. The delay is not documented; users report up to
    /// a minute for edge-optimized APIs.
    pub limit: Duration,
    /// The time after which an export that lists no gateway response at all is taken
    /// for one of a server that exports none.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            good_answers: crate::plan::GOOD_ANSWERS,
            between: Duration::from_millis(300),
            limit: Duration::from_secs(60),
            silence: Duration::from_secs(8),
        }
    }
}

impl Patience {
    /// The same number of answers, asked for at shorter intervals.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            between: self.between.mul_f64(factor),
            silence: self.silence.mul_f64(factor),
            ..self
        }
    }
}

/// What was found of one stage.
#[derive(Clone, Debug, PartialEq)]
pub enum StageCheck {
    /// It serves what is wanted; with the last export, where one was had.
    Serves(Evidence, Option<Export>),
    /// It still serves these types otherwise at the end of the time limit.
    Differs(Vec<ResponseType>),
    /// It serves changes of others that the plan did not list.
    Unlisted(Foreign),
    /// It has no export that could be read. The description of its deployment says what
    /// that holds.
    Unread(Unread),
    Unknown(CheckFailure),
}

/// What is looked at in every export of a moved stage, so that it is moved back at once:
/// what it serves of others' work that was not listed.
#[derive(Clone, Copy)]
pub enum Watch<'a> {
    Stage(&'a Unlisted<'a>),
    /// Which half an export of a stage with a canary shows is not documented: the export can
    /// show what was not listed, and does not prove that the stage is verified.
    Canary(&'a Unlisted<'a>),
}

/// Finds in an export what the plan did not list.
pub type Unlisted<'a> = dyn Fn(&Export) -> Option<Foreign> + Send + Sync + 'a;

/// Asks a stage until it serves every type as it is configured.
///
/// Where exports are known to mirror the configuration they prove nothing, and the
/// digest in the deployment's description is all there is. So it is with a server
/// that exports no gateway responses, such as LocalStack.
pub async fn verify_stage(
    gateway: &Gateway,
    api: &str,
    stage: &str,
    wanted: &BTreeMap<ResponseType, Live>,
    shows: ExportShows,
    patience: Patience,
    watch: Watch<'_>,
) -> StageCheck {
    let (Watch::Stage(unlisted) | Watch::Canary(unlisted)) = watch;
    if shows == ExportShows::Mirror || matches!(watch, Watch::Canary(_)) {
        let export = match gateway.export(api, stage).await {
            Ok(Served::Exported(export)) => Some(export),
            Ok(_) | Err(_) => None,
        };
        return match export.as_ref().and_then(unlisted) {
            Some(unlisted) => StageCheck::Unlisted(unlisted),
            None => StageCheck::Serves(Evidence::Digest, export),
        };
    }
    let begun = Instant::now();
    let wants_some = wanted.values().any(|live| live.customized().is_some());
    let mut always_silent = true;
    let mut good = 0;
    loop {
        let differing = match gateway.export(api, stage).await {
            Err(error) => return StageCheck::Unknown(CheckFailure::Call(error)),
            Ok(Served::Exported(export)) => {
                if let Some(unlisted) = unlisted(&export) {
                    return StageCheck::Unlisted(unlisted);
                }
                let differing: Vec<ResponseType> = ResponseType::ALL
                    .into_iter()
                    .filter(|response_type| !serves(&export, wanted, *response_type))
                    .collect();
                always_silent &= wants_some && export.responses.is_empty();
                if always_silent && begun.elapsed() >= patience.silence {
                    return StageCheck::Serves(Evidence::Digest, Some(export));
                }
                good = if differing.is_empty() { good + 1 } else { 0 };
                if good >= patience.good_answers {
                    return StageCheck::Serves(Evidence::Export, Some(export));
                }
                differing
            }
            Ok(Served::Unreadable(why)) => return StageCheck::Unread(why),
            Ok(Served::NoSuchStage | Served::NotRead) => {
                return StageCheck::Unknown(CheckFailure::StageGone);
            }
        };
        if begun.elapsed() >= patience.limit {
            return StageCheck::Differs(differing);
        }
        tokio::time::sleep(patience.between).await;
    }
}
