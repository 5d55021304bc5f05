//! The property of `import`: whatever is configured and whatever is served, the file that
//! it writes is right, leaves nothing out in silence, and a plan of it has nothing to do;
//! under every choice among the behaviours of the service that nobody has proven.

use std::time::Duration;

use gateway_responses::Quirks;
use proptest::prelude::*;
use proptest::sample::select;

use crate::converge::{API, File, Written, explore, file, quirks_by_name, write, written};
use crate::support::binary::run as gwr;
use crate::support::engine::Engine;
use crate::support::server::{Server, seed};

const OTHER: &str = "zyxwv98765";

/// Two APIs and their histories.
#[derive(Clone, Debug)]
struct Case {
    stages: Vec<&'static str>,
    /// Applied by gwr before everything else.
    earlier: Option<File>,
    /// Written by others and deployed by them.
    served: Option<Written>,
    /// Written by others, and not deployed.
    configured: Option<Written>,
    /// Deployed to the first stage only.
    late: bool,
    /// The other API: the same as the first, or something of its own.
    other: Option<Written>,
}

fn case() -> impl Strategy<Value = Case> {
    let stages = select(vec![vec!["prod"], vec!["beta", "prod"], vec![]]);
    (stages, file(), proptest::option::weighted(0.4, file()), any::<bool>()).prop_flat_map(
        |(stages, file, earlier, late)| {
            let some = |weight| proptest::option::weighted(weight, written(&file));
            (Just(stages), Just(earlier), some(0.6), some(0.4), Just(late), some(0.5)).prop_map(
                |(stages, earlier, served, configured, late, other)| Case {
                    stages,
                    earlier,
                    served,
                    configured,
                    late,
                    other,
                },
            )
        },
    )
}

async fn run(case: &Case, quirks: &[&str]) -> Result<(), String> {
    let Case { stages, earlier, served, configured, late, other } = case;
    let server = Server::start(
        quirks,
        &[seed(API, "Orders API", stages), seed(OTHER, "orders-api", &["prod"])],
    );
    if let Some(earlier) = earlier.as_ref().filter(|_| !stages.is_empty()) {
        let engine = Engine::new(&earlier.text(stages), server.url());
        if let Some(complaint) = engine.apply().await.complaint() {
            return Err(format!("the earlier apply: {complaint}"));
        }
    }
    if let Some(served) = served {
        write(&server, API, served);
        let reached = if *late { &stages[..stages.len().min(1)] } else { stages };
        server.deploy(API, reached);
    }
    if let Some(configured) = configured {
        write(&server, API, configured);
    }
    let of_other = other.as_ref().or(configured.as_ref()).or(served.as_ref());
    if let Some(written) = of_other {
        write(&server, OTHER, written);
        server.deploy(OTHER, &["prod"]);
    }
    if ["settle=flapping", "deployment-list=late"].iter().any(|slow| quirks.contains(slow)) {
        tokio::time::sleep(Duration::from_millis(2100)).await;
    }

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let url = server.url();
    let imported = gwr(folder.path(), &["import", "--all", "--endpoint-url", url]);
    if imported.code != Some(0) {
        return Err(format!("the import: {imported}"));
    }
    let text = &imported.stdout;
    let file = folder.path().join("imported.toml");
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let valid = gwr(folder.path(), &["validate", "-f", "imported.toml"]);
    if valid.code != Some(0) {
        return Err(format!("it is not valid: {valid}\n{text}"));
    }
    let plan = Engine::new(text, url).plan().await;
    if plan.has_work() || plan.is_incomplete() {
        return Err(format!("the plan is not empty: {:#?}\n{text}", plan.apis));
    }
    for (target, work) in plan.works() {
        for left in &work.unmanaged {
            if !text.contains(&format!("Not managed: {left} is customised")) {
                return Err(format!("{left} of {} is missing in\n{text}", target.key));
            }
        }
        let customized: Vec<_> = server
            .customized(&target.rest_api_id)
            .iter()
            .filter_map(|one| one["responseType"].as_str().map(str::to_owned))
            .collect();
        for managed in &work.managed {
            if !customized.contains(&managed.to_string()) {
                return Err(format!("{managed} is only inherited, and in\n{text}"));
            }
        }
    }
    let stages_named = |name: &&str| text.contains(&format!("\"{name}\""));
    match stages.iter().find(|name| !stages_named(name)) {
        Some(lost) => Err(format!("the stage {lost} is missing in\n{text}")),
        None => Ok(()),
    }
}

fn hold(quirks: &[&str], cases: u32) {
    explore(quirks, cases, &case(), async |case| run(&case, quirks).await);
}

#[test]
fn an_import_is_what_is_there() {
    hold(&[], 30);
}

#[test]
fn an_import_is_what_is_there_under_every_quirk_alone() {
    for (name, value, is_default, _) in Quirks::list() {
        // A stage that flaps, or a list that is late, is waited for.
        let slow = ["settle", "deployment-list"].contains(&name);
        if !is_default {
            hold(&[&format!("{name}={value}")], if slow { 2 } else { 4 });
        }
    }
}

#[test]
fn an_import_is_what_is_there_under_quirks_together() {
    let by_name = quirks_by_name();
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..16 {
        let chosen: Vec<&str> = by_name
            .iter()
            .filter(|(name, _)| **name != "deployment-list")
            .map(|(_, values)| values[random.usize(..values.len())].as_str())
            .collect();
        hold(&chosen, 2);
    }
}
