//! gwr in process: the same parts that the command line puts together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_responses::{
    Account, ApplyContext, Approval, Credentials, DeployOptions, Desired, End, Entry, Gateway,
    HazardId, Look, OnBadStage, Outcome, Overrides, Patience, Plan, QuotaPolicy, Request, Subject,
    WORDS, execute, load, plan, read, review,
};
use time::OffsetDateTime;

use super::back::{Kept, roll_back, round_trip};

/// A file against a server.
pub struct Engine {
    desired: Desired,
    url: String,
}

/// What an apply came to.
pub struct Applied {
    pub plan: Plan,
    /// The messages of what was refused.
    pub refused: Vec<String>,
    pub outcomes: Vec<Outcome>,
    record: Kept,
    means: ApplyContext,
}

impl Applied {
    /// Why it is not what everybody hopes for.
    pub fn complaint(&self) -> Option<String> {
        if let Some(refusal) = self.refused.first() {
            return Some(format!("refused: {refusal}"));
        }
        self.outcomes
            .iter()
            .find(|outcome| outcome.end != End::Done)
            .map(|o| format!("{:?}", o.end))
    }
}

impl Engine {
    /// Loads a file; it must be right.
    pub fn new(text: &str, url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("gwr.toml");
        std::fs::write(&file, text).expect("a file");
        let loaded = load(&[file], today())
            .unwrap_or_else(|errors| panic!("{}\n{text}", errors.render(false)));
        Self { desired: loaded.desired, url: url.to_owned() }
    }

    /// A connection with a quota of its own, so that one run does not wait for what
    /// an earlier one has used.
    pub async fn gateway(&self) -> Gateway {
        let account = Account {
            region: Some("us-east-1".to_owned()),
            endpoint_url: Some(self.url.clone()),
            quota_share: Some(1.0),
            deploy_interval: Some(0.01),
            ..Account::default()
        };
        let policy = QuotaPolicy::interactive().scaled(0.02);
        Gateway::connect(&account, &Overrides::default(), Credentials::Dummy, policy)
            .await
            .expect("a connection needs nothing")
    }

    async fn read(&self, request: &Request) -> (Plan, Vec<Subject>) {
        let gateway = self.gateway().await;
        let entries: Vec<Entry> = self
            .desired
            .apis
            .iter()
            .map(|api| Entry {
                desired: api.clone(),
                stages: api.stages.clone(),
                names: Vec::new(),
                account: "default".to_owned(),
                gateway: Ok(gateway.clone()),
            })
            .collect();
        let subjects = read(&entries, Look::AtStages, request, today(), |_, _| {}).await;
        (plan(&entries, &subjects, request, today()), subjects)
    }

    /// `gwr plan`
    pub async fn plan(&self) -> Plan {
        let plan = self.read(&Request::default()).await.0;
        round_trip(&plan);
        plan
    }

    /// `gwr apply --yes` with every hazard accepted.
    pub async fn apply(&self) -> Applied {
        let accept = HazardId::ALL.iter().map(ToString::to_string).collect();
        let request = Request { accept, ..Request::default() };
        let read_at = Instant::now();
        let (plan, mut subjects) = self.read(&request).await;
        for subject in &mut subjects {
            subject.gateway = Some(self.gateway().await);
        }
        round_trip(&plan);
        let reviewed = review(plan.clone(), self.desired.limits);
        let refused = reviewed.refusals().iter().map(|one| one.message.clone()).collect();
        let approved = reviewed.approve(Approval::Flag);
        let run = format!("{:012x}", fastrand::u64(..) >> 16);
        let record = Kept::begin(approved.plan(), &run);
        let means = ApplyContext {
            options: DeployOptions {
                run,
                message: "test".to_owned(),
                on_bad_stage: OnBadStage::Leave,
                patience: Patience {
                    good_answers: 2,
                    between: Duration::from_millis(5),
                    limit: Duration::from_secs(8),
                    silence: Duration::from_millis(800),
                },
            },
            request,
            today: today(),
            read_at,
            stop: Arc::new(|| false),
            on_event: Arc::new(|_| {}),
            record: Arc::clone(&record.recorder),
            words: WORDS,
        };
        let outcomes = execute(approved, subjects, &means).await;
        Applied { plan, refused, outcomes, record, means }
    }

    /// `gwr rollback RECORD --yes`
    pub async fn roll_back(&self, applied: &Applied) -> Result<(), String> {
        roll_back(self, &applied.record, applied.means.clone()).await
    }
}

fn today() -> time::Date {
    OffsetDateTime::now_utc().date()
}
