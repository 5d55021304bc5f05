//! `gwr policy`: a least-privilege IAM policy for the file and a verb; nothing is written to AWS.

use std::collections::BTreeMap;

use anyhow::bail;

use super::plan::interrupted;
use crate::cli::args::{Common, Output, PolicyArgs};
use crate::cli::session::connect;
use crate::cli::session::near::nothing_named;
use crate::cli::session::typed;
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::cli::terminal::interrupt::Interrupt;
use crate::config;
use crate::model::region::partition_of_role;
use crate::policy::{Document, Grantee, Part, Verb, Where, notes, split};
use crate::read::resolve;
use crate::report::plan::api_title;
use crate::report::text::printable;
use crate::report::{self, comments};
use crate::state::desired::{Account, Identity};

pub async fn run(
    common: &Common,
    args: &PolicyArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let verb = Verb::from(args.verb);
    let apis = if args.resolve {
        tokio::select! {
            resolved = resolved(verb, common, console) => resolved?,
            signal = interrupt.wait() => return Ok(interrupted(console, signal)),
        }
    } else {
        offline(common, console)?
    };
    let document = Document::new(verb, &apis);
    let text = report::json::document(&document)?;
    let parts = split(verb, &apis);
    let mut notes = notes(verb, &apis, &document, &parts);
    notes.extend(commands(verb, &parts, common, args));
    match console.output {
        Output::Markdown => console.data(&comments::policy(verb, &text, &notes)),
        Output::Text | Output::Json => {
            console.data(&text);
            for note in &notes {
                console.remark(&printable(&format!("note: {note}")));
            }
        }
    }
    Ok(ExitStatus::default())
}

/// So many policies are worth making one by one: no role takes more.
const MOST_COMMANDS: usize = 20;

/// The commands that make a policy that is too long in parts.
fn commands(verb: Verb, parts: &[Part], common: &Common, args: &PolicyArgs) -> Vec<String> {
    let resolve = if args.resolve { " --resolve" } else { "" };
    let number = parts.len();
    let command = |(index, Part { keys, length }): (usize, &Part)| {
        let apis = keys.iter().map(|key| glob::Pattern::escape(key)).collect();
        let common = Common { apis, ..common.clone() };
        let command = typed::same_command(&format!("policy {}{resolve}", verb.as_str()), &common);
        format!("policy {} of {number}, with {length} characters: `{command}`", index + 1)
    };
    let is_many = number > MOST_COMMANDS;
    parts.iter().enumerate().filter(|_| !is_many).map(command).collect()
}

/// By what the files say, and nothing else.
fn offline(common: &Common, console: &Console) -> anyhow::Result<Vec<Grantee>> {
    let (apis, accounts) = connect::selected_with_accounts(common, console)?;
    let named: BTreeMap<String, Account> = apis
        .iter()
        .map(connect::account_name)
        .map(|name| (name.clone(), accounts.get(&name).cloned().unwrap_or_default()))
        .collect();
    connect::refuse_overrides_of_several(common, &named)?;
    apis.iter()
        .map(|api| {
            let account = connect::account_name(api);
            let place = place(common, named.get(&account))?;
            Ok(Grantee::new(api, account, place, connect::today()))
        })
        .collect()
}

/// Where an account's APIs are, as far as it is known without looking at profiles.
fn place(common: &Common, account: Option<&Account>) -> anyhow::Result<Where> {
    let given = common.region.clone().or_else(|| account?.region.clone());
    let known = match (given, &common.sandbox) {
        (Some(region), _) => Some(region),
        (None, Some(_)) => Some(connect::SANDBOX_REGION.to_owned()),
        (None, None) => region_of_environment()?,
    };
    // `--profile` takes the place of the role.
    let role =
        account.filter(|_| common.profile.is_none()).and_then(|account| match &account.identity {
            Identity::Role { role_arn, .. } => partition_of_role(role_arn),
            Identity::DefaultChain | Identity::Profile(_) => None,
        });
    Ok(match known {
        Some(region) => Where::Region(region),
        None => Where::AnyRegion { partition: role.unwrap_or(COMMERCIAL) },
    })
}

/// The partition where nothing tells another.
const COMMERCIAL: &str = "aws";

fn region_of_environment() -> anyhow::Result<Option<String>> {
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        match std::env::var(name) {
            Ok(region) if region.is_empty() => {}
            Ok(region) if config::is_region(&region) => return Ok(Some(region)),
            Ok(region) => bail!("{name} is {region:?}, which is not a valid region"),
            Err(_) => {}
        }
    }
    Ok(None)
}

/// With the ids of the live APIs.
async fn resolved(verb: Verb, common: &Common, console: &Console) -> anyhow::Result<Vec<Grantee>> {
    let session = connect::open_to_read(verb, common, console).await?;
    let mut grantees = Vec::new();
    for subject in Box::pin(resolve(&session.entries)).await {
        let target = &subject.target;
        if let Err(error) = &subject.observed {
            bail!("{}: {error}", api_title(target));
        }
        let place = Where::Region(target.region.clone());
        let account = target.account.clone();
        let known = Grantee::new(&subject.desired, account, place, session.today);
        grantees.push(Grantee { rest_api_id: Some(target.rest_api_id.clone()), ..known });
    }
    if grantees.is_empty() {
        return Err(nothing_named(&session));
    }
    Ok(grantees)
}
