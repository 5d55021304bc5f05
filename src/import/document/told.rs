//! Errors and warnings about a document, in the order of its lines.

use crate::import::parsed::{Lines, Path, below};
use crate::model::openapi::GATEWAY_RESPONSES;

/// Where something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub path: Path,
    /// The resource of a template.
    pub resource: Option<String>,
}

impl Place {
    #[must_use]
    pub fn of_resource(logical_id: &str) -> Self {
        Self { path: below(&[], &["Resources", logical_id]), resource: Some(logical_id.to_owned()) }
    }

    #[must_use]
    pub fn below(&self, keys: &[&str]) -> Self {
        Self { path: below(&self.path, keys), resource: self.resource.clone() }
    }
}

pub struct Told<'a> {
    lines: &'a Lines,
    /// Errors.
    errors: Vec<Said>,
    /// What CloudFormation fills in.
    open: Vec<Said>,
    /// Definitions that the document only names.
    elsewhere: Vec<Elsewhere>,
    warnings: Vec<String>,
}

/// A sentence with its line; those that have none come first.
type Said = (Option<usize>, String);

/// The definition of an API, in another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// What it is the definition of.
    pub whose: String,
    /// Where it is, as the document says.
    pub location: String,
}

impl Elsewhere {
    fn sentence(&self) -> String {
        format!("the definition of `{}` is in {}", self.whose, self.location)
    }

    /// The command that reads it; a name that a shell would not take as it is, is left out.
    fn command(&self) -> String {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/' | b'_' | b'-');
        let is_file = !self.location.is_empty()
            && !self.location.starts_with('-')
            && self.location.bytes().all(is_plain);
        let file = if is_file { &self.location } else { "FILE" };
        format!("`gwr import --from-openapi {file}`")
    }
}

impl<'a> Told<'a> {
    #[must_use]
    pub fn new(lines: &'a Lines, warnings: Vec<String>) -> Self {
        Self { lines, errors: Vec::new(), open: Vec::new(), elsewhere: Vec::new(), warnings }
    }

    pub fn error(&mut self, place: &Place, text: &str) {
        let said = self.said(place, text);
        self.errors.push(said);
    }

    /// CloudFormation fills this in when it deploys.
    pub fn open(&mut self, place: &Place, text: &str) {
        let said = self.said(place, text);
        self.open.push(said);
    }

    pub fn elsewhere(&mut self, elsewhere: Elsewhere) {
        self.elsewhere.push(elsewhere);
    }

    pub fn warning(&mut self, text: String) {
        self.warnings.push(text);
    }

    fn said(&self, place: &Place, text: &str) -> Said {
        match (self.lines.of(&place.path), &place.resource) {
            (Some(line), _) => (Some(line), format!("line {line}: {text}")),
            (None, Some(resource)) => (None, format!("{resource}: {text}")),
            (None, None) => (None, text.to_owned()),
        }
    }

    /// The warnings, where nothing is wrong.
    ///
    /// # Errors
    /// Everything that is wrong, in words.
    pub fn end(mut self) -> Result<Vec<String>, String> {
        self.errors.sort();
        self.open.sort();
        let list = |said: Vec<Said>| -> String {
            let texts: Vec<String> = said.into_iter().map(|(_, text)| text).collect();
            format!("\n  {}", texts.join("\n  "))
        };
        let mut parts = Vec::new();
        match self.errors.len() {
            0 => {}
            1 => parts.extend(self.errors.pop().map(|(_, text)| text)),
            several => parts.push(format!("it has {several} errors:{}", list(self.errors))),
        }
        if !self.open.is_empty() {
            parts.push(format!(
                "CloudFormation fills this in when it deploys:{}\nhint: Import the deployed API \
                 instead (`gwr import --api-id ID`), or write the values into the document.",
                list(self.open)
            ));
        }
        if !parts.is_empty() {
            return Err(parts.join("\n"));
        }
        for elsewhere in &self.elsewhere {
            self.warnings.push(format!(
                "{}, which is not read; it may hold more gateway responses: {}",
                elsewhere.sentence(),
                elsewhere.command()
            ));
        }
        Ok(self.warnings)
    }

    /// The same, where the document has no gateway responses.
    #[must_use]
    pub fn nothing(mut self) -> String {
        let elsewhere = std::mem::take(&mut self.elsewhere);
        if let Err(wrong) = self.end() {
            return wrong;
        }
        let nothing = format!("it has no gateway responses (`{GATEWAY_RESPONSES}`)");
        let Some(first) = elsewhere.first() else { return nothing };
        let sentences: Vec<String> = elsewhere.iter().map(Elsewhere::sentence).collect();
        format!(
            "it has no gateway responses itself: {}\nhint: Import that file instead: {}.",
            sentences.join("; "),
            first.command()
        )
    }
}
