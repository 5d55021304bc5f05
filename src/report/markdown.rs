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

/// What a section may always take, while there is room.
const FAIR: usize = 2_000;

/// Where not everything fits, of a line and of a run of backticks.
const LONGEST_LINE: usize = 500;
const LONGEST_RUN: usize = 20;

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
    /// The comment; where not everything fits it is cut, with counts of what is left out.
    pub fn render(&self) -> String {
        let Self { marker, headline, alerts, sections } = self;
        let mut out = format!("{marker}\n{headline}\n");
        if !alerts.is_empty() {
            let text: String = alerts.iter().map(|alert| printable_lines(alert) + "\n").collect();
            let text = if characters(&text) > MAX_ALERTS { shortened(&text) } else { text };
            let _ = write!(out, "\n{}", fenced("text", &cut(&text, MAX_ALERTS)));
        }
        let room = MAX_CHARACTERS.saturating_sub(characters(&out) + REST);
        let whole: Vec<String> =
            sections.iter().map(|section| section.render(&section.body)).collect();
        if whole.iter().map(|text| characters(text)).sum::<usize>() <= room {
            out.extend(whole);
            return out;
        }
        let (shown, left_out) = squeezed(sections, room);
        out.push_str(&shown);
        if left_out > 0 {
            let _ = writeln!(
                out,
                "\n… and {left_out} more, left out because the comment has \
                reached its size limit"
            );
        }
        out
    }
}

/// As much of the sections as there is room for, and how many are left out. One that is
/// long leaves the others their share: no text can push the rest of a plan out of sight.
fn squeezed(sections: &[Section], room: usize) -> (String, usize) {
    let bodies: Vec<String> = sections.iter().map(|section| shortened(&section.body)).collect();
    let whole: Vec<String> =
        sections.iter().zip(&bodies).map(|(section, body)| section.render(body)).collect();
    let mut later: usize = whole.iter().map(|text| characters(text)).sum();
    let mut out = String::new();
    let mut left = room;
    let mut left_out = 0;
    for (number, (section, body)) in sections.iter().zip(&bodies).enumerate() {
        let size = characters(&whole[number]);
        later -= size;
        let share = left / (sections.len() - number);
        let allowed = share.max(left.saturating_sub(later)).max(FAIR).min(left);
        let frame = characters(&section.render("")) + longest_run(body) * 2;
        let text = if size <= allowed {
            whole[number].clone()
        } else if allowed > frame + LEAST {
            section.render(&cut(body, allowed - frame))
        } else {
            left_out += 1;
            continue;
        };
        left = left.saturating_sub(characters(&text));
        out.push_str(&text);
    }
    (out, left_out)
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

fn characters(text: &str) -> usize {
    text.chars().count()
}

/// The text with long lines cut, and long runs of backticks, which would make its fence
/// as long.
fn shortened(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut ticks = 0;
        let kept: String = line
            .chars()
            .take(LONGEST_LINE)
            .filter(|c| {
                ticks = if *c == '`' { ticks + 1 } else { 0 };
                ticks <= LONGEST_RUN
            })
            .collect();
        out.push_str(&kept);
        let more = line.chars().count() - kept.chars().count();
        if more > 0 {
            let _ = write!(out, " … and {}", count(more as u64, "more character"));
        }
        out.push('\n');
    }
    out
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
            let text = comment(&[&alert], &vec![body; 200]).render();
            assert!(text.chars().count() <= MAX_CHARACTERS, "{}", text.chars().count());
            assert!(text.chars().count() >= MAX_CHARACTERS - 2 * REST - FAIR);
            assert!(
                text.ends_with(
                    " more, left out because the comment has reached its size \
                limit\n"
                ),
                "{text}"
            );
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        }
    }

    #[test]
    fn a_long_section_leaves_the_others_their_place() {
        for long in ["x".repeat(61_000), "`".repeat(61_000), "many\n".repeat(20_000)] {
            let bodies = [format!("+ first\n{long}\n~ its stage\n"), "+ second\n".to_owned()];
            let text = comment(&[&long], &bodies).render();
            assert!(text.chars().count() <= MAX_CHARACTERS, "{}", text.chars().count());
            for part in ["\n+ first\n", "\n+ second\n", "… and "] {
                assert!(text.contains(part), "no {part:?} in {text}");
            }
        }
        let text = comment(&[], &["`".repeat(61_000) + "\n~ its stage\n"]).render();
        assert!(text.contains(" … and 60980 more characters\n~ its stage\n"), "{text}");
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
