//! `gwr sandbox`: serves the embedded API Gateway until it is stopped.

#[cfg(feature = "sandbox")]
use anyhow::Context as _;
use anyhow::bail;
#[cfg(feature = "sandbox")]
use serde_json::{Value, json};

#[cfg(feature = "sandbox")]
use crate::cli::args::Output;
use crate::cli::args::SandboxArgs;
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::cli::terminal::interrupt::Interrupt;
#[cfg(feature = "sandbox")]
use crate::plan::FORMAT_VERSION;
#[cfg(feature = "sandbox")]
use crate::report;
#[cfg(feature = "sandbox")]
use crate::sandbox::ACCOUNT;

#[cfg(not(feature = "sandbox"))]
pub async fn run(_: &SandboxArgs, _: &Console, _: &Interrupt) -> anyhow::Result<ExitStatus> {
    bail!("this gwr was built without the feature `sandbox`")
}

#[cfg(feature = "sandbox")]
pub async fn run(
    args: &SandboxArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    use crate::sandbox::{Options, Quirks, serve};

    if args.quirks.iter().any(|quirk| quirk == "list") {
        console.data(&match console.output {
            Output::Json => report::json::document(&quirk_document())?,
            Output::Text | Output::Markdown => quirk_list(),
        });
        return Ok(ExitStatus::default());
    }
    let mut quirks = Quirks::default();
    for quirk in &args.quirks {
        quirks.set(quirk)?;
    }
    let faults = args
        .faults
        .iter()
        .map(|spec| spec.parse().with_context(|| format!("--fault {spec:?}")))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let allow_hosts = args
        .allow_hosts
        .iter()
        .map(|host| host.parse().with_context(|| format!("--allow-host {host:?}")))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let options = Options {
        data: args.data.clone(),
        quota: args.quota.parse().with_context(|| format!("--quota {:?}", args.quota))?,
        quirks,
        faults,
        policy: args.policy.as_deref().map(read_policy).transpose()?,
        allow_hosts,
        ..Options::default()
    };
    let listen = address(&args.listen).await?;
    let ready = |addr: std::net::SocketAddr| {
        console.data(&match console.output {
            Output::Json => report::json::line(&ready_document(addr)).unwrap_or_default(),
            Output::Text | Output::Markdown => format!(
                "gwr sandbox: http://{addr}  (API Gateway of account {ACCOUNT}; `/` shows it)\n"
            ),
        });
        if !addr.ip().is_loopback() {
            console.warning(&format!("{addr} is reachable from other machines"));
        }
        console.remark(&format!(
            "It has no authentication: anyone who can reach it can {}.\n\
             Use it with:  gwr plan --endpoint-url http://{addr}\n\
             \x20             aws apigateway get-rest-apis --endpoint-url http://{addr}\n\
             State is {}. Ctrl-C stops it.",
            match &args.policy {
                Some(file) => format!("do what the policy in {} allows", file.display()),
                None => "change everything".to_owned(),
            },
            match &args.data {
                Some(dir) => format!("kept in {}", dir.display()),
                None => "in memory only; `--data DIR` keeps it".to_owned(),
            }
        ));
    };
    let stop = async {
        interrupt.wait().await;
    };
    serve(listen, options, &[], ready, stop).await?;
    let mut status = ExitStatus::default();
    if let Some(signal) = interrupt.requested() {
        status.interrupted_by(signal, "the sandbox has stopped", console);
    }
    Ok(status)
}

#[cfg(feature = "sandbox")]
fn read_policy(path: &std::path::Path) -> anyhow::Result<crate::sandbox::Policy> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("--policy: {} cannot be read", path.display()))?;
    crate::sandbox::Policy::parse(&text).with_context(|| format!("--policy {}", path.display()))
}

/// `HOST:PORT`, `:PORT` or `PORT`; loopback where no host is named.
#[cfg(feature = "sandbox")]
async fn address(text: &str) -> anyhow::Result<std::net::SocketAddr> {
    let full = match text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
        Ok(port) => format!("127.0.0.1:{port}"),
        Err(_) => text.to_owned(),
    };
    let resolved = tokio::net::lookup_host(&full)
        .await
        .with_context(|| format!("--listen {text:?} is not HOST:PORT"))?
        .next();
    match resolved {
        Some(address) => Ok(address),
        None => bail!("--listen {text:?} resolves to no address"),
    }
}

/// One line as soon as it serves, for scripts that start one on a free port.
#[cfg(feature = "sandbox")]
fn ready_document(addr: std::net::SocketAddr) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "url": format!("http://{addr}"),
        "account_id": ACCOUNT,
    })
}

#[cfg(feature = "sandbox")]
fn quirk_document() -> Value {
    let quirks: Vec<Value> = crate::sandbox::Quirks::list()
        .map(|(name, value, is_default, description)| {
            json!({
                "name": name, "value": value, "default": is_default, "description": description,
            })
        })
        .collect();
    json!({ "format_version": FORMAT_VERSION, "quirks": quirks })
}

/// One `NAME=VALUE` a line.
#[cfg(feature = "sandbox")]
fn quirk_list() -> String {
    use std::fmt::Write as _;

    let mut out = String::new();
    for (name, value, is_default, description) in crate::sandbox::Quirks::list() {
        let default = if is_default { " (default)" } else { "" };
        let pair = format!("{name}={value}");
        let _ = writeln!(out, "{pair:<36} {description}{default}");
    }
    out
}
