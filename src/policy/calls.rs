//! What a verb asks of AWS, API by API.

use super::grantee::{Grantee, Resets, Verb};
use crate::model::ResponseType;
use crate::state::desired::DeployPolicy;

/// Any API, and nothing below it: `*` would take slashes in. Ids have ten characters.
const ANY_ID: &str = "??????????";

/// A permission that a verb cannot do without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    pub purpose: Purpose,
    /// The HTTP verb, which IAM knows the action by.
    pub verb: &'static str,
    /// The path below the service, `*` for what is not known.
    pub path: String,
    /// For CreateDeployment: the stages that it may name, if it names one.
    pub stages: Vec<String>,
}

/// What permissions are for: the statements of the policy, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Find,
    Read,
    Customize,
    Reset,
    Deploy,
    MoveStage,
    LeaveTraces,
    RemoveDeployments,
}

impl Purpose {
    pub const fn sid(self) -> &'static str {
        match self {
            Self::Find => "FindApis",
            Self::Read => "Read",
            Self::Customize => "CustomizeResponses",
            Self::Reset => "ResetResponses",
            Self::Deploy => "Deploy",
            Self::MoveStage => "MoveStages",
            Self::LeaveTraces => "LeaveTraces",
            Self::RemoveDeployments => "RemoveDeployments",
        }
    }
}

/// Everything that a verb needs for one API.
pub fn permissions(verb: Verb, api: &Grantee) -> Vec<Permission> {
    let mut list = List::new(api);
    if api.found_by.is_some() || verb == Verb::Import {
        list.whole("/restapis");
    }
    if finds_by_live_name(verb, api) {
        list.read("");
    }
    match verb {
        Verb::Plan => list.plan(),
        Verb::Apply => {
            list.plan();
            list.apply();
        }
        Verb::Drift => {
            list.look();
            list.first_time();
        }
        Verb::Explain => list.look(),
        Verb::Import => list.import(),
        Verb::Rollback => list.rollback(),
        Verb::Deployments => list.history(),
        Verb::Prune => {
            list.history();
            list.add(Purpose::RemoveDeployments, "DELETE", "deployments/*");
        }
    }
    list.permissions
}

/// Whether GetRestApi is for `--api NAME` where the file knows the id alone.
pub fn finds_by_live_name(verb: Verb, api: &Grantee) -> bool {
    match verb {
        Verb::Plan
        | Verb::Apply
        | Verb::Drift
        | Verb::Explain
        | Verb::Rollback
        | Verb::Deployments
        | Verb::Prune => api.found_by.is_none(),
        Verb::Import => false,
    }
}

struct List<'a> {
    api: &'a Grantee,
    permissions: Vec<Permission>,
}

impl<'a> List<'a> {
    fn new(api: &'a Grantee) -> Self {
        Self { api, permissions: Vec::new() }
    }

    fn whole(&mut self, path: &str) {
        self.permissions.push(Permission {
            purpose: Purpose::Find,
            verb: "GET",
            path: path.to_owned(),
            stages: Vec::new(),
        });
    }

    /// Below the API.
    fn add(&mut self, purpose: Purpose, verb: &'static str, path: &str) {
        let path = match (&self.api.rest_api_id, path) {
            (Some(id), "") => format!("/restapis/{id}"),
            (Some(id), path) => format!("/restapis/{id}/{path}"),
            (None, "") => format!("/restapis/{ANY_ID}"),
            (None, path) => format!("/restapis/*/{path}"),
        };
        self.permissions.push(Permission { purpose, verb, path, stages: Vec::new() });
    }

    fn read(&mut self, path: &str) {
        self.add(Purpose::Read, "GET", path);
    }

    /// GetExport. AWS does not document which resource is checked: the request's path, or
    /// the stage, for exports of REST APIs are no resource of their own in the reference.
    fn export(&mut self, stage: &str) {
        self.read(&format!("stages/{stage}"));
        self.read(&format!("stages/{stage}/exports/*"));
    }

    /// Configuration and stages; histories where the evidence is open.
    fn look(&mut self) {
        self.read("gatewayresponses");
        for stage in &self.api.stages {
            self.export(stage);
        }
        if !self.api.stages.is_empty() {
            self.history();
        }
    }

    fn history(&mut self) {
        self.read("stages");
        self.read("deployments");
    }

    /// Whether gwr deployed the API before, which the hazard `takeover` depends on.
    fn first_time(&mut self) {
        if self.api.deploy == DeployPolicy::Auto && !self.api.customized.is_empty() {
            self.history();
        }
    }

    fn plan(&mut self) {
        self.look();
        if self.api.deploy == DeployPolicy::Auto && self.api.has_stages() {
            self.history();
        }
        self.first_time();
        if self.api.deploys() {
            // What a deployment would ship beside.
            self.read("");
            self.read("resources");
            self.read("deployments/*");
        }
    }

    fn apply(&mut self) {
        for response_type in &self.api.customized {
            self.change(&["PATCH", "PUT"], response_type.as_str());
        }
        let Grantee { unlisted, reset, stages, .. } = self.api;
        match unlisted {
            Resets::Any => self.reset("*"),
            Resets::These(types) => types.iter().for_each(|t| self.reset(t.as_str())),
            Resets::None => reset.iter().for_each(|t| self.reset(t.as_str())),
        }
        // A saved plan is held against where the stages point, whether it moves one or not.
        self.read("stages");
        if self.api.deploys() {
            self.add(Purpose::Deploy, "POST", "deployments");
            if let Some(deploy) = self.permissions.last_mut() {
                deploy.stages.clone_from(stages);
            }
            self.move_stages(stages);
            self.leave_traces();
            // One that turned out unusable.
            self.add(Purpose::RemoveDeployments, "DELETE", "deployments/*");
        }
    }

    fn change(&mut self, verbs: &[&'static str], response_type: &str) {
        for verb in verbs {
            self.add(Purpose::Customize, verb, &format!("gatewayresponses/{response_type}"));
        }
    }

    fn reset(&mut self, response_type: &str) {
        self.add(Purpose::Reset, "DELETE", &format!("gatewayresponses/{response_type}"));
    }

    /// With a look at each just before.
    fn move_stages(&mut self, stages: &[String]) {
        for stage in stages {
            self.read(&format!("stages/{stage}"));
            self.add(Purpose::MoveStage, "PATCH", &format!("stages/{stage}"));
        }
    }

    /// What a way back leaves in the descriptions of deployments.
    fn leave_traces(&mut self) {
        self.read("deployments/*");
        self.add(Purpose::LeaveTraces, "PATCH", "deployments/*");
    }

    fn import(&mut self) {
        self.read("");
        self.read("gatewayresponses");
        // Whichever there are; IAM's `*` takes the exports below in.
        self.read("stages/*");
        self.history();
    }

    /// To an earlier deployment, which may hold any type otherwise.
    fn rollback(&mut self) {
        self.look();
        // Where a record's stages point, if there were any.
        self.read("stages");
        if self.api.has_stages() {
            self.history();
            let Grantee { stages, ignored_stages, .. } = self.api;
            for stage in ignored_stages {
                self.export(stage);
            }
            self.move_stages(stages);
            self.move_stages(ignored_stages);
            self.leave_traces();
        }
        self.change(&["PATCH", "PUT"], "*");
        self.reset("*");
    }
}

/// The types of the file, for the notes.
pub fn managed(api: &Grantee) -> impl Iterator<Item = &ResponseType> {
    api.customized.iter().chain(&api.reset)
}
