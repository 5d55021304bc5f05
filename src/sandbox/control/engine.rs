//! The control plane and the stages, without the network: a call goes in, an
//! answer comes out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::audit::Audit;
use super::constraints;
use super::faults::Faults;
use super::operations::{Context, Run};
use super::policy::Policy;
use super::quota::Meter;
use super::route::Found;
use crate::sandbox::data::seed::{Seed, sow};
use crate::sandbox::data::state::Api;
use crate::sandbox::data::store::Store;
use crate::sandbox::options::Options;
use crate::sandbox::quirks::{Quirks, Settle};
use crate::sandbox::stage::invoke::{Surroundings, Target, invoke};
use crate::sandbox::wire::error::{Changes, Code, Failure};
use crate::sandbox::wire::hal;
use crate::sandbox::wire::http::{Answer, Call, Reply, Request};

/// How long a stage answers by turns after it was moved, under the quirk.
const FLAPPING: Duration = Duration::from_secs(2);

/// Everything that the sandbox holds.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) audit: Audit,
    pub(crate) options: Options,
    /// What callers may do now; everything when absent.
    pub(crate) policy: Option<Policy>,
    seeds: Vec<Seed>,
    meter: Meter,
    moves: BTreeMap<(String, String), Move>,
}

/// A stage that was moved a moment ago.
#[derive(Debug)]
struct Move {
    from: String,
    at: Instant,
    exports: u32,
    requests: u32,
}

/// Which answers take turns with each other.
#[derive(Clone, Copy)]
enum Turn {
    Export,
    Request,
}

impl Engine {
    pub(crate) fn new(
        options: Options,
        seeds: &[Seed],
    ) -> Result<Self, crate::sandbox::SandboxError> {
        let mut engine = Self {
            store: Store::open(options.data.as_deref())?,
            faults: Faults::new(options.faults.clone()),
            audit: Audit::default(),
            meter: Meter::new(options.quota, Instant::now()),
            moves: BTreeMap::new(),
            seeds: seeds.to_vec(),
            policy: options.policy.clone(),
            options,
        };
        engine.sow().map_err(|failure| crate::sandbox::SandboxError::Seed(failure.message))?;
        Ok(engine)
    }

    fn sow(&mut self) -> Result<(), Failure> {
        let context = Context {
            quirks: &self.options.quirks,
            region: &self.options.region,
            now: now(),
            previous: None,
        };
        sow(&mut self.store, &self.seeds, &context)
    }

    /// Back to the beginning: the seeds and nothing else, no calls, no faults, the policy
    /// that it was started with.
    pub(crate) fn reset(&mut self) -> Result<(), Failure> {
        self.store.clear()?;
        self.sow()?;
        self.faults = Faults::default();
        self.policy = self.options.policy.clone();
        self.audit = Audit::default();
        self.meter = Meter::new(self.options.quota, Instant::now());
        self.moves.clear();
        Ok(())
    }

    /// Does a control-plane call.
    pub(crate) fn call(&mut self, found: &Found, request: &Request) -> Answer {
        let operation = found.route.operation;
        if self.meter.take(operation, Instant::now()).is_err() {
            return Failure::new(Code::TooManyRequests, "Too Many Requests").into();
        }
        let Options { region, quirks, .. } = &self.options;
        let policy = self.policy.as_ref();
        match policy.and_then(|policy| policy.refusal(operation, request, region, quirks)) {
            Some(refusal) => refusal.into(),
            None => match self.run(found, request) {
                Ok(answer) => hal::dressed(answer, operation, request),
                Err(failure) => failure.into(),
            },
        }
    }

    fn run(&mut self, found: &Found, request: &Request) -> Reply {
        let operation = found.route.operation;
        if matches!(found.route.run, Run::Missing) {
            return Err(Failure::new(
                Code::NotImplemented,
                format!("The sandbox does not have the operation {operation}"),
            ));
        }
        let call = Call {
            operation,
            parameters: found.parameters.clone(),
            query: request.query_pairs(),
            headers: request.headers.clone(),
            body: parse(request.bytes())?,
        };
        constraints::check(&call)?;
        let id = call.parameter("restapi_id").to_owned();
        let previous = match operation {
            "GetExport" => self.previous(&id, call.parameter("stage_name"), Turn::Export),
            _ => None,
        };
        let quirks: Quirks = self.options.quirks;
        let region = self.options.region.clone();
        let context =
            Context { quirks: &quirks, region: &region, now: now(), previous: previous.as_deref() };
        match found.route.run {
            Run::Missing => Err(Failure::new(Code::NotImplemented, operation)),
            Run::Read(read) => read(&context, self.store.api(&id)?, &call),
            Run::Account(run) => run(&context, &mut self.store, &call),
            Run::Write(write) => {
                let mut api = self.store.api(&id)?.clone();
                let reply = write(&context, &mut api, &call);
                let keep = match &reply {
                    Ok(_) => true,
                    Err(failure) => failure.changes == Changes::Kept,
                };
                if keep {
                    self.note_moves(&api);
                    self.store.put(api)?;
                }
                reply
            }
        }
    }

    /// Remembers which stages a change moves, for [`Settle::Flapping`].
    fn note_moves(&mut self, after: &Api) {
        let Some(before) = self.store.find(&after.id) else {
            return;
        };
        for (name, stage) in &after.stages {
            let Some(old) = before.stages.get(name) else {
                continue;
            };
            if old.deployment_id != stage.deployment_id {
                let moved = Move {
                    from: old.deployment_id.clone(),
                    at: Instant::now(),
                    exports: 0,
                    requests: 0,
                };
                self.moves.insert((after.id.to_string(), name.clone()), moved);
            }
        }
    }

    /// The deployment that a stage shows in place of its own: every second answer
    /// while it settles.
    fn previous(&mut self, api: &str, stage: &str, turn: Turn) -> Option<String> {
        if self.options.quirks.settle == Settle::AtOnce {
            return None;
        }
        let key = (api.to_owned(), stage.to_owned());
        let moved = self.moves.get_mut(&key)?;
        if moved.at.elapsed() >= FLAPPING {
            self.moves.remove(&key);
            return None;
        }
        let count = match turn {
            Turn::Export => &mut moved.exports,
            Turn::Request => &mut moved.requests,
        };
        *count += 1;
        (*count % 2 == 0).then(|| moved.from.clone())
    }

    /// Answers a request to a stage.
    pub(crate) fn invoke(
        &mut self,
        target: &Target,
        request: &Request,
        (request_id, extended_request_id): (String, String),
    ) -> Answer {
        let previous = self.previous(&target.api, &target.stage, Turn::Request);
        let around = Surroundings {
            quirks: &self.options.quirks,
            region: &self.options.region,
            now: now(),
            previous: previous.as_deref(),
            request_id,
            extended_request_id,
        };
        invoke(self.store.find(&target.api), target, request, around)
    }
}

fn parse(body: &[u8]) -> Result<Value, Failure> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| {
        Failure::new(Code::Serialization, format!("The request body is no JSON: {error}"))
    })
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
