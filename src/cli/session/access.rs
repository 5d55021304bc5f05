//! To the accounts that a plan or a record names: of the files only `[accounts]`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;

use super::connect::{self, Held};
use super::verbosity::log_account;
use crate::aws::{Credentials, Gateway, Overrides, Reader};
use crate::cli::args::Common;
use crate::cli::terminal::console::Console;
use crate::config;
use crate::plan::{ApiTarget, Plan};
use crate::policy::Verb;
use crate::state::desired::Account;

/// Gateways to where a document's APIs are.
pub struct Access {
    gateways: BTreeMap<(String, String), Reached>,
    /// For commands that are suggested to the reader.
    pub endpoint_url: Option<String>,
    _sandbox: Held,
}

#[derive(Clone)]
struct Reached {
    gateway: Result<Gateway, String>,
    /// The account as AWS says it; `None` where nobody was asked.
    account_id: Option<String>,
}

impl Access {
    /// The gateway of an API, or why there is none: not to be reached, or another
    /// account than the document names.
    ///
    /// # Errors
    /// With what to tell.
    pub fn gateway(&self, target: &ApiTarget) -> Result<Gateway, Denied> {
        let place = (target.account.clone(), target.region.clone());
        let Some(Reached { gateway, account_id }) = self.gateways.get(&place) else {
            return Err(Denied::Unreachable(format!("there is no account `{}`", target.account)));
        };
        let gateway = gateway.clone().map_err(Denied::Unreachable)?;
        match (&target.account_id, account_id) {
            (Some(bound), Some(actual)) if bound != actual => Err(Denied::OtherAccount(format!(
                "it is in account {bound}, but the credentials belong to account {actual}"
            ))),
            _ => Ok(gateway),
        }
    }
}

/// Why an API of a document may not be gone to.
pub enum Denied {
    Unreachable(String),
    /// The credentials belong to another account.
    OtherAccount(String),
}

/// Connects to every account and region that the targets name.
///
/// # Errors
/// When a file is wrong, or the command line contradicts the targets.
pub async fn open<'a>(
    verb: Verb,
    common: &Common,
    console: &Console,
    targets: impl IntoIterator<Item = &'a ApiTarget>,
) -> anyhow::Result<Access> {
    let accounts = accounts(common, console)?;
    let mut wanted: BTreeMap<(String, String), Account> = BTreeMap::new();
    for ApiTarget { account, region, .. } in targets {
        if let Some(given) = common.region.as_ref().filter(|given| *given != region) {
            bail!("the APIs are in {region}, not in --region {given}; leave --region out");
        }
        let mut known = accounts.get(account).cloned().unwrap_or_default();
        known.region = Some(region.clone());
        wanted.insert((account.clone(), region.clone()), known);
    }
    let named: BTreeMap<String, Account> =
        wanted.iter().map(|((name, _), account)| (name.clone(), account.clone())).collect();
    connect::refuse_overrides_of_several(common, &named)?;
    let (sandbox, held) = connect::sandbox_without_seeds(common)?;
    let overrides = match sandbox {
        Some(_) => Overrides::default(),
        None => Overrides {
            region: None,
            profile: common.profile.clone(),
            endpoint_url: common.endpoint_url.clone(),
        },
    };
    let policy = connect::policy(verb, common, console);
    let mut gateways = BTreeMap::new();
    let mut endpoint_url = None;
    for (place, account) in wanted {
        let (account, credentials) = match &sandbox {
            Some(endpoint) => {
                (connect::sandbox_account(account, common, endpoint), Credentials::Dummy)
            }
            None => (account, Credentials::Chain),
        };
        let gateway: Result<Gateway, String> =
            connect::connect(&account, &overrides, credentials, &policy).await;
        let reached = match gateway {
            Err(error) => Reached { gateway: Err(error), account_id: None },
            Ok(gateway) => {
                log_account(&place.0, &gateway, console);
                endpoint_url = endpoint_url.or_else(|| gateway.endpoint_url().map(str::to_owned));
                // Where the file states an id, connecting has checked it.
                let known = match &account.id {
                    Some(id) => Ok(Some(id.clone())),
                    None => account_id(&gateway).await,
                };
                match known {
                    Ok(account_id) => Reached { gateway: Ok(gateway), account_id },
                    Err(error) => Reached { gateway: Err(error), account_id: None },
                }
            }
        };
        gateways.insert(place, reached);
    }
    Ok(Access { gateways, endpoint_url, _sandbox: held })
}

fn accounts(common: &Common, console: &Console) -> anyhow::Result<BTreeMap<String, Account>> {
    let files = connect::files(common);
    if common.files.is_empty() && !files.iter().any(|file| Path::exists(file)) {
        return Ok(BTreeMap::new());
    }
    config::load_accounts(&files).map_err(|errors| connect::report_config_errors(&errors, console))
}

/// Writes the account's id to every API of a plan that is to be saved.
///
/// # Errors
/// When AWS does not say whose the credentials are.
pub async fn bind(
    plan: &mut Plan,
    gateway_of: impl Fn(&ApiTarget) -> Option<Reader>,
) -> anyhow::Result<()> {
    let mut known: BTreeMap<(String, String), Option<String>> = BTreeMap::new();
    for api in plan.apis.iter_mut().filter(|api| api.target.account_id.is_none()) {
        let Some(gateway) = gateway_of(&api.target) else { continue };
        let place = (api.target.account.clone(), api.target.region.clone());
        if !known.contains_key(&place) {
            let id = account_id(&gateway).await.map_err(|error| {
                anyhow::anyhow!(
                    "the plan was not saved: it must name the AWS account, which is unknown: \
                     {error}"
                )
            })?;
            known.insert(place.clone(), id);
        }
        api.target.account_id = known.get(&place).cloned().flatten();
    }
    Ok(())
}

/// The account as AWS says it: one call. An emulator is asked nothing: what it would say
/// binds nothing to anybody.
async fn account_id(gateway: &Reader) -> Result<Option<String>, String> {
    if gateway.endpoint_url().is_some_and(|url| url.starts_with("http://")) {
        return Ok(gateway.account_id().map(str::to_owned));
    }
    match gateway.account_id_by_sts().await {
        Ok(id) => Ok(Some(id)),
        Err(error) => Err(crate::report::aws_error::describe(&error)),
    }
}
