//! Templates: what clients will read, and what AWS makes of it.

use super::directives;
use super::headers::named;
use super::json::{self, Fault, Placed, Standing};
use super::named_status;
use super::variables::{ERROR_VARIABLES, Kind, Variable, variables};
use crate::diagnostic::rule::Rule;
use crate::diagnostic::rules::{
    BODY_STATUS, DOUBLED_MESSAGE_STRING, DUPLICATE_MEDIA_TYPE, INVALID_JSON, UNKNOWN_VARIABLE,
    UNQUOTED_VARIABLE, VTL_IN_TEMPLATE,
};
use crate::diagnostic::severity::Severity;
use crate::lint::finding::{Finding, Fix, Replacement, Spot, replaced};
use crate::model::{Customization, HeaderValue, ResponseType};
use crate::state::effective::{is_customisable, own_status};

/// `inherits` are the types of a family default that answer with it, by the file.
pub(crate) fn check(
    response_type: ResponseType,
    response: &Customization,
    inherits: &[ResponseType],
    found: &mut Vec<Finding>,
) {
    for (media_type, text) in &response.templates {
        let template = Template {
            response_type,
            media_type,
            text,
            is_json: is_json(media_type) && sends_json(response),
        };
        found.extend(duplicate(&template, response));
        if let Some(directive) = directives::first(text) {
            // The rest cannot be checked.
            found.push(vtl(&template, directive));
            continue;
        }
        found.extend(doubled(&template));
        found.extend(unknown(&template));
        if template.is_json {
            found.extend(in_json(&template, response, inherits));
        }
    }
}

fn in_json(
    template: &Template<'_>,
    response: &Customization,
    inherits: &[ResponseType],
) -> Vec<Finding> {
    match json::parse(template.text) {
        Ok(body) => {
            let named = named_status::named(&body);
            let status = named.and_then(|named| other_status(template, response, inherits, named));
            unquoted(template).into_iter().chain(status).collect()
        }
        Err(fault) => {
            let unquoted = unquoted(template).filter(|_| template.is_structured());
            unquoted.into_iter().chain([invalid(template, &fault)]).collect()
        }
    }
}

struct Template<'a> {
    response_type: ResponseType,
    media_type: &'a str,
    text: &'a str,
    /// Whether clients are told that it is JSON.
    is_json: bool,
}

impl Template<'_> {
    fn finding(&self, rule: &'static Rule, what: &str) -> Finding {
        let Self { response_type, media_type, .. } = self;
        let message = format!("the `{media_type}` template of {response_type} {what}");
        Finding::new(rule, *response_type, Spot::Template((*media_type).to_owned()), message)
    }

    /// Whether it begins as an object or a list, so that JSON was meant for sure.
    fn is_structured(&self) -> bool {
        self.text.trim_start().starts_with(['{', '['])
    }

    /// The repair, if the template is JSON then, where it is to be.
    fn fix(&self, replacements: Vec<Replacement>) -> Option<Fix> {
        let is_right = !self.is_json || json::parse(&replaced(self.text, &replacements)).is_ok();
        (is_right && !replacements.is_empty()).then_some(Fix::Template(replacements))
    }
}

/// `application/json`, `application/problem+json`; not JSON lines, nor JSONP.
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or(media_type).trim().to_ascii_lowercase();
    matches!(essence.as_str(), "application/json" | "text/json") || essence.ends_with("+json")
}

/// Some APIs serve HTML from the default template, `application/json`, and
/// declare it in a header.
fn sends_json(response: &Customization) -> bool {
    named(response, "content-type")
        .is_none_or(|value| HeaderValue::as_literal(value).is_some_and(|text| is_json(text.trim())))
}

fn duplicate(template: &Template<'_>, response: &Customization) -> Option<Finding> {
    let Template { response_type, media_type, .. } = template;
    let same = |other: &&String| other.eq_ignore_ascii_case(media_type);
    // The first in order of the alphabet stays unmentioned.
    let other = response.templates.keys().find(same).filter(|first| first != media_type)?;
    let message = format!(
        "{response_type} has templates for `{other}` and `{media_type}`, which are one media type: \
         nothing says which of the two clients get"
    );
    let spot = Spot::MediaType((*media_type).to_owned());
    Some(
        Finding::new(&DUPLICATE_MEDIA_TYPE, *response_type, spot, message)
            .help("keep one of the two"),
    )
}

fn vtl(template: &Template<'_>, directive: &str) -> Finding {
    let what = format!(
        "holds `{directive}`, which clients get unchanged: gateway responses do not support VTL, \
         only `$context`, `$stageVariables` and `$method.request`"
    );
    let help = if directive.contains("escapeJavaScript") {
        "write `$context.error.messageString`, without quotes around it: it comes quoted"
    } else {
        "write it without a directive"
    };
    template.finding(&VTL_IN_TEMPLATE, &what).help(help)
}

/// AWS adds the quotes of this variable itself.
fn doubled(template: &Template<'_>) -> Option<Finding> {
    let text = template.text;
    let replacements: Vec<Replacement> = if template.is_json {
        json::placed(text)
            .iter()
            .filter(|Placed { variable, .. }| variable.kind() == Kind::QuotedText)
            .filter_map(|Placed { variable, standing }| match standing {
                Standing::Bare => None,
                Standing::Alone => Some(without_quotes(variable)),
                Standing::Within => {
                    let with = "$context.error.message".to_owned();
                    Some(Replacement { at: variable.at.clone(), with })
                }
            })
            .collect()
    } else {
        variables(text)
            .iter()
            .filter(|variable| variable.kind() == Kind::QuotedText)
            .filter(|variable| {
                text[..variable.at.start].ends_with('"') && text[variable.at.end..].starts_with('"')
            })
            .map(without_quotes)
            .collect()
    };
    if replacements.is_empty() {
        return None;
    }
    let (what, help) = if replacements.iter().any(|r| r.with.ends_with("messageString")) {
        (
            "quotes `$context.error.messageString`, which comes with quotes of its own: clients \
             get them twice",
            "write it without quotes around it",
        )
    } else {
        (
            "has `$context.error.messageString` within a text, where its own quotes end the text",
            "write `$context.error.message` there",
        )
    };
    let severity = if template.is_json { Severity::Error } else { Severity::Warning };
    let finding = template.finding(&DOUBLED_MESSAGE_STRING, what).help(help);
    Some(Finding { severity, ..finding.fix(template.fix(replacements)) })
}

fn without_quotes(variable: &Variable<'_>) -> Replacement {
    let at = variable.at.start - 1..variable.at.end + 1;
    Replacement { at, with: "$context.error.messageString".to_owned() }
}

/// Texts without quotes are no JSON.
fn unquoted(template: &Template<'_>) -> Option<Finding> {
    let placed = json::placed(template.text);
    let bare: Vec<&Variable<'_>> = placed
        .iter()
        .filter(|placed| placed.standing == Standing::Bare)
        .map(|placed| &placed.variable)
        .filter(|variable| matches!(variable.kind(), Kind::Text | Kind::UnescapedText))
        .collect();
    let first = bare.first()?;
    let written = &template.text[first.at.clone()];
    let what = format!(
        "has `{written}` without quotes around it: AWS fills in text without quotes, so \
         the body is not JSON"
    );
    let help = if first.name == "context.error.message" {
        "write `$context.error.messageString`, which comes with quotes".to_owned()
    } else {
        format!("write `\"{written}\"`")
    };
    // A lone variable may be meant as plain text, and what is not escaped may break the
    // quotes that it gets.
    let is_safe =
        template.is_structured() && bare.iter().all(|variable| variable.kind() == Kind::Text);
    let replacements: Vec<Replacement> = bare
        .iter()
        .map(|variable| {
            let with = match variable.name {
                "context.error.message" => "$context.error.messageString".to_owned(),
                _ => format!("\"{}\"", &template.text[variable.at.clone()]),
            };
            Replacement { at: variable.at.clone(), with }
        })
        .collect();
    let finding = template.finding(&UNQUOTED_VARIABLE, &what).help(help);
    Some(finding.fix(template.fix(replacements).filter(|_| is_safe)))
}

fn unknown(template: &Template<'_>) -> Option<Finding> {
    let variables = variables(template.text);
    let unknown = variables.iter().find(|variable| {
        variable.name.starts_with("context.error.") && !ERROR_VARIABLES.contains(&variable.name)
    })?;
    let what = format!("has `${}`, which is not a variable: it stays empty", unknown.name);
    let known: Vec<String> = ERROR_VARIABLES.iter().map(|name| format!("`${name}`")).collect();
    let near = ERROR_VARIABLES.into_iter().find(|name| name.eq_ignore_ascii_case(unknown.name));
    let help = match near {
        Some(near) => format!("write `${near}`: names are case-sensitive"),
        None => format!("there are {}", known.join(", ")),
    };
    Some(template.finding(&UNKNOWN_VARIABLE, &what).help(help))
}

fn invalid(template: &Template<'_>, fault: &Fault) -> Finding {
    let before: String = {
        let text = &template.text[..fault.offset];
        let from = text.char_indices().rev().nth(29).map_or(0, |(at, _)| at);
        text[from..].trim_start().to_owned()
    };
    let place = match before.as_str() {
        "" => String::new(),
        before => format!(" at `{before}`"),
    };
    let what = format!("is never valid JSON: {}{place}", fault.reason.to_lowercase());
    template.finding(&INVALID_JSON, &what).help(
        "repair it, or say in a Content-Type header, or by another media type, what else it is",
    )
}

fn other_status(
    template: &Template<'_>,
    response: &Customization,
    inherits: &[ResponseType],
    (member, named): (&str, u16),
) -> Option<Finding> {
    let response_type = template.response_type;
    if !is_customisable(response_type) {
        return None;
    }
    let sent = response.status.or_else(|| own_status(response_type));
    let sent = match sent {
        Some(status) if status.get() == named => return None,
        Some(status) => format!("the answer has the status {status}"),
        None if response_type.is_family_default() => {
            let other =
                inherits.iter().find(|of| own_status(**of).is_none_or(|s| s.get() != named))?;
            match own_status(*other) {
                Some(status) => format!("{other}, which answers with it, has the status {status}"),
                None => format!("{other}, which answers with it, has 500, 502 or 504"),
            }
        }
        None => "the status is 500, 502 or 504 depending on the cause".to_owned(),
    };
    let what = format!("says `{member}` {named}, and {sent}");
    Some(template.finding(&BODY_STATUS, &what).help("make the body and the status agree"))
}
