//! What is VTL in a template, and stays in the answer as it was written.

/// The directives that name what they do to something in brackets. `#else` and `#end`
/// never stand alone, and without them `#end` may be an anchor or a colour.
const DIRECTIVES: [&str; 6] = ["set", "if", "elseif", "foreach", "macro", "parse"];

/// The members of `$input` and `$util` that mapping templates of integrations have.
const INPUT: [&str; 4] = ["body", "json", "params", "path"];
const UTIL: [&str; 8] = [
    "base64Decode",
    "base64Encode",
    "escapeJavaScript",
    "parseJson",
    "qr",
    "toJson",
    "urlDecode",
    "urlEncode",
];

/// The first thing in the template that only VTL would heed, as it is written there.
pub(crate) fn first(template: &str) -> Option<&str> {
    let candidates = template.char_indices().filter(|(_, c)| matches!(c, '#' | '$'));
    candidates.map(|(at, _)| &template[at..]).find_map(|rest| {
        let length = directive(rest).or_else(|| reference(rest))?;
        rest.get(..length)
    })
}

/// `#if(`, `#set ($x = 1)`
fn directive(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('#')?;
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let word = DIRECTIVES.into_iter().find(|word| {
        rest.strip_prefix(word).is_some_and(|rest| {
            rest.strip_prefix('}').unwrap_or(rest).trim_start_matches([' ', '\t']).starts_with('(')
        })
    })?;
    Some(1 + word.len() + (text.len() - 1 - rest.len()))
}

/// `$util.escapeJavaScript`, `$input.body`, `$!context.x`
fn reference(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('$')?;
    let bare = rest.strip_prefix('!').unwrap_or(rest);
    let is_quiet = bare.len() < rest.len();
    let inner = bare.strip_prefix('{').unwrap_or(bare);
    let name = inner
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_'))
        .next()
        .unwrap_or_default();
    let (root, rest) = name.split_once('.')?;
    let member = rest.split('.').next().unwrap_or(rest);
    let is_vtl = match root {
        "input" => INPUT.contains(&member),
        "util" => UTIL.contains(&member),
        "context" | "stageVariables" | "method" => is_quiet,
        _ => false,
    };
    is_vtl.then(|| text.len() - inner.len() + root.len() + 1 + member.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_vtl() {
        for (template, expected) in [
            ("{#if($context.x)1#end}", "#if"),
            ("#set ( $a = 1 )", "#set"),
            ("a #{foreach}($x in $y)", "#{foreach"),
            (
                "{\"m\":\"$util.escapeJavaScript($context.error.message)\"}",
                "$util.escapeJavaScript",
            ),
            ("$!{util.urlEncode('x')}", "$!{util.urlEncode"),
            ("$input.json('$')", "$input.json"),
            ("$!context.error.message", "$!context.error"),
        ] {
            assert_eq!(first(template), Some(expected), "{template}");
        }
    }

    #[test]
    fn ignores_what_only_looks_like_vtl() {
        for template in [
            "{\"message\":$context.error.messageString}",
            "<a href=\"#end\">#1</a><style>#set-top { color: #ffffff }</style>",
            "<script>$input.focus(); $util = {}; $(\"#if\").x()</script>",
            "costs $5 #else",
            "#define($a)",
        ] {
            assert_eq!(first(template), None, "{template}");
        }
    }
}
