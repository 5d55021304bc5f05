//! What can be typed.

mod import;
mod policy;
mod shell;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config;
use crate::explain::Truth;
use crate::model::ResponseType;
use crate::report::progress;
use crate::state::digest::Digest;

pub use import::ImportArgs;
pub use policy::PolicyArgs;
pub use shell::{CompletionsArgs, ManArgs};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "gwr",
    version,
    about = "Manages API Gateway gateway responses declaratively, from a TOML file",
    long_about = "Manages API Gateway gateway responses declaratively, from a TOML file.\n\n\
        gwr reads gwr.toml and the live APIs, shows a plan of patch operations, applies it,\n\
        creates a deployment so that each stage serves the change, and verifies that it does.",
    after_help = "Examples:\n  \
        gwr plan                       what would change, and what clients would see\n  \
        gwr apply                      plan, confirm, apply, deploy, verify\n  \
        gwr apply --sandbox --yes      the same against the embedded API Gateway: no AWS needed\n  \
        gwr plan --detailed-exitcode   exit code 2 if something differs, for scripts\n  \
        gwr drift                      compare the file, the API and what the stages serve\n  \
        gwr explain --status 500       which types can cause this status\n\n\
        Exit codes: 0 done, 1 error, 2 differences, 3 incomplete, 4 refused, 130/143 interrupted.",
    propagate_version = true
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options that every command has.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// A desired-state file, or a folder of them; later ones win [default: gwr.toml]
    #[arg(short, long = "file", value_name = "PATH", global = true)]
    pub files: Vec<PathBuf>,
    /// Only APIs whose key or name matches; can be repeated
    #[arg(long = "api", value_name = "GLOB", global = true)]
    pub apis: Vec<String>,
    /// Only this stage
    #[arg(long, value_name = "NAME", global = true)]
    pub stage: Option<String>,
    /// Output format of results
    #[arg(short, long, value_name = "FORMAT", default_value = "text", global = true)]
    pub output: Format,
    /// The AWS region, instead of the file's
    #[arg(long, value_name = "REGION", value_parser = region, global = true)]
    pub region: Option<String>,
    /// The AWS profile, instead of the file's
    #[arg(long, value_name = "NAME", global = true)]
    pub profile: Option<String>,
    /// Call this endpoint instead of AWS
    #[arg(long, value_name = "URL", global = true)]
    pub endpoint_url: Option<String>,
    /// Run against the embedded API Gateway, with data in DIR [default: .gwr/sandbox]
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ".gwr/sandbox",
        global = true
    )]
    pub sandbox: Option<PathBuf>,
    /// Proceed despite a blocking hazard, by its id; can be repeated
    #[arg(long = "accept", value_name = "ID", global = true)]
    pub accept: Vec<String>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: ColorChoice,
    /// How to show progress, on stderr
    #[arg(long, value_name = "HOW", default_value = "auto", global = true)]
    pub progress: progress::Choice,
    /// Log each call to AWS; given twice, also each wait and the files, accounts and profiles
    /// in use
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Print only results and errors
    #[arg(short, long, action = clap::ArgAction::SetTrue, global = true)]
    pub quiet: bool,
}

fn region(text: &str) -> Result<String, String> {
    if config::is_region(text) {
        Ok(text.to_owned())
    } else {
        Err("it must be a region's name, such as eu-west-1".to_owned())
    }
}

/// How results are to be written, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Markdown,
    /// One self-contained file; only of `explain`
    Html,
    /// For code scanning; only of `validate`
    Sarif,
}

/// How results are written by every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Text,
    Json,
    Markdown,
}

impl Format {
    /// `None` for a format that only some commands can write.
    #[must_use]
    pub const fn common(self) -> Option<Output> {
        match self {
            Self::Text => Some(Output::Text),
            Self::Json => Some(Output::Json),
            Self::Markdown => Some(Output::Markdown),
            Self::Html | Self::Sarif => None,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that is not dumb (TERM), and unless `NO_COLOR` is set.
    Auto,
    Always,
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show what would change; writes nothing to AWS
    Plan(PlanArgs),
    /// Plan, confirm, apply, deploy, verify; or apply a saved plan exactly
    Apply(ApplyArgs),
    /// Compare the desired, configured and served states; for cron; writes nothing to AWS
    Drift(DriftArgs),
    /// Show what clients get for each type, and why; or which types can cause an error
    Explain(ExplainArgs),
    /// List current and past deployments of each stage; `--prune` removes old deployments
    Deployments(DeploymentsArgs),
    /// Print a saved plan or a record, offline
    Show(ShowArgs),
    /// Undo a run: stages first, then the configuration
    Rollback(RollbackArgs),
    /// Validate and lint the file, offline
    Validate(ValidateArgs),
    /// Write a desired-state file from existing APIs; writes nothing to AWS
    Import(ImportArgs),
    /// Print a least-privilege IAM policy for the file and a command; writes nothing to AWS
    Policy(PolicyArgs),
    /// Serve the embedded API Gateway on this machine
    Sandbox(SandboxArgs),
    /// Print a JSON Schema: for the desired-state file, or for documents that gwr writes
    Schema(SchemaArgs),
    /// Write a commented starter file; never overwrites a file
    Init,
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}

/// `gwr plan`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr plan\n  \
    gwr plan -f gwr.toml -f ci/read.toml --api 'orders*' -o json\n  \
    gwr plan --out plan.json        then: gwr apply plan.json\n  \
    gwr plan --detailed-exitcode --skip-served")]
pub struct PlanArgs {
    /// Save the plan to FILE; `gwr apply FILE` applies exactly this plan
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 if something would change
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Do not check what the stages serve; saves one call per stage
    #[arg(long)]
    pub skip_served: bool,
}

/// `gwr drift`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr drift                                exit code 2: drift, or a stage behind\n  \
    gwr drift -o json --metrics /var/lib/node_exporter/gwr.prom\n  \
    gwr drift --api orders --emit openapi    for the owner of an OpenAPI document\n\n\
    Exit codes: 0 clean, 2 drift, 3 something is unknown or could not be read, 1 nothing could be read.")]
pub struct DriftArgs {
    /// Do not check what the stages serve; saves one call per stage
    #[arg(long)]
    pub skip_served: bool,
    /// Also write the result to FILE as OpenMetrics text
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Instead, print the desired state as an OpenAPI fragment; makes no call to AWS
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["skip_served", "metrics"])]
    pub emit: Option<Emit>,
}

/// `gwr explain`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr explain                                 all 21 types\n  \
    gwr explain INTEGRATION_FAILURE             one type in depth: when, what, why, how to change it\n  \
    gwr explain --status 500                    which types can cause this status\n  \
    gwr explain --status 403 --error-type ForbiddenException\n  \
    gwr explain --of desired                    the file alone; makes no call to AWS\n\n\
    Exit codes: 0 done, 3 something is unknown or could not be read, 1 nothing could be read.")]
pub struct ExplainArgs {
    /// One type, in depth
    #[arg(value_name = "TYPE", value_parser = super::verbs::explain::response_type)]
    pub response_type: Option<ResponseType>,
    /// Show one state only, instead of all three where they differ
    #[arg(long, value_name = "STATE")]
    pub of: Option<Of>,
    /// Show which types and causes can answer with this status
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(100..=599))]
    pub status: Option<u16>,
    /// Show which types and causes can answer with this x-amzn-ErrorType
    #[arg(long, value_name = "NAME")]
    pub error_type: Option<String>,
}

/// One of the three states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Of {
    /// What the file desires
    Desired,
    /// What is configured on the API
    Configured,
    /// What the stages serve
    Served,
}

impl From<Of> for Truth {
    fn from(of: Of) -> Self {
        match of {
            Of::Desired => Self::Desired,
            Of::Configured => Self::Configured,
            Of::Served => Self::Served,
        }
    }
}

/// `gwr deployments`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr deployments --api orders\n  \
    gwr deployments --prune --keep 10\n\n\
    A deployment that a stage or a canary serves, or served before, is never removed.")]
pub struct DeploymentsArgs {
    /// Remove old deployments that gwr created
    #[arg(long, requires = "keep")]
    pub prune: bool,
    /// Keep the N newest; deployments in use are never removed
    #[arg(long, value_name = "N", requires = "prune")]
    pub keep: Option<usize>,
    /// Also remove deployments that gwr did not create
    #[arg(long, requires = "prune")]
    pub all_owners: bool,
    /// Skip the confirmation prompt
    #[arg(long, visible_alias = "auto-approve", requires = "prune")]
    pub yes: bool,
}

/// What `--emit` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// `x-amazon-apigateway-gateway-responses`, one document for each API.
    Openapi,
}

/// `gwr apply`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = "Examples:\n  \
    gwr apply\n  \
    gwr apply --yes --message 'ticket 1234: Retry-After for throttled clients'\n  \
    gwr apply plan.json            exactly the plan that `gwr plan --out plan.json` showed\n  \
    gwr apply --stage beta          once beta is verified: gwr apply --stage prod\n  \
    gwr apply --sandbox --yes --probe")]
pub struct ApplyArgs {
    /// A plan saved with `gwr plan --out`; only `[accounts]` is read from the files then
    #[arg(value_name = "PLANFILE")]
    pub plan_file: Option<PathBuf>,
    /// Skip the confirmation prompt
    #[arg(long, visible_alias = "auto-approve")]
    pub yes: bool,
    /// Write the record of this run to FILE [default: .gwr/runs/TIME-RUN.json]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Text for the description of the deployment
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub message: String,
    /// Send one harmless request to each stage, before and after
    #[arg(long)]
    pub probe: bool,
    /// Rewrite this type even if nothing differs; can be repeated
    #[arg(long = "rewrite", value_name = "TYPE", value_parser = super::verbs::explain::response_type)]
    pub rewrite: Vec<ResponseType>,
    /// Deploy to the canary of a stage that has one; its settings are unchanged
    #[arg(long)]
    pub canary: bool,
    /// Accept the undeployed changes of others that the plan lists under this digest; can be
    /// repeated
    #[arg(long = "accept-foreign", value_name = "DIGEST")]
    pub accept_foreign: Vec<Digest>,
    /// Move a stage back if it does not serve the desired responses
    #[arg(long)]
    pub rollback_on_failure: bool,
}

/// `gwr show`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr show plan.json\n  \
    gwr show plan.json -o markdown > comment.md")]
pub struct ShowArgs {
    /// A plan saved with `gwr plan --out`, or the record of an apply or a rollback
    #[arg(value_name = "PLANFILE|RECORD")]
    pub file: PathBuf,
}

/// `gwr rollback`
#[derive(Debug, Args)]
#[command(
    override_usage = "gwr rollback [OPTIONS] <RECORD>\n       \
        gwr rollback [OPTIONS] --api <NAME> --stage <NAME> [--to <DEPLOYMENT>]",
    after_help = "Examples:\n  \
    gwr rollback .gwr/runs/20260101T000000Z-0a1b2c3d4e5f.json\n  \
    gwr rollback --api orders --stage prod                to the previous deployment\n  \
    gwr rollback --api orders --stage prod --to abc123\n\n\
    Without --to it undoes gwr's newest deployment for the stage, and only that one. Run again, the\n\
    same command finishes what was interrupted, or reports that nothing is left to do and how to\n\
    undo earlier runs."
)]
pub struct RollbackArgs {
    /// The record of the apply or rollback to undo
    #[arg(value_name = "RECORD", conflicts_with = "to")]
    pub back_from: Option<PathBuf>,
    /// The deployment to move to, instead of the previous one
    #[arg(long, value_name = "DEPLOYMENT")]
    pub to: Option<String>,
    /// Skip the confirmation prompt
    #[arg(long, visible_alias = "auto-approve")]
    pub yes: bool,
    /// Write the record of this run to FILE [default: .gwr/runs/TIME-RUN.json]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// `gwr validate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr validate\n  \
    gwr validate --fix                        repair what is safe, and show what changed\n  \
    gwr validate --explain shadowed-cors\n  \
    gwr validate -o sarif > gwr.sarif         for code scanning\n\n\
    Warnings and notes of the lint rules leave the exit code at 0, errors make it 1. To\n\
    suppress a rule, add `[[apis.NAME.allow]]` with a reason.")]
pub struct ValidateArgs {
    /// Repair what is safe in the files; comments and layout stay
    #[arg(long)]
    pub fix: bool,
    /// Exit with 1 on warnings, too
    #[arg(long)]
    pub strict: bool,
    /// Instead, list the lint rules
    #[arg(long, conflicts_with_all = ["fix", "strict"])]
    pub rules: bool,
    /// Instead, explain a lint rule
    #[arg(long, value_name = "RULE", conflicts_with_all = ["fix", "strict", "rules"])]
    pub explain: Option<String>,
}

/// `gwr sandbox`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr sandbox\n  \
    gwr sandbox --listen 127.0.0.1:4567 --data ./sandbox-data --quota aws\n  \
    gwr sandbox --quirk list\n  \
    gwr sandbox --fault 'operation=CreateDeployment,kind=429,count=2'\n\n\
    Then:  aws apigateway get-rest-apis --endpoint-url http://127.0.0.1:4567")]
pub struct SandboxArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4567")]
    pub listen: String,
    /// Also answer requests for this host name; can be repeated
    ///
    /// On a loopback address the sandbox answers only for loopback addresses, names without a
    /// dot, `*.localhost`, `*.internal` and execute-api names, so that no web page can reach it
    /// by DNS rebinding. On other addresses it answers for every name.
    #[arg(long = "allow-host", value_name = "NAME")]
    pub allow_hosts: Vec<String>,
    /// Keep state in DIR, instead of in memory
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Enforce limits: `aws`, `off`, or `RATE,BURST,DEPLOY_INTERVAL`
    #[arg(long, value_name = "QUOTA", default_value = "off")]
    pub quota: String,
    /// Inject a fault; can be repeated
    #[arg(long = "fault", value_name = "SPEC")]
    pub faults: Vec<String>,
    /// Enforce an IAM policy, such as one that `gwr policy` prints
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Choose a behaviour that is not verified on AWS; `list` lists them; can be repeated
    #[arg(long = "quirk", value_name = "NAME=VALUE")]
    pub quirks: Vec<String>,
}

/// `gwr schema`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr schema > gwr.schema.json       then, first line of gwr.toml: #:schema ./gwr.schema.json\n  \
    gwr schema plan                    of `gwr plan -o json` and saved plans")]
pub struct SchemaArgs {
    /// The document to describe
    #[arg(value_name = "WHAT", default_value = "file")]
    pub of: Described,
}

/// What has a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Described {
    /// The desired-state file.
    File,
    /// `plan -o json`, saved plans.
    Plan,
    /// `apply -o json`.
    Apply,
    /// `.gwr/runs/*.json`.
    Record,
    /// `rollback -o json`.
    Rollback,
    /// `drift -o json`.
    Drift,
    /// `deployments -o json`.
    Deployments,
    /// `explain -o json`.
    Explain,
    /// `validate -o json`.
    Validate,
    /// `import -o json`.
    Import,
    /// `init -o json`.
    Init,
    /// `policy`, `policy -o json`.
    Policy,
    /// `sandbox -o json`.
    Sandbox,
    /// `completions -o json`.
    Completions,
    /// `man -o json`.
    Man,
    /// One line of `--progress json`.
    Progress,
}
