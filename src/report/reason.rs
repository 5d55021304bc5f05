//! Why a run ends with another exit code than 0 or 2: one message for each API.
//!
//! A message says what happened, then what was and was not changed, then what to do next.
//! The exit code follows from these reasons, and nothing else: see `Ending` in `cli`.

mod outcome;
mod rollback;

pub use outcome::{of_outcome, of_outcomes};
pub use rollback::of_rollback;

use std::fmt::Write as _;

use crate::apply::probe::Probes;
use crate::drift;
use crate::explain;
use crate::plan::review::Refusal;
use crate::plan::{ApiTarget, Plan, Work};

use super::plan::api_title;
use super::text::{HINT, clauses, split_hints};

/// What a reason means for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonKind {
    /// Something could not be read, done or verified.
    Failed,
    /// Something was not begun because it must not be, or not without approval.
    Refused,
}

/// Where a reason can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Only here.
    Here,
    /// The report says the same, in full.
    AlsoInTheReport,
}

/// One reason, as a message for people and for logs.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub kind: ReasonKind,
    pub place: Place,
    /// The API concerned; `None` where it is the whole run.
    whose: Option<String>,
    /// What happened, as statements.
    what: Vec<String>,
    /// What was and what was not changed, as statements.
    left: Vec<String>,
    /// What to do next.
    hints: Vec<String>,
}

/// What is left of an API that a run that writes did not begin.
pub const UNWRITTEN: &str = "nothing was written to it";

/// The same of a run.
pub const UNCHANGED: &str = "nothing was changed";

impl Reason {
    /// Of what the text of an error says, hints included.
    pub fn failed(text: &str) -> Self {
        Self::new(ReasonKind::Failed, text)
    }

    /// Of what is not begun.
    pub fn refused(text: &str) -> Self {
        Self::new(ReasonKind::Refused, text)
    }

    fn new(kind: ReasonKind, text: &str) -> Self {
        Self::empty(kind).and(text)
    }

    /// Of a text that has its own lines, such as a list below a hint.
    pub fn verbatim(kind: ReasonKind, text: &str) -> Self {
        Self { what: vec![text.trim_end().to_owned()], ..Self::empty(kind) }
    }

    const fn empty(kind: ReasonKind) -> Self {
        Self {
            kind,
            place: Place::Here,
            whose: None,
            what: Vec::new(),
            left: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Names the API that it is about.
    pub fn of(self, target: &ApiTarget) -> Self {
        self.about(&api_title(target))
    }

    /// Names what it is about.
    pub fn about(self, whose: &str) -> Self {
        Self { whose: Some(whose.to_owned()), ..self }
    }

    /// Adds what happened.
    pub fn and(mut self, text: &str) -> Self {
        let (what, hints) = split_hints(text);
        self.what.push(what);
        hints.into_iter().fold(self, |reason, hint| reason.hint(&hint))
    }

    /// Says what happened in more detail, behind a colon.
    pub fn detailed(mut self, details: &[String]) -> Self {
        let details = details.iter().map(|text| split_hints(text));
        let (details, hints): (Vec<String>, Vec<Vec<String>>) = details.unzip();
        let text = clauses(details.iter().map(String::as_str));
        if let Some(what) = self.what.last_mut().filter(|_| !text.is_empty()) {
            *what = format!("{what}: {text}");
        }
        hints.into_iter().flatten().fold(self, |reason, hint| reason.hint(&hint))
    }

    /// Adds what was or was not changed; what is said already is not said again.
    pub fn leaving(mut self, left: &str) -> Self {
        let is_said = |text: &String| text.to_lowercase().contains(&left.to_lowercase());
        if !self.what.iter().any(is_said) && !self.left.iter().any(|known| known == left) {
            self.left.push(left.to_owned());
        }
        self
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: &str) -> Self {
        if !self.hints.iter().any(|known| known == hint) {
            self.hints.push(hint.to_owned());
        }
        self
    }

    /// Says that the report on stdout has it, too.
    pub fn in_the_report(self) -> Self {
        Self { place: Place::AlsoInTheReport, ..self }
    }

    /// Says that no report on stdout has it.
    pub fn only_here(self) -> Self {
        Self { place: Place::Here, ..self }
    }

    /// The whole message.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { kind: _, place: _, whose, what, left, hints } = self;
        let what = clauses(what.iter().map(String::as_str));
        let (head, below) = what.split_once('\n').unwrap_or((&what, ""));
        let mut text = whose.as_ref().map(|whose| format!("{whose}: ")).unwrap_or_default();
        text.push_str(&clauses([head].into_iter().chain(left.iter().map(String::as_str))));
        for line in below.lines() {
            text.push('\n');
            text.push_str(line);
        }
        for hint in hints {
            text.push('\n');
            text.push_str(HINT);
            text.push_str(hint);
        }
        text
    }

    /// The API and what happened to it, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let Self { kind: _, place: _, whose, what, left: _, hints: _ } = self;
        let what = clauses(what.iter().map(String::as_str));
        let what = what.lines().next().unwrap_or_default();
        match whose {
            Some(whose) => format!("{whose}: {what}"),
            None => what.to_owned(),
        }
    }

    /// One message out of those about the same API.
    #[must_use]
    pub fn merged(reasons: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        for reason in reasons {
            let same = |other: &&mut Self| other.kind == reason.kind && other.whose == reason.whose;
            match merged.iter_mut().find(same).filter(|_| reason.whose.is_some()) {
                None => merged.push(reason),
                Some(known) => {
                    let Self { kind: _, place: _, whose: _, what, left, hints } = reason;
                    known.what.extend(what);
                    let all = left.into_iter().fold(known.clone(), |all, one| all.leaving(&one));
                    *known = hints.into_iter().fold(all, |all, hint| all.hint(&hint));
                }
            }
        }
        merged
    }
}

/// Something of an API that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub target: ApiTarget,
    /// The stage whose export it is, if it is one.
    pub stage: Option<String>,
    pub what: String,
    pub hint: Option<String>,
}

impl Gap {
    /// As a warning, where it does not decide how the run ends.
    #[must_use]
    pub fn warning(&self) -> String {
        let Self { target, stage, what, hint } = self;
        let mut text = api_title(target);
        if let Some(stage) = stage {
            let _ = write!(text, ", stage {stage}");
        }
        let _ = write!(text, ": {what}");
        if let Some(hint) = hint {
            let _ = write!(text, "\n{HINT}{hint}");
        }
        text
    }

    fn is_of(&self, target: &ApiTarget, stage: &str) -> bool {
        self.target == *target && self.stage.as_deref() == Some(stage)
    }
}

/// The gaps of the stages of which it is unknown what they serve, and the others.
#[must_use]
pub fn divided<'a>(
    gaps: Vec<Gap>,
    unknown: impl IntoIterator<Item = (&'a ApiTarget, &'a str, &'a str)>,
) -> (Vec<Gap>, Vec<Gap>) {
    let unknown: Vec<_> = unknown.into_iter().collect();
    gaps.into_iter()
        .partition(|gap| unknown.iter().any(|(target, stage, _)| gap.is_of(target, stage)))
}

/// What a plan could not read or determine.
#[must_use]
pub fn of_plan(plan: &Plan, gaps: &[Gap]) -> Vec<Reason> {
    of_apis_of_plan(plan, gaps).into_iter().map(|(_, reason)| reason).collect()
}

/// The same before the plan is applied.
#[must_use]
pub fn of_plan_to_apply(plan: &Plan, gaps: &[Gap]) -> Vec<Reason> {
    let is_written = |wanted: &ApiTarget| {
        plan.works().any(|(target, work)| target == wanted && work.is_needed())
    };
    of_apis_of_plan(plan, gaps)
        .into_iter()
        .map(|(target, reason)| if is_written(target) { reason } else { reason.leaving(UNWRITTEN) })
        .collect()
}

fn of_apis_of_plan<'a>(plan: &'a Plan, gaps: &[Gap]) -> Vec<(&'a ApiTarget, Reason)> {
    let unread = plan.apis.iter().map(|api| match &api.work {
        Work::Unread(error) => (&api.target, Some(error)),
        Work::Planned(_) => (&api.target, None),
    });
    reasons(unread, plan.unknown_stages(), gaps)
}

/// What drift could not read or determine.
#[must_use]
pub fn of_drift(report: &drift::Report, gaps: &[Gap]) -> Vec<Reason> {
    let unread = report.apis.iter().map(|api| (&api.target, api.found.as_ref().err()));
    let reasons = reasons(unread, report.unknown_stages(), gaps);
    reasons.into_iter().map(|(_, reason)| reason).collect()
}

/// What explain could not read or determine.
#[must_use]
pub fn of_explain(report: &explain::Report, gaps: &[Gap]) -> Vec<Reason> {
    let unread = report.apis.iter().map(|api| (&api.target, api.views.as_ref().err()));
    let reasons = reasons(unread, report.unknown_stages(), gaps);
    reasons.into_iter().map(|(_, reason)| reason).collect()
}

fn reasons<'a>(
    apis: impl Iterator<Item = (&'a ApiTarget, Option<&'a String>)>,
    unknown: impl Iterator<Item = (&'a ApiTarget, &'a str, &'a str)>,
    gaps: &[Gap],
) -> Vec<(&'a ApiTarget, Reason)> {
    let unknown: Vec<_> = unknown.collect();
    apis.filter_map(|(target, unread)| {
        let stages = unknown.iter().filter(|(other, _, _)| *other == target);
        let reason = match unread {
            Some(error) => Reason::failed(error).of(target),
            None => of_stages(target, stages.map(|(_, stage, why)| (*stage, *why)), gaps)?,
        };
        Some((target, reason))
    })
    .collect()
}

/// The stages of an API of which it is unknown what they serve, and the gaps of the API.
fn of_stages<'a>(
    target: &ApiTarget,
    unknown: impl Iterator<Item = (&'a str, &'a str)>,
    gaps: &[Gap],
) -> Option<Reason> {
    let mut reason = Reason::empty(ReasonKind::Failed).of(target);
    let mut place = Place::AlsoInTheReport;
    let mut named = Vec::new();
    for (stage, why) in unknown {
        named.push(stage);
        reason = reason.and(&format!("what stage {stage} serves is unknown: {why}"));
    }
    for gap in gaps.iter().filter(|gap| gap.target == *target) {
        if !named.iter().any(|stage| gap.is_of(target, stage)) {
            place = Place::Here;
            reason = match &gap.stage {
                Some(stage) => reason.and(&format!("stage {stage}: {}", gap.what)),
                None => reason.and(&gap.what),
            };
        }
        if let Some(hint) = &gap.hint {
            // The report has no room for it.
            place = Place::Here;
            reason = reason.hint(hint);
        }
    }
    (!reason.what.is_empty()).then_some(Reason { place, ..reason })
}

/// What review refuses.
#[must_use]
pub fn of_refusals(refusals: &[Refusal]) -> Vec<Reason> {
    let mut reasons: Vec<(Option<&ApiTarget>, Reason)> = Vec::new();
    for Refusal { api, message, way_out } in refusals {
        let same = |(other, _): &&mut (Option<&ApiTarget>, Reason)| *other == api.as_ref();
        match reasons.iter_mut().find(same) {
            Some((_, reason)) => {
                *reason = reason.clone().and(&format!("also: {message}")).hint(way_out);
            }
            None => {
                let reason = Reason::refused(&format!("refused: {message}")).hint(way_out);
                let reason = match api {
                    Some(target) => reason.of(target).leaving(UNWRITTEN),
                    None => reason.leaving(UNCHANGED),
                };
                reasons.push((api.as_ref(), reason));
            }
        }
    }
    reasons.into_iter().map(|(_, reason)| reason).collect()
}

/// The stages that did not answer as planned.
#[must_use]
pub fn of_probes(probes: &Probes) -> Vec<Reason> {
    super::probe::failures(probes)
        .map(|(target, stage, why)| {
            Reason::failed(&format!("stage {stage} did not answer the probe as planned: {why}"))
                .of(target)
                .leaving(&format!("stage {stage} keeps its new deployment"))
                .in_the_report()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_what_happened_then_what_is_left_then_what_to_do() {
        let reason = Reason::failed("it failed.\nhint: Try again.")
            .and("stage prod was not moved.")
            .leaving("changed: THROTTLED")
            .leaving("changed: THROTTLED")
            .hint("Try again.");
        let text = "it failed; stage prod was not moved; changed: THROTTLED\nhint: Try again.";
        assert_eq!(reason.text(), text);
        assert_eq!(reason.headline(), "it failed; stage prod was not moved.");
    }

    #[test]
    fn a_list_below_a_hint_stays_there() {
        let reason = Reason::verbatim(ReasonKind::Refused, "gone.\nhint: choose one:\n* a\n  b\n");
        assert_eq!(reason.clone().text(), "gone.\nhint: choose one:\n* a\n  b");
        let left = reason.leaving(UNCHANGED);
        assert_eq!(left.text(), "gone; nothing was changed\nhint: choose one:\n* a\n  b");
        assert_eq!(left.clone().leaving(UNCHANGED), left);
    }

    #[test]
    fn an_api_has_one_message() {
        let target = |key: &str| ApiTarget {
            key: key.to_owned(),
            rest_api_id: String::new(),
            rest_api_name: None,
            account: String::new(),
            account_id: None,
            region: String::new(),
        };
        let reasons = Reason::merged([
            Reason::failed("a").of(&target("one")).leaving("kept"),
            Reason::failed("b").of(&target("two")),
            Reason::failed("c\nhint: d").of(&target("one")).leaving("kept"),
            Reason::failed("e"),
            Reason::failed("f"),
        ]);
        let texts: Vec<String> = reasons.iter().map(Reason::text).collect();
        assert_eq!(texts, ["one: a; c; kept\nhint: d", "two: b", "e", "f"]);
    }
}
