//! What the control plane hides of an answer, in sentences.

use super::Truth;
use crate::model::{Headers, ResponseType};
use crate::plan::Management;
use crate::state::effective::{Effective, Source, State, StatusEvidence, effective};

/// Everything worth knowing of a type's answer in a state.
pub(super) fn notes(of: Truth, response_type: ResponseType, state: &State) -> Vec<String> {
    let answer = effective(response_type, state);
    let mut notes = Vec::new();
    if response_type == ResponseType::IntegrationFailure {
        notes.push(integration_failure(of, &answer, state));
    }
    notes.extend(about_type(response_type, &answer, state));
    notes.extend(own_entry(response_type, &answer, state));
    if let Some(status) = answer.family_status {
        notes.push(format!(
            "its status may be unset, and {family} sets {status}: AWS shows the type's own, and \
             which of the two a stage serves was never measured; a `status` in the file decides it, once \
             it is written (`gwr apply --rewrite {response_type}`)",
            family = response_type.family().default_type(),
        ));
    }
    if answer.templates.len() > 1 && answer.source != Source::Builtin {
        notes.push(
            "it has several templates: the request's Accept header chooses, as is documented for \
             integration responses; which one is served where none fits is not"
                .to_owned(),
        );
    }
    notes
}

/// Recorded on AWS (localstack#11183) and in the field (azul#7470): without an explicit
/// status the error's own is served, whatever the control plane shows.
fn integration_failure(of: Truth, answer: &Effective, state: &State) -> String {
    const TYPE: ResponseType = ResponseType::IntegrationFailure;
    let whose = match answer.source {
        Source::FamilyDefault(family) => format!(", which {family} sets,"),
        Source::Own | Source::Builtin => String::new(),
    };
    match (answer.status, state.status_evidence(TYPE)) {
        (Some(status), _) => format!(
            "an explicit status replaces 500, 502 and 504 with one code: with {status}{whose}, \
             clients cannot tell a refused invocation, a failed function and an unreachable \
             endpoint apart"
        ),
        (None, Some(StatusEvidence::Unknown)) => format!(
            "AWS shows 504 whether it is set or not, and it is unknown whether it is set in \
             what is {}: set, clients get 504 for every cause; unset, 500, 502 or 504 depending \
             on the cause",
            of.as_str()
        ),
        (None, _) => "no status is set: a stage answers 500, 502 or 504 by what failed, although \
                      the control plane shows 504"
            .to_owned(),
    }
}

fn about_type(response_type: ResponseType, answer: &Effective, state: &State) -> Option<String> {
    use ResponseType as T;
    let text = match response_type {
        // Seen in curl output, and noted in LocalStack's code.
        T::AccessDenied if answer.source == Source::Builtin => {
            "the built-in body has `Message` with a capital M, although the control plane shows a \
             template with `message`: to customise it to what is shown changes it"
        }
        // Important notes: "Customizing the default gateway response for 413
        // REQUEST_TOO_LARGE isn't currently supported."
        T::RequestTooLarge if state.own(response_type).is_some() => {
            "AWS accepts a customisation of it and ignores it: clients get the built-in answer"
        }
        T::RequestTooLarge => {
            "it cannot be customised: AWS accepts a customisation and ignores it, and ignores DEFAULT_4XX too"
        }
        // "AWS WAF custom responses take precedence over custom gateway responses"
        // (developer guide, in the rows of both types).
        T::WafFiltered => {
            "where a rule of AWS WAF has a custom response of its own, that one wins, and clients \
             never see this"
        }
        // Access logs of azul#7470.
        T::Default4xx => {
            "it answers for every 4XX type without an entry of its own, and by itself for errors that \
             have no type, with various statuses (400 and 403 were observed); a custom response of AWS \
             WAF wins over it"
        }
        T::Default5xx => {
            "it answers for every 5XX type without an entry of its own, and presumably for errors that \
             have no type, with various statuses"
        }
        // 502 recorded on AWS, the type was not.
        T::ApiConfigurationError => {
            "a malformed answer of a Lambda function is a 502, and it is not verified on AWS \
             which type that is: this one, INTEGRATION_FAILURE or DEFAULT_5XX"
        }
        T::ResourceNotFound => {
            "a wrong URL without credentials is not this but MISSING_AUTHENTICATION_TOKEN"
        }
        T::MissingAuthenticationToken => {
            "this is what a wrong URL or method gets, whatever the name says"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Recorded on AWS (`test_gateway_response_put`) and measured (ministack#1756): a
/// customised type inherits nothing.
fn own_entry(response_type: ResponseType, answer: &Effective, state: &State) -> Option<String> {
    let family = response_type.family().default_type();
    let inherited = state.own(family)?;
    if answer.source != Source::Own || response_type == family {
        return None;
    }
    let missing = missing(&inherited.headers, &answer.headers);
    if missing.is_empty() {
        return None;
    }
    let cors = missing.iter().any(|name| name.to_ascii_lowercase().starts_with("access-control-"));
    let consequence = if cors {
        "; cross-origin requests fail with a network error instead of showing the answer"
    } else {
        ""
    };
    Some(format!(
        "it has an entry of its own and inherits nothing from {family}, which has {}{consequence}",
        missing.join(", ")
    ))
}

fn missing(theirs: &Headers, own: &Headers) -> Vec<String> {
    theirs
        .keys()
        .filter(|name| !own.keys().any(|known| known.same_as(name)))
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// How the file stands to a type, where what is configured was read.
pub(super) fn standing(management: Management) -> Option<String> {
    match management {
        Management::Managed => None,
        Management::Unmanaged => {
            Some("unmanaged: the file does not name it, so it stays as configured".to_owned())
        }
        Management::Ignored => {
            Some("ignored: an `ignore` entry leaves it as configured".to_owned())
        }
    }
}

/// How the file stands to a type that it leaves alone, where nothing was read.
pub(super) fn unread(management: Management) -> String {
    let why = match management {
        Management::Ignored => "ignored: an `ignore` entry leaves it as configured",
        Management::Unmanaged | Management::Managed => {
            "unmanaged: the file does not name it, so it stays as configured"
        }
    };
    format!("{why}, which was not read; shown as it is if nothing customises it")
}

/// A type at its default follows a family default that was not read.
pub(super) fn unread_family(family: ResponseType) -> String {
    format!(
        "it follows {family}, which the file does not name and which was not read; shown as it \
         is if nothing customises {family}"
    )
}
