//! Reading for `import`: what is there, and what a plan of exactly that would come to.
//!
//! Cost: for each API GetStages and GetGatewayResponses, for each stage one GetExport;
//! GetStages and GetDeployments again only where the evidence is open, for there the plan
//! will read them, too.

use std::collections::BTreeMap;

use time::Date;
use tokio::task::JoinSet;

use super::{Entry, Look, Subject, describe, read_apis, read_evidence, settle_export_shows};
use crate::aws::Reader;
use crate::import::{LeftOut, really_set, unsettled_stages};
use crate::model::{GatewayResponse, ResponseType};
use crate::plan::{self, Request};
use crate::state::desired::{DeployPolicy, DesiredApi, DesiredResponse, Matching};
use crate::state::observed::RestApi;

/// Live APIs, each desired as it is.
pub struct Found {
    pub subjects: Vec<Subject<Reader>>,
    /// By the API's id: the stages that are not desired, for a plan would deploy to them.
    pub left_out: BTreeMap<String, Vec<LeftOut>>,
}

/// Reads APIs whole, by the keys that their tables will have, and desires what is there so
/// that a plan has nothing to do. With `only` no other stage is looked at.
pub async fn read_for_import(
    gateway: &Reader,
    apis: &BTreeMap<String, RestApi>,
    only: Option<&str>,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Found {
    let entries = entries(gateway, apis, only).await;
    let mut subjects =
        read_apis(&entries, Look::AtStages, &Request::default(), today, on_read).await;
    for subject in &mut subjects {
        subject.target.rest_api_name = apis.get(&subject.target.key).map(|api| api.name.clone());
    }
    let mut found = Found { subjects, left_out: BTreeMap::new() };
    loop {
        // What decides over the one status that nothing shows is best read while none is
        // desired: then everything that could contradict is looked at.
        found.desire(Ambiguous504::Unset);
        found.read_as_a_plan(today).await;
        found.desire(Ambiguous504::AsTheEvidenceSays);
        found.read_as_a_plan(today).await;
        if !found.leave_stages_out(today) {
            return found;
        }
    }
}

/// What is desired of an `INTEGRATION_FAILURE` that reads 504.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ambiguous504 {
    Unset,
    AsTheEvidenceSays,
}

impl Found {
    fn desire(&mut self, ambiguous: Ambiguous504) {
        for Subject { desired, observed, .. } in &mut self.subjects {
            let Ok(observed) = observed else { continue };
            let mut written = really_set(observed).sayable;
            if let Some(failure) = written.get_mut(&ResponseType::IntegrationFailure) {
                let shown = GatewayResponse::builtin(ResponseType::IntegrationFailure).status;
                let is_open = ambiguous == Ambiguous504::Unset && failure.status == shown;
                failure.status = failure.status.filter(|_| !is_open);
            }
            let customized = |(t, written)| (t, DesiredResponse::Customized(written));
            desired.responses = written.into_iter().map(customized).collect();
        }
    }

    /// Reads again no more and no less than a plan of what is desired will read.
    async fn read_as_a_plan(&mut self, today: Date) {
        for subject in &mut self.subjects {
            let Ok(observed) = &mut subject.observed else { continue };
            observed.deployments = None;
            observed.stages.values_mut().for_each(|stage| stage.pointer = None);
        }
        settle_export_shows(&mut self.subjects, &Request::default());
        read_evidence(&mut self.subjects, &Request::default(), today).await;
    }

    /// Whether there were any.
    fn leave_stages_out(&mut self, today: Date) -> bool {
        let mut any = false;
        for Subject { desired, observed, export_shows, target, .. } in &mut self.subjects {
            let Ok(observed) = observed else { continue };
            let work = plan::plan_api(desired, observed, *export_shows, &Request::default(), today);
            for left in unsettled_stages(&work, observed) {
                any = true;
                desired.stages.retain(|stage| *stage != left.stage);
                observed.stages.remove(&left.stage);
                self.left_out.entry(target.rest_api_id.clone()).or_default().push(left);
            }
        }
        any
    }
}

/// An entry for each API in the order of their keys, with the stages that exist.
async fn entries(
    gateway: &Reader,
    apis: &BTreeMap<String, RestApi>,
    only: Option<&str>,
) -> Vec<Entry<Reader>> {
    let mut reads = JoinSet::new();
    for (key, api) in apis {
        let (gateway, key, id) = (gateway.clone(), key.clone(), api.id.clone());
        reads.spawn(async move {
            let stages = gateway.stages(&id).await;
            (key, id, stages)
        });
    }
    let mut entries = Vec::new();
    while let Some(read) = reads.join_next().await {
        let Ok((key, id, stages)) = read else { continue };
        let (stages, gateway) = match stages {
            Ok(stages) => (stages.into_keys().collect(), Ok(gateway.clone())),
            Err(error) => (Vec::new(), Err(describe(&error))),
        };
        let stages: Vec<String> =
            stages.into_iter().filter(|stage| only.is_none_or(|only| only == stage)).collect();
        entries.push(Entry {
            desired: DesiredApi {
                stages: stages.clone(),
                deploy: DeployPolicy::Auto,
                ..DesiredApi::unmanaged(key, Matching::Id(id))
            },
            stages,
            account: "default".to_owned(),
            gateway,
            names: Vec::new(),
        });
    }
    entries.sort_by(|one, other| one.desired.key.cmp(&other.desired.key));
    entries
}
