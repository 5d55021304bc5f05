//! STS GetCallerIdentity, which clients that share the endpoint call first.

use crate::sandbox::wire::http::{ACCOUNT, Answer, Request, form_pairs};

pub(crate) fn answer(request: &Request, request_id: &str) -> Answer {
    let body = String::from_utf8_lossy(request.bytes()).into_owned();
    let mut pairs = form_pairs(&body);
    pairs.extend(request.query_pairs());
    let action = pairs.iter().find(|(name, _)| name == "Action").map(|(_, value)| value.as_str());
    if action == Some("GetCallerIdentity") {
        return Answer::text(
            200,
            "text/xml",
            format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                 <GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/sandbox</Arn>\
                 <UserId>AIDASANDBOXSANDBOXSAND</UserId><Account>{ACCOUNT}</Account>\
                 </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId>\
                 </ResponseMetadata></GetCallerIdentityResponse>"
            ),
        );
    }
    let action: String = action
        .unwrap_or("without a name")
        .chars()
        .filter(|one| one.is_ascii_alphanumeric() || *one == ' ')
        .collect();
    Answer::text(
        400,
        "text/xml",
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Sender</Type><Code>InvalidAction</Code><Message>The sandbox does not have the \
             action {action}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        ),
    )
}
