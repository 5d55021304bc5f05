//! The page at `/`: APIs, stages, and for each type what is configured and served.

use std::fmt::Write as _;

use super::engine::Engine;
use super::settled::{Responses, Settled, Source, settle};
use super::state::Api;
use super::wire::Answer;
use crate::model::ResponseType;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;\
padding:0 1rem;color:#1b1f24;background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d0d7de}\
code,pre{font:13px/1.4 ui-monospace,monospace;white-space:pre-wrap;word-break:break-word;margin:0}\
.own{font-weight:600}.other{color:#57606a}.differs td{background:#fff8e5}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}\
.other{color:#8b949e}.differs td{background:#2d2a1a}}";

pub(crate) fn answer(engine: &Engine) -> Answer {
    let mut body = String::new();
    for api in engine.store.apis() {
        section(&mut body, api);
    }
    if body.is_empty() {
        body.push_str("<p>There is no API yet. Make one with <code>aws --endpoint-url … apigateway create-rest-api --name orders</code>.</p>");
    }
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>gwr sandbox</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\
         <h1>gwr sandbox</h1><p>An embedded API Gateway. It has no authentication.</p>{body}</body></html>"
    );
    Answer::text(200, "text/html; charset=utf-8", page)
        .header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
}

fn section(body: &mut String, api: &Api) {
    let name = escape(&api.config.name);
    let id = escape(&api.id);
    let _ = write!(body, "<h2>{name} <code class=\"other\">{id}</code></h2>");
    let mut heads = String::new();
    for stage in api.stages.keys() {
        let _ = write!(heads, "<th>served by {}</th>", escape(stage));
    }
    let _ = write!(
        body,
        "<table><thead><tr><th>type</th><th>configured</th>{heads}</tr></thead><tbody>"
    );
    for of in ResponseType::ALL {
        let configured = settle(&api.config.gateway_responses, of);
        let served: Vec<(&String, Option<&Responses>)> = api
            .stages
            .iter()
            .map(|(name, stage)| {
                let deployment = api.deployments.get(&stage.deployment_id);
                (name, deployment.map(|deployment| &deployment.snapshot.gateway_responses))
            })
            .collect();
        let differs = served
            .iter()
            .filter_map(|(_, responses)| *responses)
            .any(|responses| settle(responses, of) != configured);
        let class = if differs { " class=\"differs\"" } else { "" };
        let _ = write!(body, "<tr{class}><td><code>{of}</code></td><td>{}</td>", cell(&configured));
        for (stage, responses) in served {
            let shown =
                responses.map_or_else(String::new, |responses| cell(&settle(responses, of)));
            let _ = write!(
                body,
                "<td>{shown}<a href=\"/_aws/execute-api/{id}/{}/?gwr-error={of}\">try</a></td>",
                escape(stage)
            );
        }
        body.push_str("</tr>");
    }
    body.push_str("</tbody></table>");
}

fn cell(settled: &Settled) -> String {
    let Settled { source, status, parameters, templates } = settled;
    let (class, from) = match source {
        Source::Own => ("own", "customised".to_owned()),
        Source::Family(of) => ("other", format!("from {of}")),
        Source::Builtin => return "<span class=\"other\">default</span> ".to_owned(),
    };
    let status = status.as_deref().map_or_else(|| "own status".to_owned(), escape);
    let mut text = format!("<span class=\"{class}\">{status}, {from}</span>");
    for (name, value) in parameters {
        let name = name.trim_start_matches("gatewayresponse.header.");
        let _ = write!(text, "<pre>{}: {}</pre>", escape(name), escape(value));
    }
    for (media_type, template) in templates {
        let _ = write!(text, "<pre>{}: {}</pre>", escape(media_type), escape(template));
    }
    text
}

/// Makes text safe in HTML, also within double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
