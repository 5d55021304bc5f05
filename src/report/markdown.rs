//! The plan as a comment of a pull request: the summary first, the rest folded.

use super::plan;
use super::style::Colour;
use super::text::{count, duration};
use crate::plan::{Plan, Summary};

/// What a pull request takes in one comment, with room to spare.
const MAX_CHARACTERS: usize = 60_000;

/// Renders a plan as Markdown. The first line is a hidden marker by which a comment
/// is found and updated in place.
#[must_use]
pub fn render(plan: &Plan, summary: &Summary) -> String {
    let Summary { apis, changes: _, create, update, replace, reset, deployments, calls, seconds } =
        *summary;
    let marker = format!("<!-- gwr:plan {} -->", plan.desired_digest);
    let headline = if plan.has_work() {
        format!(
            "**gwr plan:** {create} to create, {update} to update, {replace} to replace, {reset} to reset; \
             {} on {}, {} in about {}",
            count(deployments, "deployment"),
            count(apis, "API"),
            count(calls, "call"),
            duration(seconds)
        )
    } else if plan.is_incomplete() {
        "**gwr plan:** something could not be read or told".to_owned()
    } else {
        "**gwr plan:** no changes".to_owned()
    };
    let text = plan::render(plan, summary, Colour::Off, "");
    folded(&marker, &headline, "The plan", &text)
}

/// A comment: a hidden marker, what matters in one line, and a text folded away, cut
/// so that everything fits.
pub(super) fn folded(marker: &str, headline: &str, title: &str, text: &str) -> String {
    let fence = fence_for(text);
    let frame = |body: &str| {
        format!(
            "{marker}\n{headline}\n\n<details><summary>{title}</summary>\n\n\
             {fence}diff\n{body}{fence}\n\n</details>\n"
        )
    };
    let room = MAX_CHARACTERS.saturating_sub(frame("").chars().count() + 60);
    frame(&cut(text, room))
}

/// A fence longer than any run of backticks in the text, so that it cannot be closed
/// from inside.
fn fence_for(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}

/// The first lines that fit, and how many more there are.
fn cut(text: &str, room: usize) -> String {
    let mut used = 0;
    let mut body = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        used += line.chars().count() + 1;
        if used > room {
            return format!("{body}… and {} more lines\n", lines.count() + 1);
        }
        body.push_str(line);
        body.push('\n');
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_cannot_be_closed_from_inside() {
        assert_eq!(fence_for("no ticks"), "```");
        assert_eq!(fence_for("a ```` b"), "`````");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        assert_eq!(cut("one\ntwo\nthree\n", 8), "one\ntwo\n… and 1 more lines\n");
    }
}
