//! One stage with its API and deployments: read, and shown for choosing.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{anyhow, bail};

use crate::apply::rollback::{Destination, RolledBack, Unknown, already_at, destination};
use crate::aws::{AwsErrorKind, Gateway};
use crate::cli::args::Common;
use crate::cli::session::connect::{self, Session};
use crate::cli::session::near::nothing_named;
use crate::cli::session::record::deployments_of;
use crate::cli::session::typed;
use crate::cli::terminal::console::Console;
use crate::drift::date;
use crate::plan::{ApiTarget, Part, Request};
use crate::policy;
use crate::read::{self, Look, read_history};
use crate::report::apply_ending::pointed_at;
use crate::report::aws_error::describe;
use crate::report::deployments::description_words;
use crate::report::plan::api_title;
use crate::report::text::printable;
use crate::state::deployment_note::Journal;
use crate::state::desired::Ignore;
use crate::state::observed::{
    Deployment, History, ObservedApi, ObservedStage, Served, StagePointer,
};

/// The stage, and all that was read of it.
pub(crate) struct Place {
    pub target: ApiTarget,
    pub gateway: Gateway,
    pub ignores: Vec<Ignore>,
    pub stage: String,
    pub pointer: StagePointer,
    /// What of the stage is moved back: its canary, while that serves something else.
    pub part: Part,
    /// Newest first.
    pub deployments: Vec<Deployment>,
    pub observed: ObservedApi,
    pub read_at: Instant,
    _session: Session,
}

/// What there is to do.
pub(crate) enum Goal {
    MoveTo(String),
    /// The stage is there; the configuration may have to follow.
    Finish(RolledBack),
}

impl Place {
    /// Finds the API and reads the stage.
    pub async fn look(stage: &str, common: &Common, console: &Console) -> anyhow::Result<Self> {
        // Any stage of the API may be moved back, whether the file names it or not.
        let all = Common { stage: None, ..common.clone() };
        let is_there = !common.files.is_empty() || Path::exists(Path::new("gwr.toml"));
        let session = if is_there {
            connect::open(policy::Verb::Rollback, &all, console).await?
        } else {
            connect::open_without_file(policy::Verb::Rollback, &all, console).await?
        };
        let entries: Vec<read::Entry> = session
            .entries
            .iter()
            .map(|entry| read::Entry { stages: Vec::new(), ..entry.clone() })
            .collect();
        let read_at = Instant::now();
        let look = Look::AtConfigurationOnly;
        let subjects =
            read::read(&entries, look, &Request::default(), session.today, |_, _| {}).await;
        let subject = match subjects.len() {
            0 => return Err(nothing_named(&session)),
            1 => subjects.into_iter().next().ok_or_else(|| anyhow!("no API"))?,
            several => bail!(
                "--api {} selects {several} APIs ({}); a stage is moved back one at a time",
                common.apis.join(" "),
                subjects.iter().map(|s| api_title(&s.target)).collect::<Vec<_>>().join(", ")
            ),
        };
        let title = api_title(&subject.target);
        let mut observed = subject.observed.map_err(|why| anyhow!("{title}: {why}"))?;
        let gateway =
            subject.gateway.ok_or_else(|| anyhow!("{title}: its account is not known"))?;
        let api = &subject.target.rest_api_id;
        let History { mut stages, deployments } = read_history(&gateway, api)
            .await
            .map_err(|error| anyhow!("{title}: {}", describe(&error)))?;
        let Some(pointer) = stages.remove(stage) else {
            let there: Vec<&str> = stages.keys().map(String::as_str).collect();
            bail!("{title} has no stage `{stage}`; it has {}", there.join(", "));
        };
        let seen = ObservedStage { served: Served::NotRead, pointer: Some(pointer.clone()) };
        observed.stages.insert(stage.to_owned(), seen);
        Ok(Self {
            target: subject.target,
            gateway,
            ignores: subject.desired.ignores,
            stage: stage.to_owned(),
            part: match &pointer.canary {
                Some(canary) if canary.deployment_id != pointer.deployment_id => Part::Canary,
                Some(_) | None => Part::Stage,
            },
            pointer,
            deployments,
            observed,
            read_at,
            _session: session,
        })
    }

    /// Where the part that is moved back points.
    pub fn now(&self) -> Option<&str> {
        self.part.of(&self.pointer)
    }

    fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|one| one.id == id)
    }

    /// What gwr wrote of a deployment.
    pub fn journal(&self, id: &str) -> Option<Journal> {
        self.deployment(id)?.journal()
    }

    /// The deployment to go to: the one that was asked for, or the one before.
    pub async fn goal(&mut self, asked: Option<&str>, common: &Common) -> anyhow::Result<Goal> {
        let goal = match asked {
            Some(to) => self.goal_of(to, common).await?,
            None => self.goal_by_descriptions(common).await?,
        };
        self.observed.deployments = Some(self.deployments.clone());
        Ok(goal)
    }

    async fn goal_of(&mut self, to: &str, common: &Common) -> anyhow::Result<Goal> {
        self.look_up(to).await?;
        if self.deployment(to).is_none() {
            bail!(
                "{} has no deployment {to}; nothing was changed\nhint: {}\n{}",
                api_title(&self.target),
                self.choose(common),
                self.listed()
            );
        }
        if self.now() != Some(to) {
            return Ok(Goal::MoveTo(to.to_owned()));
        }
        let Self { stage, pointer, part, deployments, .. } = &*self;
        Ok(Goal::Finish(already_at(to, stage, pointer, *part, deployments)))
    }

    async fn goal_by_descriptions(&mut self, common: &Common) -> anyhow::Result<Goal> {
        // A list that is behind lacks the newest, and a stage that has left the newest
        // would look as if it had not.
        for id in deployments_of(&self.target.rest_api_id, &self.stage) {
            // It may be in another account by now, or pruned.
            let _ = self.look_up(&id).await;
        }
        let mut found = self.decide();
        if let Destination::Unknown(Unknown::NotListed(id)) = &found {
            let id = id.clone();
            self.look_up(&id).await?;
            found = self.decide();
        }
        match found {
            Destination::MoveTo(to) => Ok(Goal::MoveTo(to)),
            Destination::RolledBack(there) => Ok(Goal::Finish(there)),
            Destination::Unknown(why) => {
                let (whose, own) = self.whose();
                bail!(
                    "{}: what {whose} served before is unknown: {why}{own}; nothing was changed\n\
                     hint: {}\n{}",
                    api_title(&self.target),
                    self.choose(common),
                    self.listed()
                )
            }
        }
    }

    fn decide(&self) -> Destination {
        destination(&self.stage, &self.pointer, self.part, &self.deployments)
    }

    /// Reads a deployment that is not listed; one that does not exist is no error.
    async fn look_up(&mut self, id: &str) -> anyhow::Result<()> {
        if self.deployment(id).is_some() {
            return Ok(());
        }
        let found = match self.gateway.deployment(&self.target.rest_api_id, id).await {
            Ok(found) => found,
            Err(error) if matches!(error.kind, AwsErrorKind::NotFound { .. }) => return Ok(()),
            Err(error) => bail!("{}: {}", api_title(&self.target), describe(&error)),
        };
        let older = |one: &Deployment| one.created_at <= found.created_at;
        let at = self.deployments.iter().position(older).unwrap_or(self.deployments.len());
        self.deployments.insert(at, found);
        Ok(())
    }

    /// What is moved back, and, where that is the canary, what the stage itself serves.
    fn whose(&self) -> (String, String) {
        let stage = &self.stage;
        match (self.part, &self.pointer) {
            (Part::Canary, StagePointer { deployment_id, canary: Some(canary) }) => (
                format!(
                    "the canary of stage `{stage}` ({} percent of its traffic)",
                    canary.percent_traffic
                ),
                format!("; the stage itself is {}", pointed_at(deployment_id.as_deref())),
            ),
            (Part::Stage | Part::Canary, _) => (format!("stage `{stage}`"), String::new()),
        }
    }

    /// How to say where it goes.
    fn choose(&self, common: &Common) -> String {
        let command = typed::same_command("rollback", common);
        match (self.part, &self.pointer.deployment_id) {
            (Part::Canary, Some(own)) => format!(
                "choose where the canary goes, `{command} --to DEPLOYMENT`; to what the stage itself \
                 serves: `{command} --to {own}`. The stage itself can be moved back once the \
                 canary's owner has promoted or removed it"
            ),
            (Part::Stage | Part::Canary, _) => {
                format!("choose one: `{command} --to DEPLOYMENT`")
            }
        }
    }

    /// The deployments, newest first.
    pub fn listed(&self) -> String {
        let StagePointer { deployment_id, canary } = &self.pointer;
        let of_the_canary = canary.as_ref().and_then(|canary| canary.deployment_id.as_ref());
        let mut out = String::from("its deployments, newest first (* is served now):");
        for deployment in &self.deployments {
            let id = &deployment.id;
            let now = if Some(id.as_str()) == self.now() { "*" } else { " " };
            let _ = write!(out, "\n{now} {}", described(deployment));
            match (Some(id) == deployment_id.as_ref(), Some(id) == of_the_canary) {
                (true, false) if canary.is_some() => out.push_str("  (the stage itself)"),
                (false, true) => out.push_str("  (its canary)"),
                (_, _) => {}
            }
        }
        out
    }

    /// A deployment with its date and description, as a row of the list.
    pub fn described(&self, id: &str) -> String {
        self.deployment(id).map_or_else(|| printable(id), described)
    }

    /// The same in a sentence.
    pub fn named(&self, id: &str) -> String {
        let details = self.deployment(id).map(|one| format!(" ({})", details(one).join(", ")));
        format!("{}{}", printable(id), details.unwrap_or_default())
    }

    /// `prod`, `prod (its canary)`.
    pub fn stage_words(&self) -> String {
        match self.part {
            Part::Stage => printable(&self.stage),
            Part::Canary => format!("{} (its canary)", printable(&self.stage)),
        }
    }
}

fn described(deployment: &Deployment) -> String {
    format!("{}  {}", printable(&deployment.id), details(deployment).join("  "))
}

/// The date and the description.
fn details(Deployment { id: _, created_at, description }: &Deployment) -> [String; 2] {
    let at = created_at.and_then(date).unwrap_or_else(|| "no date".to_owned());
    [at, description_words(description.as_deref())]
}
