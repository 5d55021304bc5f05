//! The inventory as the text of a desired-state file.
//!
//! Names came from AWS or from a document: in a comment they are one line that no terminal
//! obeys, and elsewhere they are strings, escaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::config::spell::{key, remark, response, string, strings};
use crate::model::{Customization, ResponseType};
use crate::state::desired::{Account, Allow, Identity, Matching};

use super::inventory::{Imported, Inventory, Stages};
use super::presets::{Preset, presets};
use super::set::known_faults;

/// Where the words of a comment are wrapped.
const WIDTH: usize = 92;

/// So many APIs are named beside a preset.
const NAMED: usize = 6;

#[must_use]
pub fn write(inventory: &Inventory) -> String {
    let Inventory { origin, account, apis, missing } = inventory;
    let mut text = String::new();
    for line in origin {
        comment(&mut text, line);
    }
    text.push_str("version = 1\n");
    if let Some((name, account)) = account {
        write_account(&mut text, name, account);
    }
    let presets = presets(apis);
    for preset in &presets {
        write_preset(&mut text, preset, apis.len());
    }
    for api in apis {
        write_api(&mut text, api, &presets);
    }
    if !missing.is_empty() {
        text.push('\n');
    }
    for absent in missing {
        comment(&mut text, &format!("Missing: {absent}."));
    }
    text
}

fn comment(text: &mut String, said: &str) {
    let said = remark(said);
    let mut line = String::from("#");
    for word in said.split(' ') {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

fn write_account(text: &mut String, name: &str, account: &Account) {
    let Account { id, region, identity, endpoint_url, quota_share: _, deploy_interval: _ } =
        account;
    let profile = match identity {
        Identity::Profile(profile) => Some(profile),
        Identity::DefaultChain | Identity::Role { .. } => None,
    };
    let _ = writeln!(text, "\n[accounts.{}]", key(name));
    for (member, value) in [
        ("id", id.as_ref()),
        ("region", region.as_ref()),
        ("profile", profile),
        ("endpoint_url", endpoint_url.as_ref()),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "{member} = {}", string(value));
        }
    }
}

fn write_preset(text: &mut String, preset: &Preset, apis: usize) {
    let Preset { name, apis: users, responses } = preset;
    text.push('\n');
    let shown: Vec<&str> = users.iter().take(NAMED).map(String::as_str).collect();
    let more = match users.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    comment(text, &format!("On {} of {apis} APIs: {}{more}.", users.len(), shown.join(", ")));
    for (number, (response_type, written)) in responses.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "[presets.{}.{response_type}]", key(name));
        write_response(text, *response_type, written);
    }
}

fn write_api(text: &mut String, api: &Imported, presets: &[Preset]) {
    let Imported { key: name, matching, remark: beside, stages, responses, notes, left_alone } =
        api;
    let name = key(name);
    let _ = writeln!(text, "\n[apis.{name}]");
    let found = match matching {
        Matching::Id(id) => format!("id = {}", string(id)),
        Matching::Name(name) => format!("name = {}", string(name)),
        Matching::Tags(tags) => {
            let tags: Vec<String> = tags
                .iter()
                .map(|(tag, value)| format!("{} = {}", key(tag), string(value)))
                .collect();
            format!("tags = {{ {} }}", tags.join(", "))
        }
    };
    let beside = remark(beside);
    let beside = if beside.is_empty() { beside } else { format!("   # {beside}") };
    let _ = writeln!(text, "match  = {{ {found} }}{beside}");
    write_stages(text, stages);
    let used: Vec<&Preset> =
        presets.iter().filter(|preset| preset.apis.contains(&api.key)).collect();
    if !used.is_empty() {
        let names = strings(used.iter().map(|preset| preset.name.as_str()));
        let _ = writeln!(text, "use    = {names}");
    }
    for left in left_alone {
        comment(text, &format!("Not managed: {left}."));
    }
    let said_elsewhere = |response_type: &ResponseType| {
        used.iter().any(|preset| preset.responses.contains_key(response_type))
    };
    for (response_type, note) in notes.iter().filter(|(t, _)| said_elsewhere(t)) {
        for line in note {
            comment(text, &format!("{response_type}: {line}"));
        }
    }
    write_own(text, &name, responses, notes, said_elsewhere);
    for Allow { rule, response_type, reason } in known_faults(api) {
        let _ = writeln!(text, "\n[[apis.{name}.allow]]\nrule   = {}", string(&rule));
        if let Some(response_type) = response_type {
            let _ = writeln!(text, "type   = \"{response_type}\"");
        }
        let _ = writeln!(text, "reason = {}", string(&remark(&reason)));
    }
}

/// The types that no preset says.
fn write_own(
    text: &mut String,
    api: &str,
    responses: &BTreeMap<ResponseType, Customization>,
    notes: &BTreeMap<ResponseType, Vec<String>>,
    said_elsewhere: impl Fn(&ResponseType) -> bool,
) {
    for (response_type, written) in responses.iter().filter(|(t, _)| !said_elsewhere(t)) {
        text.push('\n');
        for line in notes.get(response_type).into_iter().flatten() {
            comment(text, line);
        }
        let _ = writeln!(text, "[apis.{api}.responses.{response_type}]");
        write_response(text, *response_type, written);
    }
}

fn write_stages(text: &mut String, stages: &Stages) {
    match stages {
        Stages::Unknown => {
            text.push_str(
                "# stages = [\"prod\"]   # where gwr is to deploy: the document names none\n",
            );
        }
        Stages::Known { listed, left_out } if left_out.is_empty() => {
            let _ = writeln!(text, "stages = {}", strings(listed.iter().map(String::as_str)));
        }
        Stages::Known { listed, left_out } => {
            text.push_str("stages = [\n");
            for stage in listed {
                let _ = writeln!(text, "    {},", string(stage));
            }
            for left in left_out {
                let why = remark(&left.why);
                let _ = writeln!(text, "    # {},   # left out: {why}", string(&left.stage));
            }
            text.push_str("]\n");
        }
    }
}

fn write_response(text: &mut String, response_type: ResponseType, written: &Customization) {
    // What no file can say was left alone before.
    let lines = response(written).unwrap_or_default();
    if lines.is_empty() {
        comment(text, &with_builtin_values(response_type));
    }
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

fn with_builtin_values(response_type: ResponseType) -> String {
    let family = response_type.family().default_type();
    if family == response_type {
        "Customised with its built-in values.".to_owned()
    } else {
        format!("Customised with its built-in values, so that it inherits nothing from {family}.")
    }
}
