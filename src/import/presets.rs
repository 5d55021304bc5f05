//! Where APIs agree: presets.
//!
//! Two APIs agree on a type where a file would say the same of it. Types on which the same
//! APIs agree become one preset, so that no type of an API is in two presets: their order
//! means nothing, and each API is merged from its parts without loss.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Customization, ResponseType};

use super::inventory::Imported;
use super::keys::{name_apart, slug};

/// Response types that several APIs share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    pub name: String,
    /// The keys of the APIs that use it.
    pub apis: BTreeSet<String>,
    pub responses: BTreeMap<ResponseType, Customization>,
}

/// The presets of some APIs, the most shared first.
pub fn presets(apis: &[Imported]) -> Vec<Preset> {
    let mut agreement: BTreeMap<(ResponseType, &Customization), BTreeSet<usize>> = BTreeMap::new();
    for (number, api) in apis.iter().enumerate() {
        for (response_type, written) in &api.responses {
            agreement.entry((*response_type, written)).or_default().insert(number);
        }
    }
    let mut groups: BTreeMap<BTreeSet<usize>, BTreeMap<ResponseType, Customization>> =
        BTreeMap::new();
    for ((response_type, written), users) in agreement {
        if users.len() > 1 {
            groups.entry(users).or_default().insert(response_type, written.clone());
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then(one.cmp(other)));
    let wanted: Vec<String> = groups.iter().map(|(_, responses)| name(responses)).collect();
    let names: Vec<(&str, &str)> = wanted.iter().map(|name| (name.as_str(), "")).collect();
    groups
        .into_iter()
        .zip(name_apart(&names))
        .map(|((users, responses), name)| Preset {
            name,
            apis: users.into_iter().map(|number| apis[number].key.clone()).collect(),
            responses,
        })
        .collect()
}

/// What a person might call it.
fn name(responses: &BTreeMap<ResponseType, Customization>) -> String {
    let has_cors = |written: &Customization| {
        written.headers.keys().any(|name| name.lower() == "access-control-allow-origin")
    };
    let mut types = responses.keys();
    match (types.next(), types.next()) {
        _ if responses.values().all(has_cors) => "cors".to_owned(),
        (Some(only), None) => slug(&only.as_str().replace('_', "-")),
        _ if responses.keys().all(|t| t.is_family_default()) => "defaults".to_owned(),
        _ => "shared".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Stages;
    use crate::model::{HeaderName, HeaderValue, StatusCode};
    use crate::state::desired::Matching;

    fn api(key: &str, responses: &[(ResponseType, &Customization)]) -> Imported {
        Imported {
            key: key.to_owned(),
            matching: Matching::Id(key.to_owned()),
            remark: String::new(),
            stages: Stages::Unknown,
            responses: responses.iter().map(|(t, written)| (*t, (*written).clone())).collect(),
            notes: BTreeMap::new(),
            left_alone: Vec::new(),
        }
    }

    #[test]
    fn makes_one_preset_of_what_the_same_apis_share() {
        let cors = Customization {
            headers: [(
                HeaderName::observed("Access-Control-Allow-Origin"),
                HeaderValue::literal("*"),
            )]
            .into(),
            ..Customization::default()
        };
        let teapot =
            Customization { status: StatusCode::try_from(418).ok(), ..Customization::default() };
        let bare = Customization::default();
        let (d4, d5, t) =
            (ResponseType::Default4xx, ResponseType::Default5xx, ResponseType::Throttled);
        let apis = [
            api("a", &[(d4, &cors), (d5, &cors), (t, &teapot)]),
            api("b", &[(d4, &cors), (d5, &cors), (t, &bare)]),
            api("c", &[(d4, &cors), (d5, &teapot), (t, &teapot)]),
            api("d", &[(d5, &bare)]),
        ];
        let found = presets(&apis);
        let told: Vec<String> = found
            .iter()
            .map(|Preset { name, apis, responses }| {
                let types: Vec<&str> = responses.keys().map(|t| t.as_str()).collect();
                format!("{name}: {apis:?} {types:?}")
            })
            .collect();
        assert_eq!(
            told,
            [
                r#"cors: {"a", "b", "c"} ["DEFAULT_4XX"]"#,
                r#"cors-2: {"a", "b"} ["DEFAULT_5XX"]"#,
                r#"throttled: {"a", "c"} ["THROTTLED"]"#,
            ]
        );
    }
}
