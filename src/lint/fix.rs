//! Repairs what is safe, and nothing else.
//!
//! In: the files as they were loaded. Out: their texts with the repairs, comments and
//! layout as they were. One repair is made at a time, the files are read again, and what
//! they say then must be exactly what they said before, but for the one spot of the types
//! that the rule spoke of. What would change anything else (a preset that another API
//! takes otherwise, an API that allows the rule) is left to a person.
//!
//! Template files are left, too: their text may serve elsewhere.

mod edit;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::check::lint;
use super::finding::{Finding, Fix, Spot, replaced};
use super::report::{diagnostic, place};
use crate::config::{Loaded, Places};
use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::place::Place;
use crate::diagnostic::rules::SHADOWED_CORS;
use crate::model::{Customization, ResponseType};
use crate::state::desired::{Desired, DesiredResponse};

/// Texts that stand for files, by their paths.
pub type Texts = BTreeMap<PathBuf, String>;

#[derive(Clone, Debug, Default)]
pub struct Fixed {
    /// The files that change.
    pub files: Vec<FixedFile>,
    /// What is repaired, with the places as they are when its turn comes.
    pub repaired: Vec<Diagnostic>,
}

#[derive(Clone, Debug)]
pub struct FixedFile {
    /// As it was named or found.
    pub path: PathBuf,
    pub before: String,
    pub after: String,
}

/// Repairs the files. `reload` reads them again, with texts that stand for some of them;
/// `None` where they are not valid then.
#[must_use]
pub fn fix(loaded: Loaded, reload: impl Fn(&Texts) -> Option<Loaded>) -> Fixed {
    let mut fixed = Fixed::default();
    let mut texts = Texts::new();
    let mut given_up = BTreeSet::new();
    let mut now = loaded;
    while let Some(repair) = next(&now, &given_up) {
        let path = repair.place.file().to_owned();
        let better = repair.text().and_then(|text| {
            let mut texts = texts.clone();
            texts.insert(path.clone(), text);
            let then = reload(&texts).filter(|then| repair.is_all(&now.desired, &then.desired))?;
            Some((texts, then))
        });
        match better {
            None => {
                given_up.insert(repair.name());
            }
            Some((changed, then)) => {
                if !fixed.files.iter().any(|file| file.path == path) {
                    let before = repair.place.whole_file().to_owned();
                    let after = String::new();
                    fixed.files.push(FixedFile { path, before, after });
                }
                fixed.repaired.push(diagnostic(&repair.place, &repair.finding));
                texts = changed;
                now = then;
            }
        }
    }
    for file in &mut fixed.files {
        file.after = texts.get(&file.path).cloned().unwrap_or_default();
    }
    fixed
}

/// One repair of one place, and whose it is.
struct Repair {
    place: Place,
    finding: Finding,
    fix: Fix,
    /// The APIs that take what stands there, and of which the rule says the same.
    apis: BTreeSet<String>,
}

/// A repair by what stays the same while others are made: file, keys, rule.
type Name = (PathBuf, Vec<String>, &'static str);

/// The first repair that was not given up.
fn next(loaded: &Loaded, given_up: &BTreeSet<Name>) -> Option<Repair> {
    let mut repair: Option<Repair> = None;
    for api in &loaded.desired.apis {
        for finding in lint(api) {
            let Some(fix) = finding.fix.clone() else { continue };
            let Some(place) = place(&api.key, &finding, &loaded.places) else { continue };
            match &mut repair {
                None => {
                    let apis = BTreeSet::from([api.key.clone()]);
                    let found = Repair { place, finding, fix, apis };
                    if !given_up.contains(&found.name()) && found.is_at_home(&loaded.places, api) {
                        repair = Some(found);
                    }
                }
                Some(repair) => {
                    let same = repair.place.file() == place.file()
                        && repair.place.bytes() == place.bytes()
                        && repair.finding.rule == finding.rule
                        && repair.fix == fix;
                    if same {
                        repair.apis.insert(api.key.clone());
                    }
                }
            }
        }
    }
    repair
}

impl Repair {
    fn name(&self) -> Name {
        let Self { place, finding, .. } = self;
        (place.file().to_owned(), place.keys().to_vec(), finding.rule.id)
    }

    /// A preset gets only headers that it has itself for the family default: where they
    /// come from elsewhere, others who take it may not want them.
    fn is_at_home(&self, places: &Places, api: &crate::state::desired::DesiredApi) -> bool {
        let (Fix::Headers(headers), Some(of)) = (&self.fix, self.finding.response_type) else {
            return true;
        };
        let home = |place: &Place| place.keys().first_chunk::<2>().cloned();
        let family = of.family().default_type();
        self.finding.rule == &SHADOWED_CORS
            && (self.place.keys().first().is_some_and(|top| top == "apis")
                || headers.iter().all(|(name, _)| {
                    places
                        .response_value(&api.key, family, &["headers", name.as_str()])
                        .is_some_and(|from| home(&from) == home(&self.place))
                }))
    }

    /// The file's text with the repair.
    fn text(&self) -> Option<String> {
        match &self.fix {
            Fix::Name(name) => Some(edit::key(&self.place, name.as_str())),
            Fix::Value(value) => edit::value(&self.place, value),
            Fix::Template(replacements) => edit::string(&self.place, replacements),
            Fix::Headers(headers) => edit::headers(&self.place, headers),
        }
    }

    /// Whether the difference between the two is this repair, and nothing else.
    fn is_all(&self, before: &Desired, after: &Desired) -> bool {
        let Some(of) = self.finding.response_type else {
            return false;
        };
        let mut expected = before.clone();
        for api in &mut expected.apis {
            if self.apis.contains(&api.key)
                && let Some(DesiredResponse::Customized(response)) = api.responses.get_mut(&of)
            {
                self.apply(response);
            }
        }
        expected == *after && !self.is_left(after, of)
    }

    fn is_left(&self, desired: &Desired, of: ResponseType) -> bool {
        let Finding { rule, spot, .. } = &self.finding;
        desired.apis.iter().filter(|api| self.apis.contains(&api.key)).any(|api| {
            lint(api).iter().any(|left| {
                left.response_type == Some(of) && left.rule == *rule && left.spot == *spot
            })
        })
    }

    fn apply(&self, response: &mut Customization) {
        let Customization { status: _, headers, templates } = response;
        match (&self.fix, &self.finding.spot) {
            (Fix::Name(right), Spot::HeaderName(wrong)) => {
                if let Some(value) = headers.remove(wrong) {
                    headers.insert(right.clone(), value);
                }
            }
            (Fix::Value(value), Spot::HeaderValue(name)) => {
                headers.insert(name.clone(), value.clone());
            }
            (Fix::Headers(missing), _) => headers.extend(missing.iter().cloned()),
            (Fix::Template(replacements), Spot::Template(media_type)) => {
                if let Some(text) = templates.get_mut(media_type) {
                    *text = replaced(text, replacements);
                }
            }
            (Fix::Name(_) | Fix::Value(_) | Fix::Template(_), _) => {}
        }
    }
}
