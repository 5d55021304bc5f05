//! Presets and an API's own entries, laid over each other.
//!
//! Desired is total per type, not per key: merging happens between the layers of
//! the file, and what comes out says everything about each type it names.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Customization, HeaderName, HeaderValue, ResponseType, StatusCode};
use crate::state::desired::{DesiredResponse, Removal};

use crate::diagnostic::source::Span;

/// What one preset, or one API's `responses`, says.
#[derive(Debug, Default)]
pub(super) struct Layer(pub BTreeMap<ResponseType, Named>);

/// What is said of a type, and where.
#[derive(Debug)]
pub(super) struct Named {
    pub at: Span,
    pub edit: TypeEdit,
}

#[derive(Debug)]
pub(super) enum TypeEdit {
    /// `TYPE = false`: not named any more.
    Remove,
    /// `reset = true`: must be at its default.
    Reset,
    Customize(Edits),
}

/// What a layer says of a customised type.
#[derive(Debug, Default)]
pub(super) struct Edits {
    pub status: Option<StatusEdit>,
    /// By the name in lower case: HTTP knows no case, and the last spelling is kept.
    pub headers: BTreeMap<String, HeaderEdit>,
    pub templates: BTreeMap<String, TemplateEdit>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum StatusEdit {
    Set(StatusCode),
    /// `status = "default"`
    Unset,
}

#[derive(Debug)]
pub(super) enum HeaderEdit {
    Set(HeaderName, HeaderValue),
    Remove,
}

#[derive(Debug)]
pub(super) enum TemplateEdit {
    Set(String),
    Remove,
}

#[derive(Debug)]
pub(super) struct MergedType {
    /// The place that named the type last.
    pub at: Span,
    pub response: DesiredResponse,
    /// What the layers remove explicitly and no later layer sets again.
    pub removals: BTreeSet<Removal>,
}

pub(super) fn merge<'a>(
    layers: impl IntoIterator<Item = &'a Layer>,
) -> BTreeMap<ResponseType, MergedType> {
    let mut merged: BTreeMap<ResponseType, (Span, Merged<'a>)> = BTreeMap::new();
    for Layer(types) in layers {
        for (response_type, Named { at, edit }) in types {
            match edit {
                TypeEdit::Remove => {
                    merged.remove(response_type);
                }
                TypeEdit::Reset => {
                    merged.insert(*response_type, (*at, Merged::Reset));
                }
                TypeEdit::Customize(edits) => {
                    let slot = merged
                        .entry(*response_type)
                        .or_insert_with(|| (*at, Merged::Customized(Parts::default())));
                    slot.0 = *at;
                    slot.1.customize(edits);
                }
            }
        }
    }
    merged
        .into_iter()
        .map(|(response_type, (at, merged))| (response_type, merged.finish(at)))
        .collect()
}

/// A type in the making; borrowed until it is done, for presets are shared widely.
enum Merged<'a> {
    Reset,
    Customized(Parts<'a>),
}

#[derive(Default)]
struct Parts<'a> {
    status: Option<StatusCode>,
    headers: BTreeMap<&'a str, (&'a HeaderName, &'a HeaderValue)>,
    templates: BTreeMap<&'a str, &'a str>,
    removals: BTreeSet<Removal>,
}

impl<'a> Merged<'a> {
    /// A type that an earlier layer reset starts from nothing.
    fn customize(&mut self, edits: &'a Edits) {
        if let Self::Reset = self {
            *self = Self::Customized(Parts::default());
        }
        if let Self::Customized(parts) = self {
            parts.apply(edits);
        }
    }

    fn finish(self, at: Span) -> MergedType {
        match self {
            Self::Reset => {
                let response = DesiredResponse::Default;
                MergedType { at, response, removals: BTreeSet::new() }
            }
            Self::Customized(Parts { status, headers, templates, removals }) => {
                let response = DesiredResponse::Customized(Customization {
                    status,
                    headers: headers
                        .into_values()
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect(),
                    templates: templates
                        .into_iter()
                        .map(|(media_type, text)| (media_type.to_owned(), text.to_owned()))
                        .collect(),
                });
                MergedType { at, response, removals }
            }
        }
    }
}

impl<'a> Parts<'a> {
    fn apply(&mut self, edits: &'a Edits) {
        let Edits { status, headers, templates } = edits;
        match status {
            None => {}
            Some(StatusEdit::Set(status)) => {
                self.status = Some(*status);
                self.removals.remove(&Removal::Status);
            }
            Some(StatusEdit::Unset) => {
                self.status = None;
                self.removals.insert(Removal::Status);
            }
        }
        for (name, edit) in headers {
            match edit {
                HeaderEdit::Set(spelling, value) => {
                    self.headers.insert(name, (spelling, value));
                    self.removals.remove(&Removal::header(spelling));
                }
                HeaderEdit::Remove => {
                    self.headers.remove(name.as_str());
                    self.removals.insert(Removal::Header(name.clone()));
                }
            }
        }
        for (media_type, edit) in templates {
            match edit {
                TemplateEdit::Set(text) => {
                    self.templates.insert(media_type, text);
                    self.removals.remove(&Removal::Template(media_type.clone()));
                }
                TemplateEdit::Remove => {
                    self.templates.remove(media_type.as_str());
                    self.removals.insert(Removal::Template(media_type.clone()));
                }
            }
        }
    }
}
