//! UpdateGatewayResponse: what a list of patch operations makes of a customisation.
//!
//! Recorded on AWS (LocalStack's validated snapshot `test_update_gateway_response`):
//! a PATCH of a type that is not customised customises it; `/statusCode` knows only
//! `replace`; a key that does not exist cannot be replaced. What is not recorded
//! there follows the records for method and integration responses, or is a quirk.

use super::constraints::{is_status, status_violation};
use super::patch_operation::PatchOperation;
use crate::model::ResponseType;
use crate::sandbox::data::state::{Customization, Texts};
use crate::sandbox::quirks::{
    HeaderCase, LastTemplate, PatchAddExisting, PatchAtomic, PatchBase, PatchDefaultTemplate,
    PatchNullStatus, PatchRemoveMissing, PatchStatus, Quirks,
};
use crate::sandbox::stage::mapping;
use crate::sandbox::stage::settled::{Responses, builtin_templates};
use crate::sandbox::wire::error::Failure;

/// What is stored afterwards, and the failure that ended the work early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Patched {
    pub(crate) stored: Option<Customization>,
    pub(crate) failure: Option<Failure>,
}

/// Applies operations, in their order, to what is stored for a type.
pub(crate) fn patch(
    responses: &Responses,
    of: ResponseType,
    operations: &[PatchOperation],
    quirks: &Quirks,
) -> Patched {
    let before = responses.get(&of).cloned();
    if operations.is_empty() {
        return Patched { stored: before, failure: None };
    }
    let mut draft =
        Draft { custom: before.clone().unwrap_or_else(|| base(responses, of, quirks)), quirks };
    for (done, operation) in operations.iter().enumerate() {
        if let Err(failure) = draft.apply(operation) {
            let kept = quirks.patch_atomic == PatchAtomic::No && done > 0;
            let stored = if kept { Some(draft.custom) } else { before };
            let failure = if kept { failure.keeping_changes() } else { failure };
            return Patched { stored, failure: Some(failure) };
        }
    }
    let touches_status = operations.iter().any(|one| one.path.as_deref() == Some("/statusCode"));
    if before.is_none() && !touches_status && quirks.patch_status == PatchStatus::Explicit {
        let shown = || of.builtin_status().map(|status| status.to_string());
        draft.custom.status_code = draft.custom.status_code.take().or_else(shown);
    }
    Patched { stored: Some(draft.custom), failure: None }
}

/// What the first PATCH of a type starts from.
fn base(responses: &Responses, of: ResponseType, quirks: &Quirks) -> Customization {
    let family = of.family().default_type();
    match (quirks.patch_base, responses.get(&family)) {
        (PatchBase::Resolved, Some(inherited)) => inherited.clone(),
        (PatchBase::Resolved | PatchBase::Builtin, _) => Customization::default(),
    }
}

struct Draft<'a> {
    custom: Customization,
    quirks: &'a Quirks,
}

impl Draft<'_> {
    fn apply(&mut self, operation: &PatchOperation) -> Result<(), Failure> {
        let invalid =
            || Failure::bad_request(format!("Invalid patch path {}", operation.shown_path()));
        let segments = operation.segments().ok_or_else(invalid)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (segments.as_slice(), operation.op()) {
            (["statusCode"], "replace") => self.replace_status(operation),
            (["responseParameters", key], "add" | "replace" | "remove") if !key.is_empty() => {
                self.patch_parameters(key, operation)
            }
            (["responseTemplates", key], "add" | "replace" | "remove") if !key.is_empty() => {
                self.patch_templates(key, operation)
            }
            _ => Err(invalid()),
        }
    }

    fn replace_status(&mut self, operation: &PatchOperation) -> Result<(), Failure> {
        match operation.filled_value() {
            Some(status) if is_status(status) => self.custom.status_code = Some(status.to_owned()),
            Some(wrong) => return Err(Failure::constraints(&[status_violation(wrong)])),
            None => match self.quirks.patch_null_status {
                PatchNullStatus::Error => {
                    return Err(Failure::bad_request("Invalid null or empty value in statusCode"));
                }
                PatchNullStatus::Reset => self.custom.status_code = None,
            },
        }
        Ok(())
    }

    fn patch_parameters(&mut self, key: &str, operation: &PatchOperation) -> Result<(), Failure> {
        let mut map = self.custom.response_parameters.clone().unwrap_or_default();
        let present = match self.quirks.header_case {
            HeaderCase::Distinct => map.contains_key(key).then(|| key.to_owned()),
            HeaderCase::Merge => map.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned(),
        };
        let missing = || Failure::not_found("Invalid parameter name specified");
        let entry = Entry { key, present, missing: &missing, map_name: "responseParameters" };
        if let Change::Set(value) = self.patch_entry(&entry, operation)? {
            mapping::check([(&key.to_owned(), &value)].into_iter())?;
            if let Some(spelling) = entry.present {
                map.remove(&spelling);
            }
            map.insert(key.to_owned(), value);
        } else if let Some(spelling) = entry.present {
            map.remove(&spelling);
        }
        self.custom.response_parameters = Some(map);
        Ok(())
    }

    fn patch_templates(&mut self, key: &str, operation: &PatchOperation) -> Result<(), Failure> {
        let stored = self.custom.response_templates.clone();
        let mut map = stored.unwrap_or_else(|| match self.quirks.patch_replace_default_template {
            PatchDefaultTemplate::Allow => builtin_templates(),
            PatchDefaultTemplate::Error => Texts::new(),
        });
        let missing = || Failure::not_found("Content-Type specified was not found");
        let present = map.contains_key(key).then(|| key.to_owned());
        let entry = Entry { key, present, missing: &missing, map_name: "responseTemplates" };
        match self.patch_entry(&entry, operation)? {
            Change::Set(value) => {
                mapping::check_templates([(&key.to_owned(), &value)].into_iter())?;
                map.insert(key.to_owned(), value);
            }
            Change::Remove if map.remove(key).is_none() => return Ok(()),
            Change::Remove => {}
        }
        let none_left = map.is_empty() && self.quirks.last_template == LastTemplate::Default;
        self.custom.response_templates = (!none_left).then_some(map);
        Ok(())
    }

    /// What `add`, `replace` and `remove` mean for one key of a map.
    fn patch_entry(
        &self,
        entry: &Entry<'_>,
        operation: &PatchOperation,
    ) -> Result<Change, Failure> {
        match (operation.op(), &entry.present) {
            ("remove", None) if self.quirks.patch_remove_missing == PatchRemoveMissing::Error => {
                return Err((entry.missing)());
            }
            ("remove", _) => return Ok(Change::Remove),
            ("replace", None) => return Err((entry.missing)()),
            ("add", Some(_)) if self.quirks.patch_add_existing == PatchAddExisting::Error => {
                return Err(Failure::bad_request(format!(
                    "Invalid add operation: {} already exists in {}",
                    entry.key, entry.map_name
                )));
            }
            _ => {}
        }
        operation.filled_value().map(|value| Change::Set(value.to_owned())).ok_or_else(|| {
            Failure::bad_request(format!("Invalid null or empty value in {}", entry.map_name))
        })
    }
}

struct Entry<'a> {
    key: &'a str,
    /// The key as it is spelt in the map, if it is there.
    present: Option<String>,
    missing: &'a dyn Fn() -> Failure,
    map_name: &'static str,
}

enum Change {
    Set(String),
    Remove,
}

#[cfg(test)]
mod tests;
