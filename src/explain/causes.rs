//! What makes each type occur, and what API Gateway says then.
//!
//! Sources: "Gateway response types for API Gateway" (developer guide) for when a type
//! occurs; access logs, recorded snapshots (LocalStack's, validated on AWS) and bug
//! reports for names and messages of errors. Where nothing was seen, [`Certainty`] says so.

use crate::model::ResponseType;

/// One way in which a type comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What happened, as part of a sentence.
    pub what: &'static str,
    /// The error's own status, served while none is set.
    pub status: u16,
    /// `x-amzn-ErrorType`, which stays the same however the response is customised.
    pub error_type: &'static str,
    /// `$context.error.message`; `None` where it is `null`.
    pub message: Option<&'static str>,
    pub certainty: Certainty,
}

/// How far a cause is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Documented, or seen on AWS.
    Seen,
    /// It occurs so; the name of the error is a guess after its siblings.
    GuessedName,
    /// It occurs; which of the types answers it nobody has proven.
    OpenType,
}

const fn seen(
    what: &'static str,
    status: u16,
    error_type: &'static str,
    message: &'static str,
) -> Cause {
    Cause { what, status, error_type, message: Some(message), certainty: Certainty::Seen }
}

const fn guessed(
    what: &'static str,
    status: u16,
    error_type: &'static str,
    message: Option<&'static str>,
) -> Cause {
    Cause { what, status, error_type, message, certainty: Certainty::GuessedName }
}

const INTERNAL: &str = "InternalServerErrorException";
const INTERNAL_MESSAGE: &str = "Internal server error";

/// The 502 was recorded on AWS (`test_aws_proxy_response_payload_format_validation`, 2024),
/// the type was not: LocalStack takes `DEFAULT_5XX`.
const MALFORMED: Cause = Cause {
    what: "a Lambda function gave a proxy answer of the wrong form",
    status: 502,
    error_type: INTERNAL,
    message: Some(INTERNAL_MESSAGE),
    certainty: Certainty::OpenType,
};

/// Everything that is known to make a type occur; never empty. The first is what a
/// sample shows.
#[must_use]
pub const fn causes(response_type: ResponseType) -> &'static [Cause] {
    use ResponseType as T;
    match response_type {
        // `Message` with a capital M: curl output of users, a comment in LocalStack's code.
        T::AccessDenied => {
            &const {
                [seen(
                    "an authorizer, IAM or the resource policy denied the request",
                    403,
                    "AccessDeniedException",
                    "User is not authorized to access this resource with an explicit deny",
                )]
            }
        }
        // The name: access log of azul#8301 ("Invalid permissions on Lambda function").
        T::ApiConfigurationError => {
            &const {
                [
                    seen(
                        "API Gateway has no permission to invoke the Lambda function",
                        500,
                        INTERNAL,
                        INTERNAL_MESSAGE,
                    ),
                    seen(
                        "the integration's address is invalid, no integration response matches, or a \
                     binary body is no base64",
                        500,
                        INTERNAL,
                        INTERNAL_MESSAGE,
                    ),
                    MALFORMED,
                ]
            }
        }
        // `{"message":null}`: bug reports.
        T::AuthorizerConfigurationError => {
            &const {
                [Cause {
                    what: "the authorizer failed: its Lambda function could not be invoked, raised an \
                       error, or gave an answer of the wrong form",
                    status: 500,
                    error_type: "AuthorizerConfigurationException",
                    message: None,
                    certainty: Certainty::Seen,
                }]
            }
        }
        T::AuthorizerFailure => {
            &const {
                [guessed(
                    "the authorizer failed to authenticate the caller",
                    500,
                    "AuthorizerFailureException",
                    None,
                )]
            }
        }
        T::BadRequestBody => {
            &const {
                [seen(
                    "the body does not fit the method's model, and a request validator checks it",
                    400,
                    "BadRequestException",
                    "Invalid request body",
                )]
            }
        }
        T::BadRequestParameters => {
            &const {
                [seen(
                    "a required parameter is missing, and a request validator checks it",
                    400,
                    "BadRequestException",
                    "Missing required request parameters: [q]",
                )]
            }
        }
        // Access logs of azul#7470: `DEFAULT_4XX 400`, and the 403 with this message.
        T::Default4xx => {
            &const {
                [
                    guessed(
                        "an error of the client that has no type of its own",
                        400,
                        "BadRequestException",
                        Some("Bad Request"),
                    ),
                    seen(
                        "the Authorization header is not a valid SigV4 header, and the path \
                         does not exist or the method requires a signed request",
                        403,
                        "IncompleteSignatureException",
                        "Invalid key=value pair (missing equal-sign) in Authorization header",
                    ),
                ]
            }
        }
        T::Default5xx => {
            &const {
                [
                    guessed(
                        "an error of the gateway that has no type of its own",
                        500,
                        INTERNAL,
                        Some(INTERNAL_MESSAGE),
                    ),
                    MALFORMED,
                ]
            }
        }
        T::ExpiredToken => {
            &const {
                [guessed(
                    "the session token of a signed request has expired",
                    403,
                    "ExpiredTokenException",
                    Some("The security token included in the request is expired"),
                )]
            }
        }
        // 500: recorded on AWS (localstack#11183), and the Lambda guide: "API Gateway
        // returns 500" where Lambda rejects the invocation, 502 where the function fails;
        // 502: access logs of azul#7470; 504 with its message: bug reports.
        T::IntegrationFailure => {
            &const {
                [
                    seen(
                        "Lambda refused the invocation: the function is throttled, or the integration's \
                     method is not POST",
                        500,
                        INTERNAL,
                        INTERNAL_MESSAGE,
                    ),
                    seen(
                        "the Lambda function failed: it raised an error, or its answer is too large",
                        502,
                        INTERNAL,
                        INTERNAL_MESSAGE,
                    ),
                    seen(
                        "the endpoint of an HTTP integration could not be reached",
                        504,
                        INTERNAL,
                        "Network error communicating with endpoint",
                    ),
                    MALFORMED,
                ]
            }
        }
        T::IntegrationTimeout => {
            &const {
                [seen(
                    "the integration took longer than its timeout",
                    504,
                    INTERNAL,
                    "Endpoint request timed out",
                )]
            }
        }
        T::InvalidApiKey => {
            &const {
                [seen(
                    "the method requires an API key, and the request has none or an unknown one",
                    403,
                    "ForbiddenException",
                    "Forbidden",
                )]
            }
        }
        T::InvalidSignature => {
            &const {
                [guessed(
                    "the signature of a signed request is wrong, or its date is",
                    403,
                    "InvalidSignatureException",
                    Some(
                        "The request signature we calculated does not match the signature you provided.",
                    ),
                )]
            }
        }
        // Recorded on AWS (`test_routing_not_found`, 2024).
        T::MissingAuthenticationToken => {
            &const {
                [
                    seen(
                        "nothing serves this path with this method: most often a wrong URL",
                        403,
                        "MissingAuthenticationTokenException",
                        "Missing Authentication Token",
                    ),
                    seen(
                        "the method requires a signed request, and the request is not signed",
                        403,
                        "MissingAuthenticationTokenException",
                        "Missing Authentication Token",
                    ),
                ]
            }
        }
        T::QuotaExceeded => {
            &const {
                [seen(
                    "the quota of the API key's usage plan is used up",
                    429,
                    "LimitExceededException",
                    "Limit Exceeded",
                )]
            }
        }
        T::RequestTooLarge => {
            &const {
                [guessed(
                    "the body is above 10 MB, or the headers are too large",
                    413,
                    "RequestTooLargeException",
                    Some("Request Too Long"),
                )]
            }
        }
        T::ResourceNotFound => {
            &const {
                [guessed(
                    "nothing serves this path, and the request passed authentication",
                    404,
                    "ResourceNotFoundException",
                    Some("Resource not found"),
                )]
            }
        }
        // Measured on AWS (ministack#1746).
        T::Throttled => {
            &const {
                [seen(
                    "there are more requests than the usage plan, method, stage or account allows",
                    429,
                    "TooManyRequestsException",
                    "Too Many Requests",
                )]
            }
        }
        T::Unauthorized => {
            &const {
                [seen(
                    "the authorizer's token is missing, or was rejected",
                    401,
                    "UnauthorizedException",
                    "Unauthorized",
                )]
            }
        }
        T::UnsupportedMediaType => {
            &const {
                [seen(
                    "the body's media type has no mapping template, and passthrough is off",
                    415,
                    "BadRequestException",
                    "Unsupported Media Type",
                )]
            }
        }
        T::WafFiltered => {
            &const { [seen("AWS WAF blocked the request", 403, "ForbiddenException", "Forbidden")] }
        }
    }
}

/// An answer that clients get and that no gateway response is: none of what the file
/// says has anything to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub what: &'static str,
    pub status: ElsewhereStatus,
    /// Where API Gateway itself names the error.
    pub error_type: Option<&'static str>,
    /// By what it is told apart.
    pub tell: &'static str,
}

/// The status of an answer that is no gateway response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElsewhereStatus {
    Any,
    Only(u16),
    /// There is no HTTP answer at all.
    NoAnswer,
}

/// All that are known. The 403s: bug reports, and recorded on AWS for a missing stage; 414:
/// "Amazon API Gateway quotas".
pub const ELSEWHERE: [Elsewhere; 8] = [
    Elsewhere {
        what: "the integration's own answer, which a proxy integration passes on",
        status: ElsewhereStatus::Any,
        error_type: None,
        tell: "no x-amzn-ErrorType header, unless the backend sends one, and the backend's body",
    },
    Elsewhere {
        what: "a missing stage: the URL names a stage that does not exist",
        status: ElsewhereStatus::Only(403),
        error_type: Some("ForbiddenException"),
        tell: "{\"message\":\"Forbidden\"}, even if INVALID_API_KEY and WAF_FILTERED are customised",
    },
    Elsewhere {
        what: "a custom domain without a mapping for this base path",
        status: ElsewhereStatus::Only(403),
        error_type: Some("ForbiddenException"),
        tell: "{\"message\":\"Forbidden\"}, on the custom domain only",
    },
    Elsewhere {
        what: "the API's own endpoint, while `disableExecuteApiEndpoint` is set",
        status: ElsewhereStatus::Only(403),
        error_type: Some("ForbiddenException"),
        tell: "{\"message\":\"Forbidden\"}, not on the custom domain",
    },
    Elsewhere {
        what: "a custom response of AWS WAF",
        status: ElsewhereStatus::Any,
        error_type: None,
        tell: "it takes precedence over WAF_FILTERED and DEFAULT_4XX; the rule's body",
    },
    Elsewhere {
        what: "CloudFront, of an edge endpoint or your own, when it has no answer of the API",
        status: ElsewhereStatus::Any,
        error_type: None,
        tell: "an HTML body, `Server: CloudFront`",
    },
    Elsewhere {
        what: "a URI that is too long for an API with a resource policy",
        status: ElsewhereStatus::Only(414),
        error_type: None,
        tell: "the length of the URI",
    },
    Elsewhere {
        what: "TLS or DNS: a wrong host name or API id, no common protocol, no client certificate",
        status: ElsewhereStatus::NoAnswer,
        error_type: None,
        tell: "the connection fails, and there is no status at all",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::effective::own_status;

    #[test]
    fn every_type_has_a_cause_with_its_own_status() {
        for response_type in ResponseType::ALL {
            let first = causes(response_type).first().expect("a cause");
            if let Some(status) = own_status(response_type) {
                assert_eq!(first.status, status.get(), "{response_type}");
            }
        }
    }
}
