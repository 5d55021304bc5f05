//! `gwr import`: what exists, as a desired-state file on stdout; nothing is written to AWS.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use serde_json::json;

use super::plan::{created_at, interrupted};
use crate::aws::Reader;
use crate::cli::args::{Common, ImportArgs, Output};
use crate::cli::session::connect::{self, Held};
use crate::cli::session::exports;
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::interrupt::Interrupt;
use crate::config;
use crate::import::{self, Cause, Document, Imported, Inventory, LeftOut, Stages};
use crate::model::ResponseType;
use crate::plan::FORMAT_VERSION;
use crate::policy::Verb;
use crate::read::{Found, Subject, no_match, no_such_name, read_for_import};
use crate::report;
use crate::report::aws_error::describe;
use crate::report::plan::api_title;
use crate::report::reason::Reason;
use crate::report::text::{count, printable};
use crate::state::desired::{Account, Identity, Matching};
use crate::state::observed::{ObservedApi, RestApi};

/// What is said of an `INTEGRATION_FAILURE` whose 504 may be anything.
const UNKNOWABLE: &str = "Its status reads 504, which GetGatewayResponses shows whether it is \
    set or not, and no stage's export decides. Without one, clients get 500, 502 or 504. To make \
    it certain, set `status = 504` or leave it out, and run `gwr apply --rewrite \
    INTEGRATION_FAILURE`.";

/// What every file says of itself.
const RULES: &str = "This file has only what is customised. It leaves out what a type inherits \
    from DEFAULT_4XX or DEFAULT_5XX and values that equal the built-in ones. `gwr plan` with this \
    file has nothing to do.";

pub async fn run(
    common: &Common,
    args: &ImportArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    if let Some(path) = &args.from_openapi {
        return from_document(path, console);
    }
    let read = read(common, args, console);
    let Live { gateway, found, account, _held } = tokio::select! {
        read = read => read?,
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let Found { subjects, mut left_out } = found;
    refuse_unknown_stage(common, &subjects, &left_out)?;
    for gap in exports::gaps(&subjects, console) {
        console.warning(&gap.warning());
    }
    let mut status = ExitStatus::default();
    let mut apis = Vec::new();
    let mut missing = Vec::new();
    for subject in &subjects {
        match &subject.observed {
            Ok(observed) => {
                let left_out = left_out.remove(&subject.target.rest_api_id).unwrap_or_default();
                let stages = Stages::Known { listed: subject.desired.stages.clone(), left_out };
                apis.push(imported(subject, observed, stages));
            }
            Err(error) => {
                status.because(&Reason::failed(error).of(&subject.target), console);
                missing.push(format!("{} could not be read", api_title(&subject.target)));
            }
        }
    }
    if apis.is_empty() {
        return Ok(status);
    }
    status.reach(Reached::Read);
    for api in &apis {
        warn(api, console);
        if let Some(reason) = unread_stages(api) {
            status.because(&reason, console);
        }
    }
    let number = apis.len() as u64;
    let place = match gateway.account_id() {
        Some(id) => format!("{} of account {id}", gateway.region()),
        None => gateway.region().to_owned(),
    };
    let mut origin = vec![
        format!(
            "Written by gwr {} from {} in {place}, {}.",
            version(),
            count(number, "REST API"),
            created_at()
        ),
        RULES.to_owned(),
    ];
    if account.is_none() {
        let files: Vec<String> =
            common.files.iter().map(|file| format!("-f {}", file.display())).collect();
        origin.push(format!(
            "Its account is in another file: plan with `gwr plan {} -f THIS`.",
            files.join(" ")
        ));
    }
    let inventory = Inventory { origin, account, apis, missing };
    show(&inventory, console)?;
    Ok(status)
}

/// Of every other verb a stage that no API has is refused, too.
fn refuse_unknown_stage(
    common: &Common,
    subjects: &[Subject<Reader>],
    left_out: &BTreeMap<String, Vec<LeftOut>>,
) -> anyhow::Result<()> {
    let Some(stage) = &common.stage else { return Ok(()) };
    let is_unread = subjects.iter().any(|subject| subject.observed.is_err());
    let is_there = subjects.iter().any(|subject| subject.desired.stages.contains(stage))
        || left_out.values().flatten().any(|left| left.stage == *stage);
    if is_there || is_unread {
        return Ok(());
    }
    bail!("no selected API has the stage {stage:?}")
}

const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// What was read of the live APIs.
struct Live {
    gateway: Reader,
    found: Found,
    /// The table that leads back to where they are, unless a file says that.
    account: Option<(String, Account)>,
    _held: Held,
}

async fn read(common: &Common, args: &ImportArgs, console: &Console) -> anyhow::Result<Live> {
    let given = given_account(common, console)?;
    let known = given.clone().unwrap_or_default();
    let (gateway, held) =
        connect::without_file::<Reader>(Verb::Import, common, known, console).await?;
    let apis = keyed(listed(&gateway, args, common).await?);
    let progress = |done, total| console.progress.read(done, total);
    let only = common.stage.as_deref();
    let found = Box::pin(read_for_import(&gateway, &apis, only, connect::today(), progress)).await;
    console.progress.finish();
    let account = given.is_none().then(|| ("main".to_owned(), account(&gateway, common)));
    Ok(Live { gateway, found, account, _held: held })
}

/// Of files that are named only `[accounts]` counts; a gwr.toml that happens to be here
/// is not looked at.
fn given_account(common: &Common, console: &Console) -> anyhow::Result<Option<Account>> {
    if common.files.is_empty() {
        return Ok(None);
    }
    let accounts = config::load_accounts(&common.files)
        .map_err(|errors| connect::report_config_errors(&errors, console))?;
    let names: Vec<&str> = accounts.keys().map(String::as_str).collect();
    match names.as_slice() {
        [] => Ok(None),
        [_] => Ok(accounts.into_values().next()),
        several => bail!(
            "the files have several accounts ({}), and `gwr import` reads one: leave -f out and \
             give --profile and --region",
            printable(&several.join(", "))
        ),
    }
}

/// What a file must say so that it leads to the same place.
fn account(gateway: &Reader, common: &Common) -> Account {
    let is_aws = gateway.endpoint_url().is_none();
    Account {
        id: gateway.account_id().filter(|_| is_aws).map(ToOwned::to_owned),
        region: Some(gateway.region().to_owned()),
        identity: match &common.profile {
            Some(profile) => Identity::Profile(profile.clone()),
            None => Identity::DefaultChain,
        },
        endpoint_url: common.endpoint_url.clone(),
        ..Account::default()
    }
}

/// The APIs that were asked for, each once.
async fn listed(
    gateway: &Reader,
    args: &ImportArgs,
    common: &Common,
) -> anyhow::Result<Vec<RestApi>> {
    let worded = |error| anyhow!("{}", describe(&error));
    let mut apis: BTreeMap<String, RestApi> = BTreeMap::new();
    for id in &args.api_id {
        let detail = gateway.rest_api(id).await.map_err(worded)?;
        let api = RestApi { id: detail.id, name: detail.name, tags: detail.tags };
        apis.insert(api.id.clone(), api);
    }
    if args.api_id.is_empty() {
        let all = gateway.rest_apis().await.map_err(worded)?;
        let place = gateway.region();
        if all.is_empty() {
            bail!("there is no REST API in {place}. Is the region right?");
        }
        let mut take = |api: &RestApi| drop(apis.insert(api.id.clone(), api.clone()));
        if args.all {
            all.iter().for_each(&mut take);
        }
        for name in &args.name {
            named(name, &all, place)?.into_iter().for_each(&mut take);
        }
    }
    let patterns = common
        .apis
        .iter()
        .map(|text| {
            glob::Pattern::new(text)
                .with_context(|| format!("--api {text:?} is not a valid pattern"))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    apis.retain(|id, api| {
        patterns.is_empty() || patterns.iter().any(|one| one.matches(id) || one.matches(&api.name))
    });
    if apis.is_empty() {
        bail!("--api {}: none of the APIs has this name or id", common.apis.join(" --api "));
    }
    Ok(apis.into_values().collect())
}

/// The API of exactly this name, or those that match it as a pattern.
fn named<'a>(name: &str, all: &'a [RestApi], place: &str) -> anyhow::Result<Vec<&'a RestApi>> {
    let exactly: Vec<&RestApi> = all.iter().filter(|api| api.name == name).collect();
    match exactly.as_slice() {
        [_] => return Ok(exactly),
        [] => {}
        several => bail!(
            "{} APIs in {place} are named {name:?}: select one with --api-id {}",
            several.len(),
            several.iter().map(|api| api.id.as_str()).collect::<Vec<_>>().join(" or ")
        ),
    }
    let pattern = glob::Pattern::new(name).ok();
    let matching: Vec<&RestApi> = all
        .iter()
        .filter(|api| pattern.as_ref().is_some_and(|pattern| pattern.matches(&api.name)))
        .collect();
    if matching.is_empty() {
        let place = format!("in {place}");
        bail!(if name.contains(['*', '?', '[']) {
            no_match(name, &place, all)
        } else {
            no_such_name(name, &place, all)
        });
    }
    Ok(matching)
}

/// By the keys of their tables.
fn keyed(apis: Vec<RestApi>) -> BTreeMap<String, RestApi> {
    let names: Vec<(&str, &str)> =
        apis.iter().map(|api| (api.name.as_str(), api.id.as_str())).collect();
    import::name_apart(&names).into_iter().zip(apis).collect()
}

fn imported(subject: &Subject<Reader>, observed: &ObservedApi, stages: Stages) -> Imported {
    let mut notes: BTreeMap<ResponseType, Vec<String>> = BTreeMap::new();
    if import::is_unknowable(observed) {
        notes.entry(ResponseType::IntegrationFailure).or_default().push(UNKNOWABLE.to_owned());
    }
    for (response_type, parameters) in &observed.configured.unknown_parameters {
        notes.entry(*response_type).or_default().extend(parameters.iter().map(|(name, value)| {
            format!(
                "It also has `{name}` = `{value}`, which sets no header and is left \
                unchanged."
            )
        }));
    }
    let unknown = observed.configured.unknown_types.iter();
    let unknown = unknown.map(|name| format!("this gwr does not know the type {name}"));
    let customized = import::really_set(observed);
    Imported {
        key: subject.target.key.clone(),
        matching: Matching::Id(observed.rest_api_id.clone()),
        remark: subject.target.rest_api_name.clone().unwrap_or_default(),
        stages,
        left_alone: customized.left_alone().chain(unknown).collect(),
        responses: customized.sayable,
        notes,
    }
}

/// What the reader of stderr should know without opening the file.
fn warn(api: &Imported, console: &Console) {
    for fault in import::known_faults(api) {
        console.warning(&format!("{}: [{}] {}", api.key, fault.rule, fault.reason));
    }
    for left in &api.left_alone {
        console.warning(&format!("{}: left unchanged: {left}", api.key));
    }
    if let Stages::Known { left_out, .. } = &api.stages {
        for left in left_out.iter().filter(|left| left.cause == Cause::Unsettled) {
            console.warning(&format!("{}: {}", api.key, left_out_words(left)));
        }
    }
}

/// The stages that the file leaves out because they could not be read.
fn unread_stages(api: &Imported) -> Option<Reason> {
    let Stages::Known { left_out, .. } = &api.stages else { return None };
    let unread = left_out.iter().filter(|left| left.cause == Cause::Unread).map(|left| {
        let reason = Reason::failed(&left_out_words(left)).about(&api.key);
        left.hint.iter().fold(reason, |reason, hint| reason.hint(hint))
    });
    Reason::merged(unread).pop()
}

fn left_out_words(left: &LeftOut) -> String {
    format!("stage {} is left out, because {}", left.stage, left.why)
}

/// Offline.
fn from_document(path: &Path, console: &Console) -> anyhow::Result<ExitStatus> {
    let is_stdin = path.as_os_str() == "-";
    let (shown, text) = if is_stdin {
        ("stdin".to_owned(), std::io::read_to_string(std::io::stdin()))
    } else {
        (path.display().to_string(), std::fs::read_to_string(path))
    };
    let text = text.with_context(|| format!("{shown} cannot be read"))?;
    // Of stdin nobody knows what it is called.
    let stem = path.file_stem().filter(|_| !is_stdin);
    let fallback = stem.map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let Document { apis, warnings } =
        import::read_document(&text, &fallback).map_err(|why| anyhow!("{shown}: {why}"))?;
    for warning in warnings {
        console.warning(&format!("{shown}: {warning}"));
    }
    for api in &apis {
        warn(api, console);
    }
    let names_all = apis.iter().all(|api| matches!(api.stages, Stages::Known { .. }));
    let next = if names_all {
        "`gwr plan` shows what differs."
    } else {
        "Name the stages that the document does not name, and `gwr plan` shows what differs."
    };
    let origin = vec![
        format!("Written by gwr {} from {shown}, {}.", version(), created_at()),
        next.to_owned(),
    ];
    let inventory = Inventory { origin, account: None, apis, missing: Vec::new() };
    show(&inventory, console)?;
    Ok(ExitStatus::default())
}

/// The file itself, or a document that holds it.
fn show(inventory: &Inventory, console: &Console) -> anyhow::Result<()> {
    let toml = import::write(inventory);
    let text = match console.output {
        Output::Json => {
            let document = json!({
                "format_version": FORMAT_VERSION,
                "apis": inventory.apis.len(),
                "complete": inventory.is_complete(),
                "toml": toml,
            });
            report::json::document(&document)?
        }
        Output::Text | Output::Markdown => toml,
    };
    console.data(&text);
    Ok(())
}
