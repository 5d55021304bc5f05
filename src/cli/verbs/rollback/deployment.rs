//! Going to an earlier deployment of one stage, and finishing that after an interruption.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::place::{Goal, Place};
use super::{Ending, end, means, report, report_unwritten};
use crate::apply::context::ApplyContext;
use crate::apply::record::{Note, Record, Verb};
use crate::apply::rollback::{
    Back, Before, Configuration, Ended, LostRoutes, Move, RolledBack, Standing, Unrestored,
    as_plan, bring_configurations_back, bring_stages_back, compare_with_served, plan_as_served,
    read_routes, read_served,
};
use crate::aws::Gateway;
use crate::cli::args::{Common, Output, RollbackArgs};
use crate::cli::session::connect;
use crate::cli::session::pace;
use crate::cli::session::record::{Kept, begin, record_of, run_id};
use crate::cli::session::typed;
use crate::cli::terminal::ask::{About, Answer, Asking, Question, ask};
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::interrupt::Interrupt;
use crate::cli::verbs::plan::{created_at, interrupted};
use crate::plan::review::Approval;
use crate::plan::{Part, Request, export_shows, plan_api};
use crate::report::apply_ending::pointed_at;
use crate::report::plan::api_title;
use crate::report::reason::{Reason, UNCHANGED, UNWRITTEN};
use crate::report::rollback as pages;
use crate::report::text::{open, printable, split_hints};
use crate::state::observed::Served;

/// What every step needs.
struct Scene<'a> {
    place: &'a Place,
    args: &'a RollbackArgs,
    common: &'a Common,
    console: &'a Console,
    interrupt: &'a Interrupt,
}

pub async fn run(
    stage: &str,
    common: &Common,
    args: &RollbackArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let mut place = tokio::select! {
        place = Place::look(stage, common, console) => match place {
            Ok(place) => place,
            Err(error) => return Ok(connect::report_untouched(&error, console)),
        },
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let goal = tokio::select! {
        goal = place.goal(args.to.as_deref(), common) => goal?,
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let scene = Scene { place: &place, args, common, console, interrupt };
    match goal {
        Goal::MoveTo(to) => scene.move_to(&to).await,
        Goal::Finish(there) => scene.finish(&there).await,
    }
}

impl Scene<'_> {
    const fn asking(&self) -> (Asking, Approval) {
        if self.args.yes {
            (Asking::Skipped, Approval::Flag)
        } else {
            (Asking::Needed, Approval::Typed)
        }
    }

    /// The command that goes to a deployment, and finishes that where it was interrupted.
    fn command_to(&self, to: &str) -> String {
        let args = RollbackArgs {
            back_from: None,
            to: Some(to.to_owned()),
            yes: self.args.yes,
            record: self.args.record.clone(),
        };
        typed::rollback(&args, self.asking().0, self.common)
    }

    /// Moves the stage, then asks what it serves and restores that.
    async fn move_to(&self, to: &str) -> anyhow::Result<ExitStatus> {
        let Self { place, args, common, console, interrupt } = *self;
        if place.part == Part::Stage && place.pointer.canary.is_some() {
            let why = format!(
                "refused: stage `{}` has a canary, which serves what the stage serves, and what a \
                 move does to it is not verified on AWS\nhint: remove the canary first",
                place.stage
            );
            let reason = Reason::refused(&why).of(&place.target).leaving(UNWRITTEN);
            return Ok(ExitStatus::of(&reason, console));
        }
        let from = place.now().map(ToOwned::to_owned);
        let routes = tokio::select! {
            routes = routes(place, from.as_deref(), to) => routes,
            signal = interrupt.wait() => return Ok(interrupted(console, signal)),
        };
        let one = Move { stage: place.stage.clone(), part: place.part, from, to: to.to_owned() };
        let back = back(place, vec![one], Vec::new(), None);
        let (asking, approval) = self.asking();
        console.about_to_do(asking, |_| shown(place, to, routes.as_ref()));
        let without = typed::rollback(args, Asking::Skipped, common);
        let text =
            format!("Move stage {} to deployment {}?", printable(&place.stage), printable(to));
        let question = Question { about: About::Rollback, text, without: without.clone() };
        match ask(asking, &question, console, interrupt).await {
            Answer::Yes => {}
            Answer::No(reason) => return Ok(ExitStatus::of(&reason, console)),
            Answer::Interrupted(signal) => return Ok(interrupted(console, signal)),
        }
        let before = tokio::select! {
            before = before(place, to) => before,
            signal = interrupt.wait() => return Ok(interrupted(console, signal)),
        };
        let (kept, means) = self.begin(&back)?;
        let text = "Make these changes?".to_owned();
        let question = Question { about: About::Configuration, text, without };
        let work = async {
            let ends = bring_stages_back(vec![(back, place.gateway.clone())], &means).await;
            self.restore(ends, &before, &means, &question, approval, &kept).await
        };
        interrupt.finish(work, console).await
    }

    /// The record is written before the first write to AWS.
    fn begin(&self, back: &Back) -> anyhow::Result<(Kept, ApplyContext)> {
        let run = run_id();
        let digest = as_plan([back]).desired_digest;
        let record =
            Record::of(Verb::Rollback, run.clone(), created_at(), digest, vec![back.record()]);
        let kept = begin(self.args.record.as_deref(), record, self.console)?;
        let means = means(run, self.place.read_at, &kept, self.console, self.interrupt);
        Ok((kept, means))
    }

    /// The stage is moved: now it can be asked what it serves.
    async fn restore(
        &self,
        mut ends: Vec<(Ended, Gateway)>,
        before: &Before,
        means: &ApplyContext,
        question: &Question,
        approval: Approval,
        kept: &Kept,
    ) -> anyhow::Result<ExitStatus> {
        let Self { place, args: _, common, console, interrupt } = *self;
        let Place { target, stage, ignores, .. } = place;
        let mut ending = Ending::default();
        let mut status = ExitStatus::default();
        for (ended, gateway) in &mut ends {
            let all_moved = ended.moved.len() == ended.back.moves.len();
            if ended.stopped.is_some() || ended.interrupted || !all_moved || !ended.is_good() {
                continue;
            }
            let patience = means.options.patience;
            let served = tokio::select! {
                served = read_served(gateway, target, stage, before, patience) => served,
                _ = interrupt.wait() => {
                    ended.interrupted = true;
                    continue;
                }
            };
            let export = match served {
                Ok(export) => export,
                Err(why) => {
                    ending = self.not_restored(&why, &before.deployment, place.now());
                    status.because(&self.why_not_restored(&why, &ending), console);
                    continue;
                }
            };
            let today = connect::today();
            let found = plan_as_served(target, stage, &export, before, ignores.clone(), today);
            if !found.work.is_needed() {
                continue;
            }
            let (asking, _) = self.asking();
            console.about_to_do(asking, |colour| {
                format!("\n{}", pages::configuration(target, &found.work, colour))
            });
            match ask(asking, question, console, interrupt).await {
                Answer::Yes => {
                    means.record.note(target, Note::Planned(&found.work));
                    ended.back.configuration = found;
                }
                Answer::No(reason) => {
                    status.because(&reason, console);
                    ending = Ending {
                        note: Some(self.untouched("the answer was not `yes`")),
                        resume: Some(self.command_to(&before.deployment)),
                    };
                }
                Answer::Interrupted(_) => ended.interrupted = true,
            }
        }
        let ends = bring_configurations_back(ends, means, approval).await;
        console.progress.finish();
        if ends.iter().any(Ended::is_unfinished) {
            ending.resume = Some(self.command_to(&before.deployment));
        }
        end(&ends, &mut status, console, interrupt);
        kept.end(&mut status, console);
        if let Err(error) = report(&ends, 0, &ending, kept, common, console) {
            status.because_of_error(&error, console);
        }
        Ok(status)
    }

    /// The stage is at its deployment: restores the configuration, where an earlier run
    /// did not come to it.
    async fn finish(&self, there: &RolledBack) -> anyhow::Result<ExitStatus> {
        let Self { place, args, common, console, interrupt } = *self;
        let Place { target, gateway, stage, ignores, .. } = place;
        let before = Before { export: None, ..known(place, &there.at) };
        let today = connect::today();
        let patience = pace::patience();
        let comparison =
            compare_with_served(gateway, target, stage, &before, ignores.clone(), today, patience);
        let standing = tokio::select! {
            standing = comparison => standing,
            signal = interrupt.wait() => return Ok(interrupted(console, signal)),
        };
        let found = match standing {
            Standing::AsServed => {
                self.already(there)?;
                return Ok(ExitStatus::default());
            }
            Standing::Unknown(why) => {
                let ending = self.not_restored(&why, &there.at, there.left.as_deref());
                let note = ending.text().unwrap_or_default();
                let reason = self
                    .why_not_restored(&why, &ending)
                    .and(&format!(
                        "stage {} is at deployment {} already",
                        place.stage_words(),
                        there.at
                    ))
                    .leaving(UNCHANGED);
                let mut status = ExitStatus::default();
                status.reach(Reached::Read);
                status.because(&reason, console);
                if console.output != Output::Text {
                    report_unwritten(&[unwritten(place)], &note, &note, console)?;
                }
                return Ok(status);
            }
            Standing::Differs(found) => *found,
        };
        let moved_before = there.left.iter().map(|left| Move {
            stage: stage.clone(),
            part: place.part,
            from: Some(left.clone()),
            to: there.at.clone(),
        });
        let back = back(place, Vec::new(), moved_before.collect(), Some(found));
        let (asking, approval) = self.asking();
        console.about_to_do(asking, |colour| {
            format!(
                "{}{}",
                shown_there(place, there),
                pages::configuration(target, &back.configuration.work, colour)
            )
        });
        let question = Question {
            about: About::Rollback,
            text: "Make these changes?".to_owned(),
            without: typed::rollback(args, Asking::Skipped, common),
        };
        match ask(asking, &question, console, interrupt).await {
            Answer::Yes => {}
            Answer::No(reason) => return Ok(ExitStatus::of(&reason, console)),
            Answer::Interrupted(signal) => return Ok(interrupted(console, signal)),
        }
        let (kept, means) = self.begin(&back)?;
        let work = async {
            let ends = bring_stages_back(vec![(back, gateway.clone())], &means).await;
            bring_configurations_back(ends, &means, approval).await
        };
        let ends = interrupt.finish(work, console).await;
        console.progress.finish();
        let resume = ends.iter().any(Ended::is_unfinished).then(|| self.command_to(&there.at));
        let mut status = ExitStatus::default();
        end(&ends, &mut status, console, interrupt);
        kept.end(&mut status, console);
        let ending = Ending { note: None, resume };
        if let Err(error) = report(&ends, 0, &ending, &kept, common, console) {
            status.because_of_error(&error, console);
        }
        Ok(status)
    }

    /// Nothing is left to do.
    fn already(&self, there: &RolledBack) -> anyhow::Result<()> {
        let Self { place, args: _, common, console, .. } = *self;
        let command = typed::same_command("rollback", common);
        let further = there.further.as_deref().unwrap_or("DEPLOYMENT");
        let mut note = format!(
            "already rolled back; to go further: --to {further}\n`{command} --to {further}`"
        );
        if there.further.is_none() {
            let _ = write!(note, "\n{}", place.listed());
        }
        let head = format!(
            "{}: stage {} is at deployment {}, and the API is configured as it serves. Nothing was \
             changed.",
            api_title(&place.target),
            place.stage_words(),
            place.named(&there.at)
        );
        report_unwritten(&[unwritten(place)], &format!("{head}\n{note}"), &note, console)
    }

    /// Why the configuration stays, and what can be done about it. `left` is the
    /// deployment that the stage has left.
    fn not_restored(&self, why: &Unrestored, to: &str, left: Option<&str>) -> Ending {
        let note = self.untouched(&pages::unrestored(why));
        match why {
            Unrestored::Unread(_) => Ending { note: Some(note), resume: Some(self.command_to(to)) },
            Unrestored::NoEvidence(_) | Unrestored::Contradiction { .. } => {
                let api = &self.place.target.rest_api_id;
                let command = match left.and_then(|left| record_of(api, left)) {
                    Some(path) => typed::command_with("rollback", &path, self.common),
                    None => "gwr rollback RECORD".to_owned(),
                };
                let note = format!("{note} The record of the apply restores it: `{command}`.");
                Ending { note: Some(note), resume: None }
            }
        }
    }

    /// The same as a reason: what happened, and the command that completes it.
    fn why_not_restored(&self, why: &Unrestored, ending: &Ending) -> Reason {
        let text = format!("the configuration was not touched: {}", pages::unrestored(why));
        let reason = Reason::failed(&text).of(&self.place.target);
        match &ending.resume {
            Some(command) => reason.hint(&format!("to finish: `{command}`")),
            None => reason.hint(&ending.text().unwrap_or_default()),
        }
    }

    fn untouched(&self, why: &str) -> String {
        let whole_api = Common { stage: None, ..self.common.clone() };
        let (why, hints) = split_hints(why);
        let mut note = format!(
            "The configuration was not touched: {}. Stage {} serves its deployment, but the next \
             deployment of this API ships what is configured. `{}` shows what that is.",
            open(&why),
            self.place.stage,
            typed::same_command("plan", &whole_api)
        );
        for hint in hints {
            let _ = write!(note, "\nhint: {hint}");
        }
        note
    }
}

/// The work on the API: without a configuration only the stage.
fn back(
    place: &Place,
    moves: Vec<Move>,
    moved_before: Vec<Move>,
    found: Option<Configuration>,
) -> Back {
    let configuration = found.unwrap_or_else(|| {
        let desired = crate::apply::rollback::entry(&place.target);
        let shows = export_shows([&place.observed], &BTreeMap::new());
        let observed = place.observed.clone();
        let work = plan_api(&desired, &observed, shows, &Request::default(), connect::today());
        Configuration { desired, observed, work }
    });
    let target = place.target.clone();
    Back { target, moves, moved_before, left: Vec::new(), configuration }
}

/// An API to which nothing was written.
fn unwritten(place: &Place) -> Ended {
    Ended {
        back: back(place, Vec::new(), Vec::new(), None),
        moved: Vec::new(),
        untraced: Vec::new(),
        outcome: None,
        stopped: None,
        interrupted: false,
    }
}

fn known(place: &Place, to: &str) -> Before {
    Before {
        deployment: to.to_owned(),
        shows: export_shows([&place.observed], &BTreeMap::new()),
        part: place.part,
        export: None,
        journal: place.journal(to),
        observed: place.observed.clone(),
    }
}

async fn before(place: &Place, to: &str) -> Before {
    let served = place.gateway.export(&place.target.rest_api_id, &place.stage).await;
    let export = match served {
        Ok(Served::Exported(export)) => Some(export),
        Ok(Served::NotRead | Served::NoSuchStage | Served::Unreadable(_)) | Err(_) => None,
    };
    Before { export, ..known(place, to) }
}

/// Where the stage has a deployment to compare with.
async fn routes(place: &Place, from: Option<&str>, to: &str) -> Option<LostRoutes> {
    Some(read_routes(&place.gateway, &place.target.rest_api_id, from?, to).await)
}

fn shown(place: &Place, to: &str, routes: Option<&LostRoutes>) -> String {
    let mut out = format!("{}  {}\n", api_title(&place.target), printable(&place.target.region));
    let stage = place.stage_words();
    let now = pointed_at(place.now());
    let _ = writeln!(out, "  ~ stage {stage}: move, now {} → {}", printable(&now), printable(to));
    let _ = writeln!(out, "    {}", place.described(to));
    if let Some(routes) = routes {
        out.push_str(&pages::lost_routes(routes));
    }
    out.push_str(
        "  Then the configuration is set back to what that deployment serves, which is read once \
         the stage is there.\n",
    );
    out
}

fn shown_there(place: &Place, there: &RolledBack) -> String {
    format!(
        "Stage {} is at deployment {} already, and the API is configured differently.\n\n",
        place.stage_words(),
        place.named(&there.at)
    )
}
