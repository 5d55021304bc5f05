//! What the file says of one response type: status, headers, templates, or reset.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use crate::model::{HeaderName, InvalidHeaderName, ResponseType, StatusCode};

use super::document::{Entry, Node, Table, Value};
use super::fields::{known_keys, table, wrong_type};
use super::findings::{Finding, Findings};
use super::header_value;
use super::layers::{Edits, HeaderEdit, Layer, Named, StatusEdit, TemplateEdit, TypeEdit};
use super::template;
use crate::diagnostic::nearest::{did_you_mean, nearest};
use crate::diagnostic::source::{Sources, Span};
use crate::diagnostic::text::{brief, brief_toml};

/// The keys of a response type's table.
pub(super) const KEYS: [&str; 4] = ["status", "headers", "templates", "reset"];

pub(super) fn layer(types: &Table, sources: &Sources, findings: &mut Findings) -> Layer {
    let mut named = BTreeMap::new();
    for (name, Entry { key, node }) in types {
        let response_type = response_type(name, *key, findings);
        let edit = type_edit(name, node, sources, findings);
        if let (Some(response_type), Some(edit)) = (response_type, edit) {
            named.insert(response_type, Named { at: *key, edit });
        }
    }
    Layer(named)
}

/// One of AWS's 21 names, exactly.
pub(super) fn response_type(name: &str, at: Span, findings: &mut Findings) -> Option<ResponseType> {
    if let Ok(response_type) = name.parse() {
        return Some(response_type);
    }
    let near = findings
        .wants_suggestions()
        .then(|| nearest(name, ResponseType::ALL.map(ResponseType::as_str)))
        .flatten();
    let help = match near {
        Some(near) => did_you_mean(near),
        None => "`gwr explain` lists the 21 types".to_owned(),
    };
    findings.error(
        Finding::at(at, format!("`{}` is not a gateway response type", brief(name))).help(help),
    );
    None
}

fn type_edit(
    name: &str,
    node: &Node,
    sources: &Sources,
    findings: &mut Findings,
) -> Option<TypeEdit> {
    let table = match &node.value {
        Value::Table(table) => table,
        Value::Boolean(false) => return Some(TypeEdit::Remove),
        _ => {
            findings.error(wrong_type(&format!("`{}`", brief(name)), "a table, or `false`", node));
            return None;
        }
    };
    known_keys(table, &KEYS, findings);
    let reset = reset(table, findings);
    let edits = Edits {
        status: status(table, findings),
        headers: headers(table, findings),
        templates: templates(table, sources, findings),
    };
    Some(match reset {
        Reset::Absent => TypeEdit::Customize(edits),
        Reset::Alone => TypeEdit::Reset,
        Reset::Wrong => return None,
    })
}

enum Reset {
    Absent,
    Alone,
    Wrong,
}

fn reset(table: &Table, findings: &mut Findings) -> Reset {
    let Some(Entry { key, node }) = table.get("reset") else {
        return Reset::Absent;
    };
    match &node.value {
        Value::Boolean(true) => {}
        Value::Boolean(false) => {
            findings.error(
                Finding::at(node.at, "`reset` can only be `true`")
                    .help("leave the key out: a type that is named is customised"),
            );
            return Reset::Wrong;
        }
        _ => {
            findings.error(wrong_type("`reset`", "`true`", node));
            return Reset::Wrong;
        }
    }
    let beside = ["status", "headers", "templates"]
        .into_iter()
        .find_map(|other| Some((other, table.get(other)?.key)));
    match beside {
        None => Reset::Alone,
        Some((other, at)) => {
            findings.error(
                Finding::at(*key, format!("`reset = true` and `{other}` cannot be used together"))
                    .related(at, format!("`{other}` is set here"))
                    .help("a type is at its default, or customised: keep one of the two")
                    .of_all_files(),
            );
            Reset::Wrong
        }
    }
}

fn status(table: &Table, findings: &mut Findings) -> Option<StatusEdit> {
    let Entry { key: _, node } = table.get("status")?;
    let expected = "an integer from 100 to 599 or \"default\"";
    let help = match &node.value {
        Value::Integer(number) => {
            let message = match number.map(StatusCode::try_from) {
                Some(Ok(status)) => return Some(StatusEdit::Set(status)),
                Some(Err(error)) => error.to_string(),
                None => format!("`status` must be {expected}"),
            };
            findings.error(Finding::at(node.at, message));
            return None;
        }
        Value::String(text) if text == "default" => return Some(StatusEdit::Unset),
        Value::String(text) => {
            let help = match text.trim().parse::<u16>() {
                Ok(number) => Some(format!("write `status = {number}`, without quotes")),
                Err(_) => nearest(text, ["default"])
                    .map(|near| format!("did you mean \"{near}\"?"))
                    .or_else(|| {
                        Some(
                            "write a number such as `status = 503`; \"default\" unsets it"
                                .to_owned(),
                        )
                    }),
            };
            findings.error(
                Finding::at(
                    node.at,
                    format!("`status` must be {expected}, not {}", brief_toml(text)),
                )
                .help_if(help),
            );
            return None;
        }
        Value::Float(number) if (100.0..600.0).contains(number) => {
            Some(format!("write `status = {}`, without a fraction", number.trunc()))
        }
        Value::Boolean(false) => Some("write `status = \"default\"` to unset it".to_owned()),
        _ => None,
    };
    findings.error(wrong_type("`status`", expected, node).help_if(help));
    None
}

fn headers(parent: &Table, findings: &mut Findings) -> BTreeMap<String, HeaderEdit> {
    let mut headers = BTreeMap::new();
    let mut places: BTreeMap<String, Place<'_>> = BTreeMap::new();
    let Some((table, _)) = table(parent, "headers", findings) else {
        return headers;
    };
    for (spelling, Entry { key, node }) in table {
        let name = header_name(spelling, *key, findings);
        let edit = match &node.value {
            Value::Boolean(false) => Some(HeaderEdit::Remove),
            _ => header_value::read(spelling, node, findings)
                .and_then(|value| Some(HeaderEdit::Set(name.clone()?, value))),
        };
        let Some(name) = name else { continue };
        let place = Place { spelling, key: *key };
        match places.entry(name.lower()) {
            Slot::Vacant(slot) => {
                slot.insert(place);
            }
            Slot::Occupied(mut slot) => {
                let earlier = slot.get();
                // Two spellings in two files are a merge: the later file's counts.
                if earlier.key.file > place.key.file {
                    continue;
                }
                if earlier.key.file == place.key.file {
                    let [first, second] = in_order(earlier, &place);
                    findings.error(
                        Finding::at(
                            second.key,
                            format!(
                                "`{}` and `{}` are the same header: names are case-insensitive",
                                first.spelling, second.spelling
                            ),
                        )
                        .related(first.key, "set here as well")
                        .help("keep one of the two"),
                    );
                }
                slot.insert(place);
            }
        }
        if let Some(edit) = edit {
            headers.insert(name.lower(), edit);
        } else {
            headers.remove(&name.lower());
        }
    }
    headers
}

struct Place<'a> {
    spelling: &'a str,
    key: Span,
}

fn in_order<'a, 'b>(one: &'a Place<'b>, other: &'a Place<'b>) -> [&'a Place<'b>; 2] {
    if one.key <= other.key { [one, other] } else { [other, one] }
}

fn header_name(spelling: &str, at: Span, findings: &mut Findings) -> Option<HeaderName> {
    match HeaderName::parse(spelling) {
        Ok(name) => Some(name),
        Err(InvalidHeaderName::Empty) => {
            findings.error(Finding::at(at, "a header needs a name"));
            None
        }
        Err(InvalidHeaderName::Character(_)) => {
            let repaired: String = spelling.trim().trim_end_matches(':').replace([' ', ':'], "-");
            let help =
                HeaderName::parse(&repaired).ok().filter(|_| repaired.len() <= 64).map_or_else(
                    || "letters, digits and `.` `_` `$` `-` can stand in a name".to_owned(),
                    |repaired| did_you_mean(repaired.as_str()),
                );
            findings.error(
                Finding::at(at, format!("`{}` cannot be a header's name", brief(spelling)))
                    .help(help),
            );
            None
        }
    }
}

fn templates(
    parent: &Table,
    sources: &Sources,
    findings: &mut Findings,
) -> BTreeMap<String, TemplateEdit> {
    let mut templates = BTreeMap::new();
    let Some((table, _)) = table(parent, "templates", findings) else {
        return templates;
    };
    for (media_type, Entry { key, node }) in table {
        if !template::is_media_type(media_type) {
            let near = nearest(media_type, ["json", "xml", "html", "text", "plain"]);
            let help = match near {
                _ if media_type.contains('/') => template::MEDIA_TYPE,
                Some("json") => "write `\"application/json\"`, with quotes",
                Some("xml") => "write `\"application/xml\"`, with quotes",
                Some("html") => "write `\"text/html\"`, with quotes",
                Some("text" | "plain") => "write `\"text/plain\"`, with quotes",
                _ => {
                    "a template stands under a media type in quotes, such as `\"application/json\"`"
                }
            };
            findings.error(
                Finding::at(*key, format!("`{}` is no media type", brief(media_type))).help(help),
            );
        }
        let edit = match &node.value {
            Value::Boolean(false) => Some(TemplateEdit::Remove),
            _ => template::read(media_type, node, sources, findings).map(TemplateEdit::Set),
        };
        if let Some(edit) = edit {
            templates.insert(media_type.clone(), edit);
        }
    }
    templates
}
