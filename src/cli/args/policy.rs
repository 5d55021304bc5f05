//! What can be typed after `gwr policy`.

use clap::{Args, ValueEnum};

use crate::policy;

/// `gwr policy`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr policy apply > policy.json\n  \
    aws iam create-policy --policy-name gwr-apply --policy-document file://policy.json\n  \
    gwr policy drift --region eu-west-1 --resolve\n  \
    gwr sandbox --policy policy.json     try it out\n\n\
    Permissions that AWS cannot narrow are listed on stderr. GetCallerIdentity (STS) needs\n\
    no permission.")]
pub struct PolicyArgs {
    /// The command that the policy allows
    #[arg(value_name = "VERB", default_value = "plan")]
    pub verb: PolicyVerb,
    /// Look up the ids of APIs that the file selects by name or tags; reads from AWS
    #[arg(long)]
    pub resolve: bool,
}

/// What `gwr policy` knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyVerb {
    Plan,
    /// Everything that an apply may do, including its plan.
    Apply,
    Drift,
    Explain,
    Import,
    /// From a record, or to any earlier deployment.
    Rollback,
    Deployments,
    /// `gwr deployments --prune`
    Prune,
}

impl From<PolicyVerb> for policy::Verb {
    fn from(verb: PolicyVerb) -> Self {
        match verb {
            PolicyVerb::Plan => Self::Plan,
            PolicyVerb::Apply => Self::Apply,
            PolicyVerb::Drift => Self::Drift,
            PolicyVerb::Explain => Self::Explain,
            PolicyVerb::Import => Self::Import,
            PolicyVerb::Rollback => Self::Rollback,
            PolicyVerb::Deployments => Self::Deployments,
            PolicyVerb::Prune => Self::Prune,
        }
    }
}
