//! Verifying: a stage is asked until it serves what is wanted, and the configuration
//! is read and planned again: what is left after an apply is a defect.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::Gateway;
use crate::journal::ExportShows;
use crate::model::{Live, ResponseType};
use crate::observed::{Export, Served};
use crate::plan::{Evidence, serves};

/// How long and how often a stage is asked.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After a deployment a stage can answer new, then old again for some seconds
    /// (recorded on AWS): so many good answers in a row are believed.
    pub good_answers: u64,
    pub between: Duration,
    /// The whole time for one stage. Nobody documents the delay; folklore says up to
    /// a minute for edge-optimized APIs.
    pub limit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            good_answers: crate::plan::GOOD_ANSWERS,
            between: Duration::from_millis(300),
            limit: Duration::from_secs(60),
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
    /// It could not be asked; the text says why.
    Unknown(String),
}

/// Asks a stage until it serves every type as it is configured.
///
/// Where exports are known to mirror the configuration they prove nothing, and the
/// digest in the deployment's description is all there is.
pub async fn verify_stage(
    gateway: &Gateway,
    api: &str,
    stage: &str,
    wanted: &BTreeMap<ResponseType, Live>,
    shows: ExportShows,
    patience: Patience,
) -> StageCheck {
    if shows == ExportShows::Mirror {
        let export = match gateway.export(api, stage).await {
            Ok(Served::Exported(export)) => Some(export),
            Ok(_) | Err(_) => None,
        };
        return StageCheck::Serves(Evidence::Digest, export);
    }
    let end = Instant::now() + patience.limit;
    let mut good = 0;
    loop {
        let differing = match gateway.export(api, stage).await {
            Err(error) => return StageCheck::Unknown(crate::read::describe(&error)),
            Ok(Served::Exported(export)) => {
                let differing: Vec<ResponseType> = ResponseType::ALL
                    .into_iter()
                    .filter(|response_type| !serves(&export, wanted, *response_type))
                    .collect();
                good = if differing.is_empty() { good + 1 } else { 0 };
                if good >= patience.good_answers {
                    return StageCheck::Serves(Evidence::Export, Some(export));
                }
                differing
            }
            // The stage was moved to a deployment whose description says what it holds.
            Ok(Served::Unreadable(_)) => return StageCheck::Serves(Evidence::Digest, None),
            Ok(Served::NoSuchStage | Served::NotRead) => {
                return StageCheck::Unknown("the stage is gone".to_owned());
            }
        };
        if Instant::now() >= end {
            return StageCheck::Differs(differing);
        }
        tokio::time::sleep(patience.between).await;
    }
}
