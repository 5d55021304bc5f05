//! Applying: the changes of one API, one mutation at a time, exactly as planned.
//!
//! The answer of every call is compared with what was planned. What differs only in
//! what the call touched is corrected once, by a Put; what differs elsewhere was
//! written by somebody in between: the API is stale, and nothing more is sent.

use std::time::Duration;

use crate::aws::{AwsError, AwsErrorKind, Gateway, Writer};
use crate::diff::{Difference, diff};
use crate::model::{GatewayResponse, Live, PatchOperation, ResponseType};
use crate::plan::{ApiWork, Call, Change, Creation, Target};

/// How often a write is tried again after a conflict or an unclear outcome, each
/// time after the type was read again.
const TRIES: u32 = 5;

/// Why an API's changes were not all made.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Somebody else changed the API since it was read.
    #[error("{0}")]
    Stale(String),
    #[error("{0}")]
    Failed(String),
    /// Asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// What was done before it ended.
#[derive(Debug, Default)]
pub struct Applied {
    /// Types changed, in order.
    pub done: Vec<ResponseType>,
    /// Types whose change may have been made or not: nobody could tell.
    pub unclear: Vec<ResponseType>,
    pub error: Option<ApplyError>,
}

impl Applied {
    /// Whether every change was made: only then may the API be deployed.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.error.is_none()
    }
}

/// A step worth telling.
#[derive(Clone, Copy, Debug)]
pub enum Made<'a> {
    /// About to be sent.
    Sending(ResponseType, &'a Change),
    Done(ResponseType),
}

/// Makes the changes of an API in the planned order.
pub async fn apply_changes(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    work: &ApiWork,
    stop: impl Fn() -> bool,
    on_step: impl Fn(Made<'_>),
) -> Applied {
    let mut applied = Applied::default();
    for (response_type, change) in &work.changes {
        if stop() {
            applied.error = Some(ApplyError::Interrupted);
            return applied;
        }
        on_step(Made::Sending(*response_type, change));
        let made = make(gateway, writer, api, *response_type, change).await;
        match made {
            Ok(()) => {
                applied.done.push(*response_type);
                on_step(Made::Done(*response_type));
            }
            Err(Unmade { error, unclear }) => {
                if unclear {
                    applied.unclear.push(*response_type);
                }
                applied.error = Some(error);
                return applied;
            }
        }
    }
    applied
}

struct Unmade {
    error: ApplyError,
    unclear: bool,
}

impl Unmade {
    fn stale(response_type: ResponseType) -> Self {
        Self {
            error: ApplyError::Stale(format!(
                "{response_type} was changed by somebody else since it was read"
            )),
            unclear: false,
        }
    }

    fn failed(message: String) -> Self {
        Self { error: ApplyError::Failed(message), unclear: false }
    }
}

async fn make(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
) -> Result<(), Unmade> {
    let mut last: Option<AwsError> = None;
    for attempt in 0..TRIES {
        if let Some(error) = &last {
            // Nobody knows whether the write was done, or somebody else is writing:
            // the API is read again, and that decides.
            tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
            match gateway.gateway_responses(api).await {
                Err(reading) => {
                    let message = format!("{error}; and then it could not be read: {reading}");
                    return Err(Unmade { unclear: true, ..Unmade::failed(message) });
                }
                Ok(now) => match progress(now.get(response_type), change) {
                    Progress::Made => return Ok(()),
                    Progress::NotBegun => {}
                    Progress::HalfMade => {
                        return finish(writer, api, response_type, change).await;
                    }
                    Progress::Elsewhere => return Err(Unmade::stale(response_type)),
                },
            }
        }
        match send(writer, api, response_type, change).await {
            Ok(answer) => return check(writer, api, response_type, change, &answer).await,
            Err(error) if worth_another_look(&error) => last = Some(error),
            Err(error) => {
                return after_refusal(gateway, writer, api, response_type, change, error).await;
            }
        }
    }
    let message = last.map(|error| crate::read::describe(&error)).unwrap_or_default();
    Err(Unmade { unclear: true, ..Unmade::failed(message) })
}

fn worth_another_look(error: &AwsError) -> bool {
    matches!(error.kind, AwsErrorKind::Conflict { .. } | AwsErrorKind::Unclear { .. })
}

/// A patch that the service refuses may only mean that its base has moved. If it has
/// not, the patch rests on a rule of the service that nobody has recorded (whether the
/// built-in template of an un-customised type can be replaced, say): one Put, which
/// rests on none, then says the same.
async fn after_refusal(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
    error: AwsError,
) -> Result<(), Unmade> {
    let about_the_base = match &error.kind {
        AwsErrorKind::NotFound { .. } => true,
        AwsErrorKind::BadRequest { message } => message.starts_with("Invalid patch path"),
        _ => false,
    };
    let refused = Unmade::failed(crate::read::describe(&error));
    if !about_the_base || change.call() != Call::Patch {
        return Err(refused);
    }
    let Ok(now) = gateway.gateway_responses(api).await else { return Err(refused) };
    match progress(now.get(response_type), change) {
        Progress::Elsewhere => Err(Unmade::stale(response_type)),
        Progress::NotBegun | Progress::HalfMade => finish(writer, api, response_type, change).await,
        Progress::Made => Ok(()),
    }
}

/// Makes the rest of a change that a patch could not make, or made only in part:
/// whether a patch with a failing operation changes anything is not documented.
async fn finish(
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
) -> Result<(), Unmade> {
    match change.to() {
        Some(target) => put_once(writer, api, response_type, target).await,
        None => Err(Unmade::stale(response_type)),
    }
}

/// Puts the whole target, and looks at the answer.
async fn put_once(
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    target: &Target,
) -> Result<(), Unmade> {
    let answer = writer
        .put(api, response_type, &target.written)
        .await
        .map_err(|error| Unmade::failed(crate::read::describe(&error)))?;
    let rest = match &answer {
        Live::Customized(now) => diff(now, &target.settled),
        Live::Default => return Err(not_customized(response_type)),
    };
    if rest.is_empty() {
        return Ok(());
    }
    Err(Unmade::failed(format!(
        "AWS took {response_type} but holds something else than was sent: {}",
        describe_rest(&rest)
    )))
}

fn not_customized(response_type: ResponseType) -> Unmade {
    Unmade::failed(format!(
        "AWS answered that {response_type} is not customised after it was written"
    ))
}

async fn send(
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
) -> Result<Live, AwsError> {
    match change {
        Change::Create { to: _, call: Creation::Patch(differences) }
        | Change::Update { from: _, to: _, differences } => {
            let operations: Vec<PatchOperation> =
                differences.iter().map(Difference::operation).collect();
            writer.patch(api, response_type, &operations).await
        }
        Change::Create { to, call: Creation::Put(_) }
        | Change::Replace { from: _, to, differences: _ } => {
            writer.put(api, response_type, &to.written).await
        }
        Change::Reset { from: _ } => {
            writer.delete(api, response_type).await.map(|()| Live::Default)
        }
    }
}

/// How far a change has come, by what is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    NotBegun,
    /// Some of its differences are there, and nothing else is.
    HalfMade,
    Made,
    /// Neither what was read nor what was planned.
    Elsewhere,
}

fn progress(live: &Live, change: &Change) -> Progress {
    let is = |wanted: Option<&GatewayResponse>| match (live, wanted) {
        (Live::Default, None) => true,
        (Live::Customized(now), Some(wanted)) => diff(now, wanted).is_empty(),
        (Live::Default, Some(_)) | (Live::Customized(_), None) => false,
    };
    // A rewrite, and a status that GetGatewayResponses cannot tell from an unset one,
    // look made before they are: there only the write itself is proof.
    let looks_made_before = change.from().is_some() && is_same(change);
    if is(change.to().map(|target| &target.settled)) && !looks_made_before {
        Progress::Made
    } else if is(change.from()) {
        Progress::NotBegun
    } else if is_half_made(live, change) {
        Progress::HalfMade
    } else {
        Progress::Elsewhere
    }
}

/// Whether what is live lies between what was there and what was planned.
fn is_half_made(live: &Live, change: &Change) -> bool {
    let (Live::Customized(now), Some(target)) = (live, change.to()) else { return false };
    let left = diff(now, &target.settled);
    change.call() == Call::Patch
        && left.len() < change.differences().len()
        && left.iter().all(|difference| change.differences().contains(difference))
}

fn is_same(change: &Change) -> bool {
    match (change.from(), change.to()) {
        (Some(from), Some(Target { written: _, settled })) => diff(from, settled).is_empty(),
        (None, _) | (_, None) => false,
    }
}

/// Compares the answer of a call with what was planned.
async fn check(
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
    answer: &Live,
) -> Result<(), Unmade> {
    let Some(target) = change.to() else { return Ok(()) };
    let rest = match answer {
        Live::Customized(now) => diff(now, &target.settled),
        Live::Default => return Err(not_customized(response_type)),
    };
    if rest.is_empty() {
        return Ok(());
    }
    if !rest.iter().all(|difference| touches(change, difference)) {
        return Err(Unmade::stale(response_type));
    }
    put_once(writer, api, response_type, target).await
}

/// Whether what is left to differ is something that the call itself wrote.
fn touches(change: &Change, rest: &Difference) -> bool {
    let member = |difference: &Difference| match difference {
        Difference::Status { .. } => "status".to_owned(),
        Difference::Header { name, edit: _ } => format!("header {}", name.lower()),
        Difference::Template { media_type, edit: _ } => format!("template {media_type}"),
    };
    match change {
        Change::Create { to: _, call: Creation::Put(_) }
        | Change::Replace { .. }
        | Change::Reset { .. } => true,
        Change::Create { to: _, call: Creation::Patch(differences) }
        | Change::Update { from: _, to: _, differences } => {
            differences.iter().any(|difference| member(difference) == member(rest))
        }
    }
}

fn describe_rest(rest: &[Difference]) -> String {
    rest.iter().map(|difference| difference.operation().path).collect::<Vec<_>>().join(", ")
}
