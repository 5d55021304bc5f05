//! `gwr policy`: the least IAM policy for the file and a verb; nothing is written to AWS.

use anyhow::bail;

use super::args::{Common, Output, PolicyArgs};
use super::console::Console;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::plan::interrupted;
use super::session;
use crate::desired::Account;
use crate::iam::{Document, Grantee, Verb, notes};
use crate::read::resolve;
use crate::report::plan::api_title;
use crate::report::text::printable;
use crate::report::{self, comments};

pub async fn run(
    common: &Common,
    args: &PolicyArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<Exit> {
    let verb = Verb::from(args.verb);
    let apis = if args.resolve {
        tokio::select! {
            resolved = resolved(verb, common, console) => resolved?,
            exit = interrupt.wait() => return Ok(interrupted(console, exit)),
        }
    } else {
        offline(common, console)?
    };
    let document = Document::new(verb, &apis);
    let text = report::json::document(&document)?;
    let notes = notes(verb, &apis, &document);
    match console.output {
        Output::Markdown => console.data(&comments::policy(verb, &text, &notes)),
        Output::Text | Output::Json => {
            console.data(&text);
            for note in &notes {
                console.remark(&printable(&format!("note: {note}")));
            }
        }
    }
    Ok(Exit::Done)
}

/// By what the files say, and nothing else.
fn offline(common: &Common, console: &Console) -> anyhow::Result<Vec<Grantee>> {
    let (apis, accounts) = session::selected_with_accounts(common, console)?;
    Ok(apis
        .iter()
        .map(|api| {
            let account = session::account_name(api);
            let region = region(common, accounts.get(&account));
            Grantee::new(api, account, region)
        })
        .collect())
}

/// The region as far as it is known without looking at profiles.
fn region(common: &Common, account: Option<&Account>) -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|region| !region.is_empty());
    let given = common.region.clone().or_else(|| account?.region.clone());
    match &common.sandbox {
        Some(_) => given.or_else(|| Some(session::SANDBOX_REGION.to_owned())),
        None => given.or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION")),
    }
}

/// With the ids of the live APIs.
async fn resolved(verb: Verb, common: &Common, console: &Console) -> anyhow::Result<Vec<Grantee>> {
    let session = session::open_to_read(verb, common, console).await?;
    let mut grantees = Vec::new();
    for subject in Box::pin(resolve(&session.entries)).await {
        let target = &subject.target;
        if let Err(error) = &subject.observed {
            bail!("{}: {error}", api_title(target));
        }
        let region = Some(target.region.clone()).filter(|region| !region.is_empty());
        let known = Grantee::new(&subject.desired, target.account.clone(), region);
        grantees.push(Grantee { rest_api_id: Some(target.rest_api_id.clone()), ..known });
    }
    if grantees.is_empty() {
        return Err(session::nothing_selected(common));
    }
    Ok(grantees)
}
