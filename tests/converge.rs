//! The property: whatever is configured and whatever is served, after an apply every
//! stage serves what the file says, and the next plan has nothing to do; under every
//! choice among the behaviours of the service that nobody has proven.
//!
//! `GWR_TEST_SEED` explores elsewhere, `GWR_TEST_CASES` multiplies the cases.
//!
//! What the contract knows it cannot tell is excepted, by name: [`Limits`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gateway_responses::Quirks;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::json;

use crate::support::back::Was;
use crate::support::engine::{Applied, Engine};
use crate::support::oracle::{
    Entry, KINDS, Kind, State, configured_otherwise, kind_of, served_otherwise, shown_status,
};
use crate::support::server::{Server, seed};

pub(super) const API: &str = "abcde12345";

/// The types that the cases are about: both family defaults, the one with the
/// ambiguous 504, and members of both families.
const POOL: [&str; 8] = [
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "THROTTLED",
    "UNAUTHORIZED",
    "REQUEST_TOO_LARGE",
    "WAF_FILTERED",
];

/// What the file says of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    Reset,
    Custom(Entry),
}

/// A file.
#[derive(Clone, Debug)]
pub(super) struct File {
    wants: BTreeMap<&'static str, Want>,
    resets_unlisted: bool,
    ignored: Option<&'static str>,
}

impl File {
    fn manages(&self, name: &str) -> bool {
        self.ignored != Some(kind_of(name).name)
            && (self.resets_unlisted || self.wants.contains_key(name))
    }

    /// What the types that it manages should be.
    fn state(&self) -> State {
        let custom = |(name, want): (&&'static str, &Want)| match want {
            Want::Custom(entry) => Some((*name, entry.clone())),
            Want::Reset => None,
        };
        self.wants.iter().filter_map(custom).collect()
    }

    pub(super) fn text(&self, stages: &[&str]) -> String {
        let unlisted = if self.resets_unlisted { "reset" } else { "keep" };
        let mut text = format!(
            "version = 1\n[apis.it]\nmatch = {{ id = {API:?} }}\nstages = {stages:?}\n\
             unlisted = {unlisted:?}\nforeign_changes = \"allow\"\n\
             accept = [\"moved-back\", \"wiped\", \"lost-cors\", \"takeover\"]\n"
        );
        for (name, want) in &self.wants {
            let _ = writeln!(text, "[apis.it.responses.{name}]");
            match want {
                Want::Reset => text.push_str("reset = true\n"),
                Want::Custom(entry) => write_entry(&mut text, entry),
            }
        }
        if let Some(name) = self.ignored {
            let _ = writeln!(text, "[[apis.it.ignore]]\ntype = {name:?}\nreason = \"test\"");
        }
        text
    }
}

fn write_entry(text: &mut String, entry: &Entry) {
    if let Some(status) = entry.status {
        let _ = writeln!(text, "status = {status}");
    }
    for (name, value) in &entry.headers {
        let _ = match value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')) {
            Some(literal) => writeln!(text, "headers.{name} = {literal:?}"),
            None => writeln!(text, "headers.{name} = {{ from = {value:?} }}"),
        };
    }
    for (media_type, template) in entry.templates.iter().flatten() {
        let _ = writeln!(text, "templates.{media_type:?} = {template:?}");
    }
}

/// How somebody else made a customisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Put,
    Patch,
}

/// What others have written.
pub(super) type Written = BTreeMap<&'static str, (Entry, By)>;

/// A whole case.
#[derive(Clone, Debug)]
struct Case {
    stages: Vec<&'static str>,
    /// Applied by gwr before everything else.
    earlier: Option<File>,
    /// Written by others and deployed by them.
    served: Option<Written>,
    /// Written by others and not deployed.
    configured: Option<Written>,
    file: File,
}

fn header() -> impl Strategy<Value = (String, String)> {
    select(vec![
        ("X-T-One", "'1'"),
        ("X-T-One", "'2'"),
        ("x-t-one", "'1'"),
        ("x-t-ONE", "'2'"),
        ("Access-Control-Allow-Origin", "'*'"),
        ("X-T-Map", "method.request.header.x-probe"),
        ("X-T-Map", "context.apiId"),
    ])
    .prop_map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn templates() -> impl Strategy<Value = Option<BTreeMap<String, String>>> {
    let all = |pairs: &[(&str, &str)]| {
        Some(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    };
    select(vec![
        None,
        None,
        all(&[("application/json", "A $context.error.responseType")]),
        all(&[("application/json", "{\"b\":1}\n")]),
        all(&[("application/xml", "<c/>")]),
        all(&[("application/json", "{\"b\":1}\n"), ("text/html; charset=utf-8", "<d>")]),
    ])
}

fn status() -> impl Strategy<Value = Option<u16>> {
    select(vec![None, None, Some(504), Some(429), Some(418), Some(500)])
}

/// An entry as a file can write it: each header once.
fn wanted_entry() -> impl Strategy<Value = Entry> {
    (status(), proptest::collection::vec(header(), 0..3), templates()).prop_map(
        |(status, headers, templates)| {
            let mut once: BTreeMap<String, (String, String)> = BTreeMap::new();
            for (name, value) in headers {
                once.insert(name.to_ascii_lowercase(), (name, value));
            }
            Entry { status, headers: once.into_values().collect(), templates }
        },
    )
}

/// An entry as others write them: a header may stand there in two spellings.
pub(super) fn foreign_entry() -> impl Strategy<Value = Entry> {
    let empty = prop_oneof![9 => Just(false), 1 => Just(true)];
    (status(), proptest::collection::vec(header(), 0..4), templates(), empty).prop_map(
        |(status, headers, templates, empty)| {
            let templates = if empty { Some(BTreeMap::new()) } else { templates };
            Entry { status, headers: headers.into_iter().collect(), templates }
        },
    )
}

pub(super) fn file() -> impl Strategy<Value = File> {
    let want = prop_oneof![1 => Just(Want::Reset), 3 => wanted_entry().prop_map(Want::Custom)];
    let names = subsequence(POOL.to_vec(), 0..=5);
    (
        names.prop_flat_map(move |names| {
            let count = names.len();
            (Just(names), proptest::collection::vec(want.clone(), count))
        }),
        proptest::bool::weighted(0.25),
        proptest::option::weighted(0.15, select(POOL.to_vec())),
    )
        .prop_map(|((names, wants), resets_unlisted, ignored)| {
            let wants: BTreeMap<_, _> = names.into_iter().zip(wants).collect();
            let ignored = ignored.filter(|name| !wants.contains_key(name));
            File { wants, resets_unlisted, ignored }
        })
}

/// What others write: near to what the file will want, or anything.
pub(super) fn written(file: &File) -> impl Strategy<Value = Written> + use<> {
    let by = || prop_oneof![3 => Just(By::Put), 1 => Just(By::Patch)];
    let wanted = file.state();
    let each: Vec<_> = POOL
        .into_iter()
        .map(|name| {
            let anything = (foreign_entry(), by()).prop_map(Some).boxed();
            match wanted.get(name).cloned() {
                None => prop_oneof![3 => Just(None), 1 => anything].boxed(),
                Some(entry) => {
                    let same = entry.clone();
                    let near = (Just(entry), status(), by(), any::<bool>()).prop_map(
                        |(entry, status, by, keep)| {
                            let status = if keep { entry.status } else { status };
                            Some((Entry { status, ..entry }, by))
                        },
                    );
                    let same = by().prop_map(move |by| Some((same.clone(), by)));
                    prop_oneof![1 => Just(None), 1 => anything, 2 => near, 2 => same].boxed()
                }
            }
        })
        .collect();
    each.prop_map(|each| {
        POOL.into_iter().zip(each).filter_map(|(name, one)| Some((name, one?))).collect()
    })
}

fn case() -> impl Strategy<Value = Case> {
    let stages = select(vec![vec!["prod"], vec!["prod"], vec!["beta", "prod"]]);
    (stages, file(), proptest::option::weighted(0.35, file())).prop_flat_map(
        |(stages, file, earlier)| {
            let served = proptest::option::weighted(0.6, written(&file));
            let configured = proptest::option::weighted(0.6, written(&file));
            (Just(stages), Just(earlier), served, configured, Just(file)).prop_map(
                |(stages, earlier, served, configured, file)| Case {
                    stages,
                    earlier,
                    served,
                    configured,
                    file,
                },
            )
        },
    )
}

/// What nobody can tell from outside. Each limit is stated in the contract; each is
/// as narrow as it can be.
struct Limits {
    /// `runtime-status=family`
    family_status: bool,
    /// `export=mirror`, `mirror-all`
    mirror: bool,
    /// `export-status=resolved`
    status_hidden: bool,
}

impl Limits {
    fn of(quirks: &[&str]) -> Self {
        let has = |quirk: &str| quirks.contains(&quirk);
        Self {
            family_status: has("runtime-status=family"),
            mirror: has("export=mirror") || has("export=mirror-all"),
            status_hidden: has("export-status=resolved"),
        }
    }

    /// A customised type whose own status is not certain to be set, under a family
    /// default with a status: which of the two a stage serves was never measured, and
    /// GetGatewayResponses shows a status that was set like one that was not.
    fn status_of_the_family(
        &self,
        kind: &Kind,
        wanted: &State,
        changed: bool,
        server: &Server,
    ) -> bool {
        let family_has_status = || server.shown(API, kind.family)["statusCode"].is_string();
        let uncertain = wanted.get(kind.name).is_some_and(|entry| {
            let shown = shown_status(kind);
            entry.status.is_none() || (entry.status == shown && !changed)
        });
        self.family_status && kind.name != kind.family && uncertain && family_has_status()
    }

    /// An INTEGRATION_FAILURE that read 504 before: whether somebody set that is told
    /// only by an export, and only where a stage serves what is configured. With
    /// another change it is made certain. An export that fills the status in says
    /// "set" of everything: then a 504 that is wanted is believed to be there.
    fn unknowable_504(&self, kind: &Kind, before: &Live, wanted: &State, changed: bool) -> bool {
        let status = wanted.get(kind.name).map(|entry| entry.status);
        kind.name == "INTEGRATION_FAILURE"
            && before.failure_reads_504
            && match status {
                Some(Some(504)) => self.status_hidden || (before.failure_is_undeployed && !changed),
                Some(None) => before.failure_is_undeployed && !changed,
                Some(Some(_)) | None => false,
            }
    }

    /// A stage that is behind, and nothing else to change: the export says what is
    /// configured, and nobody looks for a deployment that says otherwise.
    fn behind_a_mirror(&self, deploys: bool) -> bool {
        self.mirror && !deploys
    }
}

/// What was live before the apply under test.
struct Live {
    failure_reads_504: bool,
    failure_is_undeployed: bool,
    customized: Vec<serde_json::Value>,
}

impl Live {
    fn look(server: &Server, case: &Case) -> Self {
        let failure = server.shown(API, "INTEGRATION_FAILURE");
        let custom = |written: &Option<Written>| {
            written.as_ref().map(|written| written.get("INTEGRATION_FAILURE").cloned())
        };
        Self {
            failure_reads_504: failure["defaultResponse"] == false
                && failure["statusCode"] == "504",
            failure_is_undeployed: case.configured.is_some()
                && custom(&case.configured) != custom(&case.served),
            customized: server.customized(API),
        }
    }
}

/// Makes an API hold exactly what others have written.
pub(super) fn write(server: &Server, api: &str, written: &Written) {
    for old in server.customized(api) {
        server.delete(api, old["responseType"].as_str().expect("a type"));
    }
    for (name, (entry, by)) in written {
        let mut operations = Vec::new();
        if let Some(status) = entry.status {
            let status = status.to_string();
            operations.push(json!({"op": "replace", "path": "/statusCode", "value": status}));
        }
        for (header, value) in &entry.headers {
            let path = format!("/responseParameters/gatewayresponse.header.{header}");
            operations.push(json!({"op": "add", "path": path, "value": value}));
        }
        let path = format!("/restapis/{api}/gatewayresponses/{name}");
        let patched = *by == By::Patch
            && !operations.is_empty()
            && server.call("PATCH", &path, &json!({"patchOperations": operations})).status < 300;
        if !patched {
            server.put(api, name, &entry.put_body());
        }
    }
}

/// Runs a case; `Err` says what is wrong.
async fn run(case: &Case, quirks: &[&str]) -> Result<(), String> {
    let server = Server::start(quirks, &[seed(API, "it", &case.stages)]);
    let limits = Limits::of(quirks);
    if let Some(earlier) = &case.earlier {
        let engine = Engine::new(&earlier.text(&case.stages), server.url());
        if let Some(complaint) = engine.apply().await.complaint() {
            return Err(format!("the earlier apply: {complaint}"));
        }
    }
    // Others deploy at once; a stage that flaps would show what is not there any more.
    let deployable = case.served.as_ref().filter(|_| !quirks.contains(&"settle=flapping"));
    if let Some(served) = deployable {
        write(&server, API, served);
        server.deploy(API, &case.stages);
    }
    if let Some(configured) = &case.configured {
        write(&server, API, configured);
    }
    let before = Live::look(&server, case);
    let was = Was::look(&server, API, &case.stages);

    let engine = Engine::new(&case.file.text(&case.stages), server.url());
    let applied = engine.apply().await;
    if let Some(complaint) = applied.complaint() {
        return Err(format!("the apply: {complaint}"));
    }
    let changed: Vec<String> = applied
        .plan
        .works()
        .flat_map(|(_, work)| work.changes.iter().map(|(name, _)| name.to_string()))
        .collect();
    let deployed = applied.plan.works().any(|(_, work)| work.deploys());

    let again = engine.plan().await;
    if again.has_work() {
        return Err(format!("the next plan has work: {:#?}", again.apis));
    }
    let late = quirks.contains(&"deployment-list=late");
    let excused = limits.behind_a_mirror(deployed) || (limits.mirror && late);
    if again.is_incomplete() && !excused {
        return Err(format!("the next plan cannot tell: {:#?}", again.apis));
    }

    let wanted = case.file.state();
    for kind in KINDS.iter().filter(|kind| case.file.manages(kind.name)) {
        let shown = server.shown(API, kind.name);
        if let Some(wrong) = configured_otherwise(kind, wanted.get(kind.name), &shown) {
            return Err(wrong);
        }
    }
    let alone = |all: Vec<serde_json::Value>| -> Vec<serde_json::Value> {
        let managed =
            |one: &serde_json::Value| case.file.manages(one["responseType"].as_str().unwrap_or(""));
        all.into_iter().filter(|one| !managed(one)).collect()
    };
    if alone(server.customized(API)) != alone(before.customized.clone()) {
        return Err("a type that is not managed was changed".to_owned());
    }
    if limits.behind_a_mirror(deployed) {
        return taken_back(&engine, &applied, &was, &server).await;
    }

    let told = |name: &str| {
        let others = [&case.served, &case.configured];
        let untouched = |written: &&Option<Written>| {
            written.as_ref().is_none_or(|written| !written.contains_key(name))
        };
        let never = case.earlier.as_ref().is_none_or(|file| !file.wants.contains_key(name));
        case.file.manages(name) || (never && others.iter().all(untouched))
    };
    for stage in &case.stages {
        for kind in KINDS.iter().filter(|kind| told(kind.name)) {
            if !wanted.contains_key(kind.name) && !told(kind.family) {
                continue;
            }
            let is_changed = changed.iter().any(|name| name == kind.name);
            let status_is_open = limits.status_of_the_family(kind, &wanted, is_changed, &server)
                || limits.unknowable_504(kind, &before, &wanted, is_changed);
            let answer = server.ask(API, stage, kind.name, "application/json");
            let wrong = served_otherwise(kind, &wanted, API, &answer, !status_is_open);
            if let Some(wrong) = wrong {
                return Err(format!("stage {stage} (changed {changed:?}): {wrong}"));
            }
        }
    }
    taken_back(&engine, &applied, &was, &server).await
}

/// A rollback restores the stages and the configuration.
async fn taken_back(
    engine: &Engine,
    applied: &Applied,
    was: &Was,
    server: &Server,
) -> Result<(), String> {
    engine.roll_back(applied).await.map_err(|wrong| format!("the rollback: {wrong}"))?;
    was.complaint(server, API).map_or(Ok(()), |wrong| Err(format!("after the rollback {wrong}")))
}

/// Runs random cases under a choice of quirks, and shrinks one that fails.
fn hold(quirks: &[&str], cases: u32) {
    explore(quirks, cases, &case(), async |case| {
        run(&case, quirks)
            .await
            .map_err(|wrong| format!("{wrong}\n{}", case.file.text(&case.stages)))
    });
}

/// Runs random cases of any kind, the same ones each time; `Err` says what is wrong.
pub(super) fn explore<S: Strategy>(
    quirks: &[&str],
    cases: u32,
    strategy: &S,
    run: impl AsyncFn(S::Value) -> Result<(), String>,
) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let cases = cases * u32::try_from(number("GWR_TEST_CASES").unwrap_or(1)).unwrap_or(1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number("GWR_TEST_SEED").unwrap_or(1).to_le_bytes());
    for (place, byte) in quirks.join(",").bytes().enumerate() {
        bytes[8 + place % 24] ^= byte.wrapping_mul(31);
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 300,
        max_shrink_time: 15_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(strategy, |case| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run(case)).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(wrong, case)) => panic!("under {quirks:?}: {wrong}\n{case:?}"),
        Err(TestError::Abort(why)) => panic!("under {quirks:?}: {why}"),
    }
}

/// Quirks by their names; each can be chosen alone.
pub(super) fn quirks_by_name() -> BTreeMap<&'static str, Vec<String>> {
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value, _, _) in Quirks::list().filter(|(name, ..)| *name != "settle") {
        by_name.entry(name).or_default().push(format!("{name}={value}"));
    }
    by_name
}

#[test]
fn an_apply_converges_where_the_service_is_as_the_evidence_says() {
    hold(&[], 40);
}

#[test]
fn an_apply_converges_under_every_quirk_alone() {
    for (name, value, is_default, _) in Quirks::list() {
        if !is_default {
            let cases = if name == "settle" { 1 } else { 5 };
            hold(&[&format!("{name}={value}")], cases);
        }
    }
}

#[test]
fn an_apply_converges_under_quirks_together() {
    let by_name = quirks_by_name();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..24 {
        let chosen: Vec<&str> =
            by_name.values().map(|values| values[random.usize(..values.len())].as_str()).collect();
        hold(&chosen, 2);
    }
}
