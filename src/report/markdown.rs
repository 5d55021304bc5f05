//! Comments for pull requests: what matters first, the rest folded.
//!
//! Whatever came from AWS or from the file stands in a fence that it cannot close, or in
//! `<code>` with its markup escaped: it can neither break out nor call anybody's name.

use std::fmt::Write as _;

use super::text::{count, printable, printable_lines};

/// What a pull request takes in one comment (GitHub: 65,536), with room to spare.
const MAX_CHARACTERS: usize = 60_000;

/// What the alerts may take of it.
const MAX_ALERTS: usize = 10_000;

/// Kept free for the line that counts what was left out.
const REST: usize = 200;

/// The least of a section that is worth beginning.
const LEAST: usize = 400;

/// A comment before it is cut to size.
pub(super) struct Comment {
    /// A hidden first line, by which a comment is found and updated in place.
    pub marker: String,
    /// Markdown of our own words and numbers.
    pub headline: String,
    /// What must not be folded away.
    pub alerts: Vec<String>,
    pub sections: Vec<Section>,
}

/// Something folded under its title.
pub(super) struct Section {
    pub title: String,
    pub body: String,
}

impl Section {
    /// From a text as terminals get it: the first line is the title, the others stand two
    /// blanks in, which would keep a diff from being coloured.
    pub fn of(text: &str) -> Self {
        let mut lines = text.lines();
        let title = lines.next().unwrap_or_default().to_owned();
        let mut body = String::new();
        for line in lines {
            body.push_str(line.strip_prefix("  ").unwrap_or(line));
            body.push('\n');
        }
        Self { title, body }
    }

    fn render(&self, body: &str) -> String {
        let title = escaped(&self.title);
        let fenced = fenced("diff", body);
        format!("\n<details><summary><code>{title}</code></summary>\n\n{fenced}\n</details>\n")
    }
}

impl Comment {
    /// The comment, cut so that everything fits, with a count of what did not.
    pub fn render(&self) -> String {
        let Self { marker, headline, alerts, sections } = self;
        let mut out = format!("{marker}\n{headline}\n");
        if !alerts.is_empty() {
            let text: String = alerts.iter().map(|alert| printable_lines(alert) + "\n").collect();
            let _ = write!(out, "\n{}", fenced("text", &cut(&text, MAX_ALERTS)));
        }
        let mut used = out.chars().count() + REST;
        for (number, section) in sections.iter().enumerate() {
            let whole = section.render(&section.body);
            let room = MAX_CHARACTERS.saturating_sub(used);
            if whole.chars().count() <= room {
                used += whole.chars().count();
                out.push_str(&whole);
                continue;
            }
            let frame = section.render("").chars().count() + longest_run(&section.body) * 2;
            let mut left = sections.len() - number;
            if room > frame + LEAST {
                out.push_str(&section.render(&cut(&section.body, room - frame)));
                left -= 1;
            }
            if left > 0 {
                let _ = writeln!(out, "\n… and {left} more, for which there is no room here");
            }
            break;
        }
        out
    }
}

/// Text between HTML's tags, that terminals would not obey either.
fn escaped(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A block whose fence is longer than any run of backticks in it, so that it cannot be
/// closed from inside.
fn fenced(language: &str, body: &str) -> String {
    let fence = "`".repeat((longest_run(body) + 1).max(3));
    format!("{fence}{language}\n{body}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// The first lines that fit, and how many more there are.
fn cut(text: &str, room: usize) -> String {
    let room = room.saturating_sub(40);
    let mut used = 0;
    let mut body = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        used += line.chars().count() + 1;
        if used > room {
            let more = count(lines.count() as u64 + 1, "more line");
            return format!("{body}… and {more}\n");
        }
        body.push_str(line);
        body.push('\n');
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(alerts: &[&str], bodies: &[String]) -> Comment {
        Comment {
            marker: "<!-- gwr:test -->".to_owned(),
            headline: "**gwr test**".to_owned(),
            alerts: alerts.iter().map(|alert| (*alert).to_owned()).collect(),
            sections: bodies
                .iter()
                .map(|body| Section { title: "</code> @team <b>".to_owned(), body: body.clone() })
                .collect(),
        }
    }

    #[test]
    fn a_fence_cannot_be_closed_from_inside() {
        assert_eq!(fenced("diff", "no ticks\n"), "```diff\nno ticks\n```\n");
        assert_eq!(fenced("text", "a ```` b\n"), "`````text\na ```` b\n`````\n");
    }

    #[test]
    fn a_title_stays_in_its_summary() {
        let text = comment(&[], &["+ a\n".to_owned()]).render();
        assert!(text.contains("<summary><code>&lt;/code&gt; @team &lt;b&gt;</code></summary>"));
        assert!(text.starts_with("<!-- gwr:test -->\n**gwr test**\n"));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        assert_eq!(cut("one\ntwo\nthree\n", 48), "one\ntwo\n… and 1 more line\n");
        for line in ["x", "````", "ü"] {
            let body = format!("{}\n", line.repeat(30)).repeat(800);
            let alert = "y\n".repeat(50_000);
            let text = comment(&[&alert], &vec![body; 20]).render();
            assert!(text.chars().count() <= MAX_CHARACTERS, "{}", text.chars().count());
            assert!(text.chars().count() >= MAX_CHARACTERS - 2 * REST - LEAST);
            assert!(text.ends_with(" more, for which there is no room here\n"), "{text}");
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        }
    }

    #[test]
    fn everything_that_fits_is_there() {
        let text = comment(&["one could not be read"], &["+ a\n".to_owned(), "~ b\n".to_owned()]);
        let text = text.render();
        for part in ["one could not be read", "\n+ a\n", "\n~ b\n"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("more"), "{text}");
    }
}
