//! Applying: the changes of one API, one mutation at a time, exactly as planned.
//!
//! The answer of every call is compared with what was planned. What differs only in
//! what the call touched is corrected once, by a Put; what differs elsewhere was
//! written by somebody in between: the API is stale, and nothing more is sent.

use super::retry;
use crate::aws::{AwsError, AwsErrorKind, Gateway, Writer};
use crate::model::{Live, PatchOperation, ResponseType};
use crate::plan::{ApiWork, Call, Change, Creation, Target};
use crate::state::diff::{Difference, diff};

pub use super::progress::{Progress, progress};

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
    /// Types changed, in order. The last one may hold something else than was planned,
    /// or somebody else's work beside it: then the error says so.
    pub done: Vec<ResponseType>,
    /// Types whose change may have been made or not: nobody could tell.
    pub unclear: Vec<ResponseType>,
    /// Types whose change was begun and certainly not made: every call was refused, or
    /// somebody else was found to have changed the type before.
    pub not_made: Vec<ResponseType>,
    pub error: Option<ApplyError>,
}

impl Applied {
    /// Whether every change was made: only then may the API be deployed.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.error.is_none()
    }

    /// Whether anything may have been written.
    #[must_use]
    pub const fn has_written(&self) -> bool {
        !self.done.is_empty() || !self.unclear.is_empty()
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
            Err(Unmade { error, wrote }) => {
                let which = match wrote {
                    Wrote::Nothing => &mut applied.not_made,
                    Wrote::Unclear => &mut applied.unclear,
                    Wrote::Something => &mut applied.done,
                };
                which.push(*response_type);
                applied.error = Some(error);
                return applied;
            }
        }
    }
    applied
}

/// A change that did not come to its planned end.
struct Unmade {
    error: ApplyError,
    wrote: Wrote,
}

/// What the calls for one change have written all the same; of several the most counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrote {
    Nothing,
    /// Nobody can tell.
    Unclear,
    Something,
}

impl Wrote {
    /// In spite of an error.
    fn of(error: &AwsError) -> Self {
        if error.did_nothing() { Self::Nothing } else { Self::Unclear }
    }
}

impl Unmade {
    /// Found changed by somebody else; `wrote` tells of gwr's own calls before.
    fn stale(response_type: ResponseType, wrote: Wrote) -> Self {
        let ours = match wrote {
            Wrote::Nothing => "",
            Wrote::Unclear | Wrote::Something => {
                "; it is unknown whether gwr's change took effect before theirs"
            }
        };
        let message =
            format!("{response_type} was changed by another client since it was read{ours}");
        Self { error: ApplyError::Stale(message), wrote }
    }

    /// Somebody wrote between the last look and gwr's own write, which came on top.
    fn on_top(response_type: ResponseType, now: &Live) -> Self {
        let message = format!(
            "{response_type}: another client changed it while gwr was writing: gwr's change \
             went on top of theirs, and it is now {}. Nothing more was written, nothing was \
             deployed. Agree with them, then run `gwr plan`.",
            now.in_words()
        );
        Self { error: ApplyError::Stale(message), wrote: Wrote::Something }
    }

    fn failed(message: String, wrote: Wrote) -> Self {
        Self { error: ApplyError::Failed(message), wrote }
    }

    /// The same after other calls for the change.
    fn after(self, wrote: Wrote) -> Self {
        Self { wrote: self.wrote.max(wrote), ..self }
    }
}

async fn make(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
) -> Result<(), Unmade> {
    // Also where the type is found as it was: a call that was given up may still be at work.
    let mut wrote = Wrote::Nothing;
    let mut last: Option<AwsError> = None;
    for attempt in 0..TRIES {
        if let Some(error) = &last {
            // Nobody knows whether the write was done, or somebody else is writing:
            // the API is read again, and that decides.
            tokio::time::sleep(retry::pause(error, attempt)).await;
            match gateway.gateway_responses(api).await {
                Err(reading) => {
                    let message = format!("{error}; and then it could not be read: {reading}");
                    return Err(Unmade::failed(message, wrote));
                }
                Ok(now) => match progress(now.get(response_type), change) {
                    Progress::Made => return Ok(()),
                    Progress::NotBegun => {}
                    Progress::HalfMade => {
                        return finish(writer, api, response_type, change, Wrote::Unclear).await;
                    }
                    Progress::Elsewhere => return Err(Unmade::stale(response_type, wrote)),
                },
            }
        }
        match send(writer, api, response_type, change).await {
            Ok(answer) => return check(writer, api, response_type, change, &answer).await,
            Err(error) => {
                wrote = wrote.max(Wrote::of(&error));
                if !worth_another_look(&error) {
                    let refused = after_refusal(gateway, writer, api, response_type, change, error);
                    return refused.await.map_err(|unmade| unmade.after(wrote));
                }
                last = Some(error);
            }
        }
    }
    let message = last.map(|error| crate::read::describe(&error)).unwrap_or_default();
    Err(Unmade::failed(message, wrote))
}

fn worth_another_look(error: &AwsError) -> bool {
    matches!(error.kind, AwsErrorKind::Conflict { .. } | AwsErrorKind::Unclear { .. })
}

/// A patch that the service refuses may only mean that its base has moved. If it has
/// not, the patch rests on a rule of the service that nobody has recorded (whether the
/// built-in template of an un-customised type can be replaced, say): one Put, which
/// rests on none, then says the same. Where something else is refused nothing is tried
/// again; but whether the operations before the refused one are kept is not recorded
/// either, so it is looked what is there.
async fn after_refusal(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
    error: AwsError,
) -> Result<(), Unmade> {
    let refused = |wrote| Unmade::failed(crate::read::describe(&error), wrote);
    let wrote = Wrote::of(&error);
    if change.call() != Call::Patch {
        return Err(refused(wrote));
    }
    let (of_the_base, of_one_operation) = match &error.kind {
        AwsErrorKind::NotFound { .. } => (true, true),
        AwsErrorKind::BadRequest { message } => (message.starts_with("Invalid patch path"), true),
        _ => (false, false),
    };
    let has_several = change.differences().len() > 1;
    let is_worth_a_look = of_the_base || (of_one_operation && has_several);
    if !is_worth_a_look {
        return Err(refused(wrote));
    }
    let Ok(now) = gateway.gateway_responses(api).await else {
        return Err(refused(if has_several { Wrote::Unclear } else { wrote }));
    };
    let now = now.get(response_type);
    match progress(now, change) {
        Progress::Made => Ok(()),
        Progress::NotBegun if !of_the_base => Err(refused(wrote)),
        Progress::NotBegun => finish(writer, api, response_type, change, wrote).await,
        Progress::HalfMade if !of_the_base => {
            let message = crate::read::describe(&error);
            let now = now.in_words();
            let message = format!("{message}\nonly a part of it was made: it is now {now}");
            Err(Unmade::failed(message, Wrote::Unclear))
        }
        Progress::HalfMade => finish(writer, api, response_type, change, Wrote::Unclear).await,
        Progress::Elsewhere => {
            let wrote = if has_several { Wrote::Unclear } else { wrote };
            Err(Unmade::stale(response_type, wrote))
        }
    }
}

/// Makes the rest of a change that a patch could not make, or made only in part:
/// whether a patch with a failing operation changes anything is not documented.
async fn finish(
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
    wrote: Wrote,
) -> Result<(), Unmade> {
    match change.to() {
        Some(target) => {
            let put = put_once(writer, api, response_type, target).await;
            put.map_err(|unmade| unmade.after(wrote))
        }
        None => Err(Unmade::stale(response_type, wrote)),
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
        .map_err(|error| Unmade::failed(crate::read::describe(&error), Wrote::of(&error)))?;
    let rest = match &answer {
        Live::Customized(now) => diff(now, &target.settled),
        Live::Default => return Err(not_customized(response_type)),
    };
    if rest.is_empty() {
        return Ok(());
    }
    let message = format!(
        "AWS accepted {response_type} but the stored response differs from what was sent: {}",
        describe_rest(&rest)
    );
    Err(Unmade::failed(message, Wrote::Something))
}

fn not_customized(response_type: ResponseType) -> Unmade {
    let message =
        format!("AWS answered that {response_type} is not customised after it was written");
    Unmade::failed(message, Wrote::Unclear)
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
        return Err(Unmade::on_top(response_type, answer));
    }
    let put = put_once(writer, api, response_type, target).await;
    put.map_err(|unmade| unmade.after(Wrote::Something))
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
