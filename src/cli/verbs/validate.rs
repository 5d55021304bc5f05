//! `gwr validate`: the file alone, offline: what it says, and the lint rules.

use serde_json::{Value, json};

use crate::cli::args::{Common, Format, ValidateArgs};
use crate::cli::session::connect;
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::config::{self, ConfigErrors, Loaded};
use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::rule::Rule;
use crate::diagnostic::rules::RULES;
use crate::diagnostic::severity::Severity;
use crate::lint::fix::{Fixed, FixedFile, fix};
use crate::lint::report::diagnostics;
use crate::report;
use crate::report::text::count;
use crate::saved::disk;

pub fn run(common: &Common, args: &ValidateArgs, console: &Console) -> anyhow::Result<ExitStatus> {
    if args.rules {
        console.data(&rules(common, console)?);
        return Ok(ExitStatus::default());
    }
    if let Some(id) = &args.explain {
        console.data(&explained(id, common, console)?);
        return Ok(ExitStatus::default());
    }
    let fixed = if args.fix { repair(common)? } else { Fixed::default() };
    let loaded = config::load(&connect::files(common), connect::today());
    match common.output {
        Format::Json => document(loaded, &fixed, args, console),
        Format::Sarif => {
            report_repairs(&fixed, args, console);
            log(loaded, args, console)
        }
        Format::Markdown => {
            let judged = judged(loaded, args);
            let Judged { fault, diagnostics } = &judged;
            let repaired = args.fix.then(|| repairs(&fixed));
            let valid = fault.is_none();
            console.data(&report::comments::validate(valid, diagnostics, repaired, &fixed.files));
            judged.status()
        }
        Format::Text | Format::Html => {
            let loaded =
                loaded.map_err(|errors| connect::report_config_errors(&errors, console))?;
            for file in &fixed.files {
                console.data(&report::lint::difference(file, console.colour()));
            }
            report_result(&loaded, &fixed, args, console)
        }
    }
}

/// Repairs the files and writes them. Files that are not valid stay as they are: what is
/// wrong with them is told afterwards.
fn repair(common: &Common) -> anyhow::Result<Fixed> {
    let (files, today) = (connect::files(common), connect::today());
    let Ok(loaded) = config::load(&files, today) else {
        return Ok(Fixed::default());
    };
    let fixed = fix(loaded, |texts| config::load_with(&files, today, texts).ok());
    for (written, FixedFile { path, before, after }) in (0_u64..).zip(&fixed.files) {
        if let Err(error) = disk::rewrite(path, before, after) {
            let before = match written {
                0 => "nothing was changed".to_owned(),
                1 => "1 other file was repaired".to_owned(),
                several => format!("{several} other files were repaired"),
            };
            anyhow::bail!("{} was not repaired: {error}; {before}", path.display());
        }
    }
    Ok(fixed)
}

/// What a valid file has to hear, by how bad it is.
struct Findings {
    diagnostics: Vec<Diagnostic>,
    expired: usize,
}

impl Findings {
    fn new(loaded: &Loaded) -> Self {
        let Loaded { desired, warnings, expired, places } = loaded;
        let all = [warnings.clone(), expired.clone(), diagnostics(desired, places)].concat();
        Self { diagnostics: all, expired: expired.len() }
    }

    fn number(&self, severity: Severity) -> u64 {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() as u64
    }

    fn is_fine(&self, args: &ValidateArgs) -> bool {
        let is_strict_over = args.strict && self.number(Severity::Warning) > 0;
        self.expired == 0 && self.number(Severity::Error) == 0 && !is_strict_over
    }

    /// How many findings there are, by how bad they are.
    fn sum(&self) -> String {
        let found: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
            .map(|severity| (severity, self.number(severity)))
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(severity, number)| count(number, severity.as_str()))
            .collect();
        found.join(", ")
    }

    /// The command that repairs some of it, as an afterthought.
    fn next(&self, args: &ValidateArgs) -> &'static str {
        let fixable = !args.fix && self.diagnostics.iter().any(|diagnostic| diagnostic.fixable);
        if fixable { "; `gwr validate --fix` repairs what is safe" } else { "" }
    }

    /// Why the file is not accepted.
    fn fault(&self, args: &ValidateArgs) -> Option<anyhow::Error> {
        if self.expired > 0 {
            return Some(expired(self.expired));
        }
        if self.is_fine(args) {
            return None;
        }
        let rule = self
            .diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Error || args.strict)
            .find_map(|one| one.rule)
            .map(|rule| format!("; `gwr validate --explain {rule}` says why"));
        let (sum, next) = (self.sum(), self.next(args));
        Some(anyhow::anyhow!("{sum}{next}{}", rule.unwrap_or_default()))
    }
}

/// What people read: findings on stderr, the sum on stdout or as the error.
fn report_result(
    loaded: &Loaded,
    fixed: &Fixed,
    args: &ValidateArgs,
    console: &Console,
) -> anyhow::Result<ExitStatus> {
    let findings = Findings::new(loaded);
    for diagnostic in &findings.diagnostics {
        console.finding(diagnostic);
    }
    if args.fix {
        console.data(&format!("{}\n", repairs(fixed)));
    }
    if let Some(fault) = findings.fault(args) {
        return Err(fault);
    }
    let apis = loaded.desired.apis.len() as u64;
    let responses: usize = loaded.desired.apis.iter().map(|api| api.responses.len()).sum();
    let found = match findings.sum() {
        none if none.is_empty() => none,
        found => format!("; {found}{}", findings.next(args)),
    };
    console.data(&format!(
        "Valid: {} with {}{found}. `gwr plan` shows what would change.\n",
        count(apis, "API"),
        count(responses as u64, "response"),
    ));
    Ok(ExitStatus::default())
}

/// What `--fix` did, as a sentence.
fn repairs(fixed: &Fixed) -> String {
    match fixed.repaired.len() as u64 {
        0 => "Nothing was repaired.".to_owned(),
        number => format!(
            "Repaired {} in {}.",
            count(number, "finding"),
            count(fixed.files.len() as u64, "file")
        ),
    }
}

/// On stderr, where the document on stdout has no place for it.
fn report_repairs(fixed: &Fixed, args: &ValidateArgs, console: &Console) {
    if args.fix {
        console.remark(&repairs(fixed));
    }
}

/// That so many `ignore` entries are over.
fn expired(number: usize) -> anyhow::Error {
    match number {
        1 => anyhow::anyhow!(
            "1 `ignore` entry has expired and has no effect: remove it, or set a later `until`"
        ),
        several => anyhow::anyhow!(
            "{several} `ignore` entries have expired and have no effect: remove them, or set later \
              `until`s"
        ),
    }
}

/// What is said of the files where findings are data on stdout.
struct Judged {
    /// Why they are not accepted; for stderr, which has none of the findings then.
    fault: Option<anyhow::Error>,
    diagnostics: Vec<Diagnostic>,
}

impl Judged {
    fn status(self) -> anyhow::Result<ExitStatus> {
        match self.fault {
            None => Ok(ExitStatus::default()),
            Some(fault) => Err(fault),
        }
    }
}

fn judged(loaded: Result<Loaded, ConfigErrors>, args: &ValidateArgs) -> Judged {
    let (fault, diagnostics) = match loaded {
        Err(errors) => {
            let all = errors.diagnostics();
            (Some(anyhow::anyhow!("{}", count(all.len() as u64, "error"))), all.to_vec())
        }
        Ok(loaded) => {
            let findings = Findings::new(&loaded);
            (findings.fault(args), findings.diagnostics)
        }
    };
    let worst = diagnostics.iter().min_by_key(|one| match one.severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    });
    let fault = fault.map(|fault| match worst {
        Some(worst) => anyhow::anyhow!("{} ({fault})", worst.in_short()),
        None => fault,
    });
    Judged { fault, diagnostics }
}

fn document(
    loaded: Result<Loaded, ConfigErrors>,
    fixed: &Fixed,
    args: &ValidateArgs,
    console: &Console,
) -> anyhow::Result<ExitStatus> {
    let judged = judged(loaded, args);
    let all = |diagnostics: &[Diagnostic]| {
        diagnostics.iter().map(report::lint::document).collect::<Vec<_>>()
    };
    let mut document = json!({
        "format_version": 1,
        "valid": judged.fault.is_none(),
        "diagnostics": all(&judged.diagnostics),
    });
    if args.fix {
        document["fixed"] = all(&fixed.repaired).into();
    }
    console.data(&report::json::document(&document)?);
    judged.status()
}

fn log(
    loaded: Result<Loaded, ConfigErrors>,
    args: &ValidateArgs,
    console: &Console,
) -> anyhow::Result<ExitStatus> {
    let judged = judged(loaded, args);
    let log = report::sarif::log(&judged.diagnostics);
    console.data(&report::json::document(&log)?);
    judged.status()
}

/// The catalogue: a list, the page of the documentation, or data.
fn rules(common: &Common, console: &Console) -> anyhow::Result<String> {
    Ok(match common.output {
        Format::Text | Format::Html => report::lint::list(console.colour()),
        Format::Markdown => report::lint::page(),
        Format::Json => {
            let rules: Vec<Value> = RULES.into_iter().map(described).collect();
            let document = json!({ "format_version": 1, "rules": rules });
            report::json::document(&document)?
        }
        Format::Sarif => report::json::document(&report::sarif::log(&[]))?,
    })
}

fn explained(id: &str, common: &Common, console: &Console) -> anyhow::Result<String> {
    let rule = id.parse::<&Rule>().map_err(|error| {
        let near = nearest(id, RULES.into_iter().map(|rule| rule.id));
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        anyhow::anyhow!(
            "{error}{}",
            near.unwrap_or_else(|| "; `gwr validate --rules` lists them".to_owned())
        )
    })?;
    Ok(match common.output {
        Format::Json => report::json::document(&described(rule))?,
        Format::Markdown => report::lint::section(rule),
        // Not a finding, so no result either.
        Format::Sarif => report::json::document(&report::sarif::log(&[]))?,
        Format::Text | Format::Html => report::lint::explanation(rule, console.colour()),
    })
}

fn described(rule: &Rule) -> Value {
    let Rule { id, severity, title, why, example, instead, fix } = rule;
    json!({
        "id": id,
        "severity": severity.as_str(),
        "title": title,
        "why": why,
        "example": example,
        "instead": instead,
        "fix": fix,
    })
}
