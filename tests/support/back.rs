//! Taking an apply back, in process, and whether everything is as it was.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use gateway_responses::{
    ApplyContext, Approval, Colour, Document, Limits, Pace, Plan, Record, Recorder, Summary, Verb,
    bring_configurations_back, bring_stages_back, open_document, plan_back, read_pointers,
    render_plan, restore,
};
use serde_json::Value;

use super::engine::Engine;
use super::server::Server;

/// A record in a folder of its own.
pub struct Kept {
    _folder: tempfile::TempDir,
    path: PathBuf,
    pub recorder: Arc<Recorder>,
}

impl Kept {
    pub fn begin(plan: &Plan, run: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record.json");
        let record = Record::new(Verb::Apply, run.to_owned(), "now".to_owned(), plan);
        let recorder = Recorder::begin(path.clone(), record).expect("a record");
        Self { _folder: folder, path, recorder: Arc::new(recorder) }
    }

    fn read(&self) -> Record {
        let text = std::fs::read_to_string(&self.path).expect("a record");
        open_document(&text).expect("as it was written").read().expect("a record")
    }
}

/// Saves a plan and reads it again: it must say the same.
#[track_caller]
pub fn round_trip(plan: &Plan) {
    let limits = Limits::default();
    let document = Document::new(plan, Pace::default(), limits, "now".to_owned());
    let text = serde_json::to_string(&document).expect("JSON");
    let read: Document = open_document(&text).expect("as it was written").read().expect("a plan");
    assert_eq!(read, document);
    let again = restore(&read).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let show = |plan: &Plan| {
        let summary = Summary::of(plan, Pace::default());
        render_plan(plan, &summary, Colour::On, "next")
    };
    assert_eq!(show(&again), show(plan));
    assert_eq!(Document::new(&again, Pace::default(), limits, "now".to_owned()), document);
}

/// What a rollback must bring back.
pub struct Was {
    customized: Vec<Value>,
    pointers: BTreeMap<String, String>,
}

impl Was {
    pub fn look(server: &Server, api: &str, stages: &[&str]) -> Self {
        Self {
            customized: server.customized(api),
            pointers: stages.iter().map(|s| ((*s).to_owned(), server.pointer(api, s))).collect(),
        }
    }

    /// What is not as it was, if anything is not.
    pub fn complaint(&self, server: &Server, api: &str) -> Option<String> {
        for (stage, was) in &self.pointers {
            let now = server.pointer(api, stage);
            if now != *was {
                return Some(format!("stage {stage} was at {was}, and is at {now}"));
            }
        }
        let was = comparable(&self.customized);
        let mut now = comparable(&server.customized(api));
        for (name, was) in &was {
            if let Some(now) = now.get_mut(name) {
                leave_open(was, now);
            }
        }
        (was != now).then(|| format!("it was\n{was:#?}\nand is\n{now:#?}"))
    }
}

/// By type, and with the names of headers in lower case, for HTTP knows none; a name in
/// two spellings has no value here, and so has a type without any template.
fn comparable(customized: &[Value]) -> BTreeMap<String, Value> {
    customized
        .iter()
        .map(|one| {
            let mut one = one.clone();
            let mut headers: BTreeMap<String, Option<Value>> = BTreeMap::new();
            for (name, value) in one["responseParameters"].as_object().into_iter().flatten() {
                headers
                    .entry(name.to_ascii_lowercase())
                    .and_modify(|known| *known = None)
                    .or_insert_with(|| Some(value.clone()));
            }
            one["responseParameters"] = serde_json::json!(headers);
            if one["responseTemplates"].as_object().is_some_and(serde_json::Map::is_empty) {
                one["responseTemplates"] = Value::Null;
            }
            (one["responseType"].as_str().unwrap_or_default().to_owned(), one)
        })
        .collect()
}

/// Which of two spellings is kept is left open, and so is what becomes of a type without
/// any template, which only some say there can be.
fn leave_open(was: &Value, now: &mut Value) {
    for (name, value) in was["responseParameters"].as_object().into_iter().flatten() {
        if value.is_null() {
            now["responseParameters"][name] = Value::Null;
        }
    }
    if was["responseTemplates"].is_null() {
        now["responseTemplates"] = Value::Null;
    }
}

/// `gwr rollback RECORD --yes`; `Err` says what was left.
pub async fn roll_back(engine: &Engine, kept: &Kept, means: ApplyContext) -> Result<(), String> {
    let record = kept.read();
    let mut backs = Vec::new();
    for api in record.apis.iter().filter(|api| api.has_begun()) {
        let gateway = engine.gateway().await;
        let observed = read_pointers(&gateway, &api.target()).await.map_err(|e| e.to_string())?;
        backs.push((plan_back(api, observed, means.today), gateway));
    }
    let means =
        ApplyContext { read_at: Instant::now(), record: Arc::new(Recorder::nowhere()), ..means };
    let ends = bring_stages_back(backs, &means).await;
    let ends = bring_configurations_back(ends, &means, Approval::Flag).await;
    match ends.iter().find(|ended| !ended.is_good()) {
        Some(ended) => Err(format!("{ended:?}")),
        None => Ok(()),
    }
}
