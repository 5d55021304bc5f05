//! How a type would be changed, as a piece of the file to start from.

use super::Answer;
use crate::config::spell;
use crate::model::{Customization, ResponseType};
use crate::state::effective::is_customisable;

/// What to write under an API to customise a type to what a client gets of it now. All of
/// it stands there, for an entry of its own inherits nothing of the family default.
///
/// # Errors
/// In words, where nothing can change the type, or no file can say what it is.
pub fn snippet(api: &str, answer: &Answer) -> Result<String, String> {
    let Answer { response_type, effective, assumed: _, notes: _ } = answer;
    if !is_customisable(*response_type) {
        return Err("Nothing can change it: AWS accepts an entry and ignores it.".to_owned());
    }
    let now = Customization {
        status: effective.status,
        headers: effective.headers.clone(),
        templates: effective.templates.clone(),
    };
    let entry =
        spell::response(&now).map_err(|why| format!("Its current value is unknown: {why}."))?;
    let mut lines = vec![format!("[apis.{}.responses.{response_type}]", spell::key(api))];
    if let Some(remark) = remark(*response_type) {
        lines.push(remark.to_owned());
    }
    lines.extend(entry);
    Ok(lines.join("\n"))
}

/// What a status does, where errors of the type have several.
const fn remark(response_type: ResponseType) -> Option<&'static str> {
    match response_type {
        ResponseType::IntegrationFailure => {
            Some("# A status replaces 500, 502 and 504 alike; without one they stay apart.")
        }
        ResponseType::Default4xx | ResponseType::Default5xx => {
            Some("# A status goes to every type without an entry; without one each keeps its own.")
        }
        _ => None,
    }
}
