//! Applying: the changes of one API, one mutation at a time, exactly as planned.
//!
//! The answer of every call is compared with what was planned. What differs only in
//! what the call touched is corrected once, by a Put; what differs elsewhere was
//! written by another client in between: the API is stale, and nothing more is sent.

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// Another client changed the API since it was read.
    Stale(ChangeFailure),
    Failed(ChangeFailure),
    /// Asked to stop.
    Interrupted,
}

/// What kept a change from being made, or from being all that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeFailure {
    /// Another client changed the type since it was read; nothing was written to it.
    ChangedByOthers(ResponseType),
    /// The same, and it is unknown whether gwr's change was made before theirs.
    ChangedOrMade(ResponseType),
    /// Another client wrote between the last read and gwr's write, which went on top.
    OnTop {
        response_type: ResponseType,
        now: Live,
    },
    Call(AwsError),
    /// A patch was refused, and only a part of it is there.
    HalfMade {
        error: AwsError,
        now: Live,
    },
    /// The call did not end, and then the type could not be read.
    NotReadAgain {
        error: AwsError,
        reading: AwsError,
    },
    /// AWS accepted the write and holds something else.
    Holds {
        response_type: ResponseType,
        rest: Vec<Difference>,
    },
    /// AWS accepted the write, and its answer says that the type is not customised.
    NotCustomized(ResponseType),
}

/// What was done before it ended.
#[derive(Debug, Default)]
pub struct Applied {
    /// Types changed, in order. The last one may hold something else than was planned,
    /// or another client's work as well: then the error says so.
    pub done: Vec<ResponseType>,
    /// Types of which it is unknown whether the change was made.
    pub unclear: Vec<ResponseType>,
    /// Types whose change was begun and certainly not made: every call was refused, or
    /// another client had changed the type before.
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

/// A step, for the progress display.
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
    /// Unknown.
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
    /// Found changed by another client; `wrote` is what gwr's own calls did before.
    const fn stale(response_type: ResponseType, wrote: Wrote) -> Self {
        let failure = match wrote {
            Wrote::Nothing => ChangeFailure::ChangedByOthers(response_type),
            Wrote::Unclear | Wrote::Something => ChangeFailure::ChangedOrMade(response_type),
        };
        Self { error: ApplyError::Stale(failure), wrote }
    }

    fn on_top(response_type: ResponseType, now: &Live) -> Self {
        let failure = ChangeFailure::OnTop { response_type, now: now.clone() };
        Self { error: ApplyError::Stale(failure), wrote: Wrote::Something }
    }

    const fn failed(failure: ChangeFailure, wrote: Wrote) -> Self {
        Self { error: ApplyError::Failed(failure), wrote }
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
    let mut attempt = 0;
    loop {
        if let Some(error) = &last {
            // It is unknown whether the write was done, or another client is writing:
            // the API is read again, and that decides.
            tokio::time::sleep(retry::pause(error, attempt)).await;
            match gateway.gateway_responses(api).await {
                Err(reading) => {
                    let error = error.clone();
                    return Err(Unmade::failed(
                        ChangeFailure::NotReadAgain { error, reading },
                        wrote,
                    ));
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
                attempt += 1;
                if attempt == TRIES {
                    return Err(Unmade::failed(ChangeFailure::Call(error), wrote));
                }
                last = Some(error);
            }
        }
    }
}

fn worth_another_look(error: &AwsError) -> bool {
    matches!(error.kind, AwsErrorKind::Conflict { .. } | AwsErrorKind::Unclear { .. })
}

/// Decides what a refused patch means by reading the type again. If its base has moved, the
/// API is stale. If it has not, the patch depends on a rule of the service that is not
/// verified on AWS (whether `replace` of the built-in template is accepted, say), and one Put
/// of the same target, which depends on none, is sent. After any other refusal nothing is sent
/// again; the type is read because it is not documented whether the operations before the
/// refused one are kept.
async fn after_refusal(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    response_type: ResponseType,
    change: &Change,
    error: AwsError,
) -> Result<(), Unmade> {
    let refused = |wrote| Unmade::failed(ChangeFailure::Call(error.clone()), wrote);
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
            let now = now.clone();
            Err(Unmade::failed(ChangeFailure::HalfMade { error, now }, Wrote::Unclear))
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
    let answer = writer.put(api, response_type, &target.written).await.map_err(|error| {
        let wrote = Wrote::of(&error);
        Unmade::failed(ChangeFailure::Call(error), wrote)
    })?;
    let rest = match &answer {
        Live::Customized(now) => diff(now, &target.settled),
        Live::Default => return Err(not_customized(response_type)),
    };
    if rest.is_empty() {
        return Ok(());
    }
    Err(Unmade::failed(ChangeFailure::Holds { response_type, rest }, Wrote::Something))
}

const fn not_customized(response_type: ResponseType) -> Unmade {
    Unmade::failed(ChangeFailure::NotCustomized(response_type), Wrote::Unclear)
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
