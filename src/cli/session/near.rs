//! Near names, where one that was asked for selects nothing.

use anyhow::anyhow;

use super::connect::Session;
use crate::diagnostic::nearest::nearest;
use crate::state::desired::{DesiredApi, Matching};

/// What the file itself calls an API: by its key, and by its name where it has one there.
pub fn names(api: &DesiredApi) -> impl Iterator<Item = &str> {
    let name = match &api.matching {
        Matching::Name(name) => Some(name.as_str()),
        Matching::Id(_) | Matching::Tags(_) => None,
    };
    std::iter::once(api.key.as_str()).chain(name)
}

/// The name that was probably meant by one of those that found nothing, as a question.
pub fn did_you_mean(written: &[String], known: &[impl AsRef<str>]) -> String {
    let near_name = |text: &String| nearest(text, known.iter().map(AsRef::as_ref));
    let near = written.iter().find_map(near_name);
    near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default()
}

/// What to say where no live API that the file matches has a name that was asked for.
#[must_use]
pub fn nothing_named<G>(session: &Session<G>) -> anyhow::Error {
    let patterns = session.entries.first().map(|entry| entry.names.iter());
    let asked: Vec<String> =
        patterns.into_iter().flatten().map(|name| name.as_str().to_owned()).collect();
    let near = did_you_mean(&asked, &session.names);
    anyhow!(
        "--api {} selects no API: none that the file matches has this key or name{near}",
        asked.join(" --api ")
    )
}
