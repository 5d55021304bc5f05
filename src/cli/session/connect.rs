//! From the command line to what is to be read: files, selection, accounts, sandbox.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use time::{Date, OffsetDateTime};

use super::near::{did_you_mean, names};
use super::pace::paced;
use super::typed;
use super::verbosity::{log_account, with_logging};
use crate::aws::{Connection, Credentials, Gateway, Overrides, QuotaPolicy, Reader};
use crate::cli::args::Common;
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::config;
use crate::plan::Pace;
use crate::policy::Verb;
use crate::read::Entry;
use crate::report::reason::{Reason, ReasonKind, UNCHANGED};
use crate::report::text::count;
use crate::state::desired::{Account, Desired, DesiredApi, Identity, Limits, Matching};

/// The region of the sandbox where nobody names one.
pub(crate) const SANDBOX_REGION: &str = "us-east-1";

/// Everything a verb needs to read the live APIs, and with a `Gateway` to write to them.
pub struct Session<G = Gateway> {
    pub entries: Vec<Entry<G>>,
    pub limits: Limits,
    pub pace: Pace,
    pub today: Date,
    /// What the file calls its APIs, selected or not, for suggestions.
    pub names: Vec<String>,
    /// For commands that are suggested to the reader.
    pub endpoint_url: Option<String>,
    _sandbox: Held,
}

/// The sandbox of a run, which ends with it.
#[cfg(feature = "sandbox")]
pub type Held = Option<crate::sandbox::Background>;
/// There is none in this build.
#[cfg(not(feature = "sandbox"))]
pub type Held = Option<()>;

/// Loads the files of a command line; errors are printed, all of them, and so is what a
/// person should know although it is no error.
///
/// # Errors
/// When a file is missing or wrong.
pub fn load(common: &Common, console: &Console) -> anyhow::Result<config::Loaded> {
    let loaded = config::load(&files(common), today())
        .map_err(|errors| report_config_errors(&errors, console))?;
    console.detail(|| {
        let files = loaded.places.files().map(|file| file.display().to_string());
        format!("files, later ones win: {}", files.collect::<Vec<_>>().join(", "))
    });
    for warning in loaded.warnings.iter().chain(&loaded.expired) {
        console.remark_on(warning);
    }
    Ok(loaded)
}

/// Prints what is wrong with the files, and says how much it is.
pub(crate) fn report_config_errors(
    errors: &config::ConfigErrors,
    console: &Console,
) -> anyhow::Error {
    console.config_errors(errors);
    anyhow::Error::new(FileErrors(count(errors.diagnostics().len() as u64, "error")))
}

/// How many errors the files have, of which each was printed.
#[derive(Debug, thiserror::Error)]
#[error("the file has {0}; nothing was read or changed")]
struct FileErrors(String);

/// How a run ends that an error ends before any write.
pub(crate) fn report_untouched(error: &anyhow::Error, console: &Console) -> ExitStatus {
    let reason = Reason::verbatim(ReasonKind::Failed, &format!("{error:#}"));
    // It says so itself.
    let reason = if error.is::<FileErrors>() { reason } else { reason.leaving(UNCHANGED) };
    ExitStatus::of(&reason, console)
}

/// What the file says of the APIs that are selected by their keys or by the names in the
/// file; nothing is asked of AWS.
///
/// # Errors
/// When the files are wrong, or nothing is selected.
pub fn selected(common: &Common, console: &Console) -> anyhow::Result<Vec<DesiredApi>> {
    selected_with_accounts(common, console).map(|(apis, _)| apis)
}

/// As [`selected`], with the stages that were asked for, and the file's accounts.
///
/// # Errors
/// As [`selected`].
pub fn selected_with_accounts(
    common: &Common,
    console: &Console,
) -> anyhow::Result<(Vec<DesiredApi>, BTreeMap<String, Account>)> {
    let Desired { accounts, limits: _, apis } = load(common, console)?.desired;
    let known: Vec<String> = apis.iter().flat_map(names).map(ToOwned::to_owned).collect();
    let selected: Vec<DesiredApi> = select(common, apis)?
        .into_iter()
        .filter(|selection| selection.names.is_empty())
        .map(|Selection { api, stages, .. }| DesiredApi { stages, ..api })
        .collect();
    if selected.is_empty() {
        bail!(
            "--api {} selects no API: none in the file has this key or name{}",
            common.apis.join(" --api "),
            did_you_mean(&common.apis, &known)
        );
    }
    Ok((selected, accounts))
}

/// The files of a command line.
#[must_use]
pub fn files(common: &Common) -> Vec<PathBuf> {
    if common.files.is_empty() { vec![PathBuf::from("gwr.toml")] } else { common.files.clone() }
}

/// Today in UTC.
#[must_use]
pub fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

/// Loads, selects, connects with leave to write.
///
/// # Errors
/// When the files are wrong, nothing is selected, or the selection cannot be served.
pub async fn open(verb: Verb, common: &Common, console: &Console) -> anyhow::Result<Session> {
    connected(verb, common, console).await
}

/// Loads, selects, connects for a verb that never writes: nothing in the session leads
/// to an `aws::Writer`.
///
/// # Errors
/// As [`open`].
pub async fn open_to_read(
    verb: Verb,
    common: &Common,
    console: &Console,
) -> anyhow::Result<Session<Reader>> {
    connected(verb, common, console).await
}

/// How a verb uses the quota, who hears of waits, and which command prints what it must be
/// allowed: that is for a file, so none where there is no file.
pub(crate) fn policy(verb: Verb, common: &Common, console: &Console) -> QuotaPolicy {
    let policy = match verb {
        Verb::Drift => QuotaPolicy::background(),
        Verb::Plan
        | Verb::Apply
        | Verb::Explain
        | Verb::Import
        | Verb::Rollback
        | Verb::Deployments
        | Verb::Prune => QuotaPolicy::interactive(),
    };
    let policy = with_logging(paced(policy), console);
    // Of the files of an import only the accounts are taken: they may hold nothing else.
    let is_of_accounts = verb == Verb::Import && !common.files.is_empty();
    if !is_of_accounts && files(common).iter().any(|file| file.exists()) {
        let common = Common { profile: None, endpoint_url: None, ..common.clone() };
        policy.policy_command(typed::same_command(&format!("policy {}", verb.as_str()), &common))
    } else {
        policy
    }
}

async fn connected<G: Connection>(
    verb: Verb,
    common: &Common,
    console: &Console,
) -> anyhow::Result<Session<G>> {
    let loaded = load(common, console)?;
    let Desired { accounts, limits, apis } = loaded.desired;
    let names = apis.iter().flat_map(names).map(ToOwned::to_owned).collect();
    let selected = select(common, apis)?;
    let named: BTreeMap<String, Account> = selected
        .iter()
        .map(|Selection { api, .. }| {
            let name = account_name(api);
            let account = accounts.get(&name).cloned().unwrap_or_default();
            (name, account)
        })
        .collect();
    refuse_overrides_of_several(common, &named)?;
    let (named, credentials, overrides, sandbox) = if let Some(dir) = &common.sandbox {
        let (endpoint, sandbox) = start_sandbox(common, dir, &selected)?;
        let named = named
            .into_iter()
            .map(|(name, account)| (name, sandbox_account(account, common, &endpoint)))
            .collect();
        (named, Credentials::Dummy, Overrides::default(), sandbox)
    } else {
        (named, Credentials::Chain, overrides(common), None)
    };

    let policy = policy(verb, common, console);
    let mut gateways = BTreeMap::new();
    let mut pace = Pace::default();
    let mut endpoint_url = None;
    for (name, account) in &named {
        let gateway = connect::<G>(account, &overrides, credentials, &policy).await;
        if let Ok(gateway) = &gateway {
            log_account(name, gateway.reader(), console);
            endpoint_url =
                endpoint_url.or_else(|| gateway.reader().endpoint_url().map(ToOwned::to_owned));
        }
        pace = pace_of(account);
        gateways.insert(name.clone(), gateway);
    }
    let entries = selected
        .into_iter()
        .map(|Selection { api: desired, stages, names }| {
            let account = account_name(&desired);
            let gateway =
                gateways.get(&account).cloned().unwrap_or_else(|| Err("no account".to_owned()));
            Entry { desired, stages, account, gateway, names }
        })
        .collect();
    Ok(Session { entries, limits, pace, today: today(), names, endpoint_url, _sandbox: sandbox })
}

/// As [`open`], for one API that the command line names by its id or its name, where no
/// file says anything: by the AWS chain.
///
/// # Errors
/// When the account cannot be reached.
pub async fn open_without_file(
    verb: Verb,
    common: &Common,
    console: &Console,
) -> anyhow::Result<Session> {
    let account = Account::default();
    let (gateway, held) = without_file::<Gateway>(verb, common, account, console).await?;
    let name = common.apis.first().cloned().unwrap_or_default();
    let listing = gateway
        .rest_apis()
        .await
        .map_err(|error| anyhow!("{}", crate::report::aws_error::describe(&error)))?;
    let matching = if listing.iter().any(|api| api.id == name) {
        Matching::Id(name.clone())
    } else {
        Matching::Name(name.clone())
    };
    let desired = DesiredApi::unmanaged(name, matching);
    Ok(Session {
        entries: vec![Entry {
            desired,
            stages: Vec::new(),
            account: "default".to_owned(),
            gateway: Ok(gateway.clone()),
            names: Vec::new(),
        }],
        limits: Limits::default(),
        pace: Pace::default(),
        today: today(),
        names: Vec::new(),
        endpoint_url: gateway.endpoint_url().map(ToOwned::to_owned),
        _sandbox: held,
    })
}

/// A connection where no file decides over the APIs: to the account, or the sandbox as it
/// was left.
///
/// # Errors
/// When the account cannot be reached.
pub(crate) async fn without_file<G: Connection>(
    verb: Verb,
    common: &Common,
    account: Account,
    console: &Console,
) -> anyhow::Result<(G, Held)> {
    let (sandbox, held) = sandbox_without_seeds(common)?;
    let (account, credentials, overrides) = match &sandbox {
        Some(endpoint) => {
            let account = sandbox_account(account, common, endpoint);
            (account, Credentials::Dummy, Overrides::default())
        }
        None => (account, Credentials::Chain, overrides(common)),
    };
    let policy = policy(verb, common, console);
    let gateway: G = connect(&account, &overrides, credentials, &policy)
        .await
        .map_err(|error| anyhow!("{error}"))?;
    log_account("default", gateway.reader(), console);
    Ok((gateway, held))
}

fn overrides(common: &Common) -> Overrides {
    Overrides {
        region: common.region.clone(),
        profile: common.profile.clone(),
        endpoint_url: common.endpoint_url.clone(),
    }
}

pub(crate) async fn connect<G: Connection>(
    account: &Account,
    overrides: &Overrides,
    credentials: Credentials,
    policy: &QuotaPolicy,
) -> Result<G, String> {
    G::connect(account, overrides, credentials, policy.clone())
        .await
        .map_err(|error| crate::report::aws_error::describe(&error))
}

/// The `[accounts]` table of an API, or `default` where the AWS chain decides.
pub(crate) fn account_name(api: &DesiredApi) -> String {
    api.account.clone().unwrap_or_else(|| "default".to_owned())
}

fn pace_of(account: &Account) -> Pace {
    let share = account.quota_share.unwrap_or(0.8);
    Pace {
        rate: 10.0 * share,
        burst: 40.0 * share,
        deploy_interval: account.deploy_interval.unwrap_or(5.0) / share,
    }
}

type Selected = Vec<Selection>;

/// An API of the file that the command line leaves.
struct Selection {
    api: DesiredApi,
    /// The stages to look at.
    stages: Vec<String>,
    /// Patterns for the live name, where the key alone does not select it.
    names: Vec<glob::Pattern>,
}

/// The APIs that `--api` and `--stage` leave. A pattern is held against the table's key
/// and the API's name; what the file does not name is asked of AWS later.
fn select(common: &Common, apis: Vec<DesiredApi>) -> anyhow::Result<Selected> {
    let patterns = common
        .apis
        .iter()
        .map(|text| {
            glob::Pattern::new(text)
                .with_context(|| format!("--api {text:?} is not a valid pattern"))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let any = |text: &str| patterns.iter().any(|pattern| pattern.matches(text));
    let keys = listed(apis.iter().map(|api| api.key.as_str()));
    let known: Vec<&str> = apis.iter().flat_map(names).collect();
    let near = did_you_mean(&common.apis, &known);
    let selected: Selected = apis
        .into_iter()
        .filter_map(|api| {
            let names = match &api.matching {
                _ if patterns.is_empty() || any(&api.key) => Vec::new(),
                Matching::Name(name) if any(name) => Vec::new(),
                Matching::Name(_) => return None,
                Matching::Id(_) | Matching::Tags(_) => patterns.clone(),
            };
            Some(Selection { stages: api.stages.clone(), api, names })
        })
        .collect();
    if selected.is_empty() {
        bail!("--api {} selects no API{near}; the file has {keys}", common.apis.join(" --api "));
    }
    let Some(stage) = &common.stage else { return Ok(selected) };
    let known: Vec<String> =
        selected.iter().flat_map(|one| &one.stages).map(ToOwned::to_owned).collect();
    let stages = listed(known.iter().map(String::as_str));
    let with_stage: Selected = selected
        .into_iter()
        .filter(|one| one.stages.contains(stage))
        .map(|one| Selection { stages: vec![stage.clone()], ..one })
        .collect();
    if with_stage.is_empty() {
        let near = did_you_mean(std::slice::from_ref(stage), &known);
        bail!("no selected API has the stage {stage:?}{near}; the file has {stages}");
    }
    Ok(with_stage)
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let unique: std::collections::BTreeSet<&str> = names.collect();
    if unique.is_empty() {
        return "none".to_owned();
    }
    let mut text = String::new();
    for (number, name) in unique.iter().enumerate() {
        if number == 20 {
            let _ = write!(text, " and {} more", unique.len() - number);
            break;
        }
        let comma = if number == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{name}");
    }
    text
}

pub(crate) fn refuse_overrides_of_several(
    common: &Common,
    accounts: &BTreeMap<String, Account>,
) -> anyhow::Result<()> {
    if accounts.len() < 2 {
        return Ok(());
    }
    let given = [
        ("--region", common.region.is_some()),
        ("--profile", common.profile.is_some()),
        ("--endpoint-url", common.endpoint_url.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => bail!(
            "{flag} would apply to several accounts ({}); select the APIs of one with --api",
            listed(accounts.keys().map(String::as_str))
        ),
        None => Ok(()),
    }
}

/// The account as the sandbox knows it: its own endpoint and no identity, whatever
/// the file says.
pub(crate) fn sandbox_account(account: Account, common: &Common, endpoint: &str) -> Account {
    let region = common.region.clone().or(account.region);
    Account {
        id: None,
        region: Some(region.unwrap_or_else(|| SANDBOX_REGION.to_owned())),
        identity: Identity::DefaultChain,
        endpoint_url: Some(endpoint.to_owned()),
        quota_share: account.quota_share,
        deploy_interval: account.deploy_interval,
    }
}

/// The sandbox as it was left, where one was asked for; nothing is made in it.
pub(crate) fn sandbox_without_seeds(common: &Common) -> anyhow::Result<(Option<String>, Held)> {
    match &common.sandbox {
        None => Ok((None, None)),
        Some(dir) => {
            let (endpoint, held) = start_sandbox(common, dir, &Selected::new())?;
            Ok((Some(endpoint), held))
        }
    }
}

#[cfg(feature = "sandbox")]
fn start_sandbox(
    common: &Common,
    dir: &std::path::Path,
    selected: &Selected,
) -> anyhow::Result<(String, Held)> {
    use crate::sandbox::{Background, Options, Seed};

    if common.endpoint_url.is_some() {
        bail!("--sandbox and --endpoint-url exclude each other");
    }
    let seeds: Vec<Seed> = selected
        .iter()
        .map(|Selection { api, .. }| {
            let (rest_api_id, name, tags) = match &api.matching {
                Matching::Id(id) => (Some(id.clone()), api.key.clone(), BTreeMap::new()),
                Matching::Name(name) => (None, name.clone(), BTreeMap::new()),
                Matching::Tags(tags) => (None, api.key.clone(), tags.clone()),
            };
            Seed { rest_api_id, name, tags, stages: api.stages.clone() }
        })
        .collect();
    let options = Options {
        data: Some(dir.to_owned()),
        region: common.region.clone().unwrap_or_else(|| SANDBOX_REGION.to_owned()),
        ..Options::default()
    };
    let sandbox = Background::start(([127, 0, 0, 1], 0).into(), options, &seeds)
        .with_context(|| format!("the sandbox in {} could not be started", dir.display()))?;
    Ok((sandbox.endpoint().to_owned(), Some(sandbox)))
}

#[cfg(not(feature = "sandbox"))]
fn start_sandbox(
    _common: &Common,
    _dir: &std::path::Path,
    _selected: &Selected,
) -> anyhow::Result<(String, Held)> {
    bail!("this gwr was built without the feature `sandbox`")
}
