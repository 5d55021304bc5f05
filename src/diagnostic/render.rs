//! A finding as people read it: rustc's form, drawn by annotate-snippets.
//!
//! Only a window of the line around the offending text is handed to the renderer,
//! so that a line of five megabytes costs and prints as little as any other, and
//! only after every character that a terminal would obey was replaced.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

use crate::model::visible::is_unsafe;

use super::message::{Diagnostic, Excerpt};
use super::severity::Severity;
use super::source::{Counter, Position};
use super::text;

/// Characters of the line that are shown at most.
const WIDTH: usize = 110;

/// Characters of the line that are shown before the offending text at most.
const BEFORE: usize = 60;

impl Diagnostic {
    /// The rendered diagnostic: several lines, without a trailing newline.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        render(self, color)
    }
}

fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let Diagnostic {
        severity,
        rule,
        fixable: _,
        file,
        line,
        column,
        end_line: _,
        end_column: _,
        message,
        help,
        excerpt,
        related,
    } = diagnostic;
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(message.as_str());
    let title = match rule {
        Some(rule) => title.id(*rule),
        None => title,
    };
    let mut group = title.elements(Vec::<Element<'_>>::new());
    let path = text::plain(&file.display().to_string());
    let mut corrections = Vec::new();
    match excerpt {
        None => group = group.element(Origin::path(path)),
        Some(excerpt) => {
            let window = Window::around(excerpt);
            corrections.extend(window.correction(&path, *line, *column));
            let annotation = AnnotationKind::Primary.span(window.span);
            group = group.element(
                Snippet::source(window.text).path(path).line_start(*line).annotation(annotation),
            );
        }
    }
    if let Some((excerpt, label)) = related {
        let Position { line, column } = Counter::new(&excerpt.source).position(excerpt.start);
        let path = text::plain(&excerpt.source.path.display().to_string());
        let window = Window::around(excerpt);
        corrections.extend(window.correction(&path, line, column));
        let annotation = AnnotationKind::Context.span(window.span).label(label.as_str());
        group = group.element(
            Snippet::source(window.text).path(path).line_start(line).annotation(annotation),
        );
    }
    if let Some(help) = help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut drawn = renderer.render(&[group]);
    for (wrong, right) in corrections {
        drawn = drawn.replacen(&wrong, &right, 1);
    }
    drawn.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The part of a line that is shown.
struct Window {
    text: String,
    /// Where in it the offending text is.
    span: Range<usize>,
    /// The column that the renderer takes it to be in.
    column: usize,
}

impl Window {
    fn around(excerpt: &Excerpt) -> Self {
        let (text, span) = window(excerpt);
        let column = text[..span.start].chars().count() + 1;
        Self { text, span, column }
    }

    /// The renderer counts columns in what it is shown. Where that is not the
    /// whole line, its place is replaced by the true one.
    fn correction(&self, path: &str, line: usize, column: usize) -> Option<(String, String)> {
        (self.column != column)
            .then(|| (format!("{path}:{line}:{}", self.column), format!("{path}:{line}:{column}")))
    }
}

fn window(excerpt: &Excerpt) -> (String, Range<usize>) {
    let Excerpt { source, start, end } = excerpt;
    let line = source.line_around(*start);
    let start = source.boundary(*start).clamp(line.start, line.end);
    let end = source.boundary(*end).clamp(start, line.end);
    let from = source.text[line.start..start]
        .char_indices()
        .rev()
        .nth(BEFORE - 1)
        .map_or(line.start, |(at, _)| line.start + at);
    let mut shown = String::new();
    if from > line.start {
        shown.push('…');
    }
    let (mut first, mut last) = (None, None);
    for (count, (at, character)) in source.text[from..line.end].char_indices().enumerate() {
        let at = from + at;
        if at >= start && first.is_none() {
            first = Some(shown.len());
        }
        if at >= end && last.is_none() {
            last = Some(shown.len());
        }
        if count == WIDTH {
            shown.push('…');
            break;
        }
        shown.push(match character {
            '\t' => ' ',
            c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        });
    }
    let first = first.unwrap_or(shown.len());
    let last = last.unwrap_or(shown.len()).max(first);
    (shown, first..last)
}
