//! The report as OpenMetrics text, for whoever watches it.

use std::fmt::Write as _;

use crate::drift::{ApiDrift, ApiStatus, Report, StageDrift};
use crate::read::Look;

const LAST_SUCCESS: &str = "gwr_drift_last_success_timestamp_seconds";

/// Renders the report; `now` in Unix seconds, `before` the metrics of the run before.
///
/// A stage that was not looked at, or of which nobody can tell, is not said to be behind or
/// not, and has an age only where its deployment was read: what is not known is absent, never
/// zero. A run that did not read and tell everything keeps the time of the last one that did.
#[must_use]
pub fn metrics(report: &Report, look: Look, now: i64, before: &str) -> String {
    let mut out = String::new();
    let apis = |value: fn(&ApiDrift) -> Option<i64>| {
        report.apis.iter().filter_map(move |api| Some((labels(api, None), value(api)?))).collect()
    };
    let stages = |value: &dyn Fn(&StageDrift) -> Option<i64>| -> Vec<(String, i64)> {
        report
            .apis
            .iter()
            .filter_map(|api| Some((api, api.found.as_ref().ok()?)))
            .flat_map(|(api, found)| found.stages.iter().map(move |stage| (api, stage)))
            .filter_map(|(api, stage)| Some((labels(api, Some(stage)), value(stage)?)))
            .collect()
    };
    write_gauge(
        &mut out,
        "gwr_drifted_types",
        "Managed response types whose configuration differs from the file.",
        apis(|api| count(api.found.as_ref().ok()?.drifted().count())),
    );
    write_gauge(
        &mut out,
        "gwr_api_unknown",
        "1 if the API could not be read, or it is unknown what one of its stages serves.",
        apis(|api| Some(i64::from(api.status() == ApiStatus::Unknown || api.has_unknown_stage()))),
    );
    write_gauge(
        &mut out,
        "gwr_stage_behind",
        "1 if the stage still serves a different response than configured for a managed type.",
        stages(&|stage| stage.is_told().then(|| i64::from(stage.is_behind()))),
    );
    write_gauge(
        &mut out,
        "gwr_stage_unknown",
        "1 if it is unknown what the stage serves.",
        stages(&|stage| Some(i64::from(stage.is_unknown()))),
    );
    write_gauge(
        &mut out,
        "gwr_stage_deployment_age_seconds",
        "Age of the deployment that the stage serves, where it was read.",
        stages(&|stage| Some(now.saturating_sub(stage.deployed_at?).max(0))),
    );
    write_gauge(
        &mut out,
        "gwr_drift_last_run_timestamp_seconds",
        "When drift was last checked.",
        vec![(String::new(), now)],
    );
    let is_known = !report.is_incomplete() && look == Look::AtStages;
    let success = if is_known { Some(now) } else { last_success(before) };
    write_gauge(
        &mut out,
        LAST_SUCCESS,
        "When the last drift check could read everything, stages included.",
        success.map(|at| (String::new(), at)).into_iter().collect(),
    );
    out.push_str("# EOF\n");
    out
}

fn last_success(metrics: &str) -> Option<i64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(LAST_SUCCESS))?;
    line.trim().parse().ok()
}

impl ApiDrift {
    fn has_unknown_stage(&self) -> bool {
        self.found.as_ref().is_ok_and(|found| found.stages.iter().any(StageDrift::is_unknown))
    }
}

fn count(number: usize) -> Option<i64> {
    i64::try_from(number).ok()
}

fn write_gauge(out: &mut String, name: &str, help: &str, samples: Vec<(String, i64)>) {
    let _ = writeln!(out, "# TYPE {name} gauge");
    if name.ends_with("_seconds") {
        let _ = writeln!(out, "# UNIT {name} seconds");
    }
    let _ = writeln!(out, "# HELP {name} {help}");
    for (labels, value) in samples {
        let _ = writeln!(out, "{name}{labels} {value}");
    }
}

fn labels(api: &ApiDrift, stage: Option<&StageDrift>) -> String {
    let target = &api.target;
    let mut labels = format!(
        "api=\"{}\",rest_api_id=\"{}\",account=\"{}\",region=\"{}\"",
        escaped(&target.key),
        escaped(&target.rest_api_id),
        escaped(&target.account),
        escaped(&target.region),
    );
    if let Some(stage) = stage {
        let _ = write!(labels, ",stage=\"{}\"", escaped(&stage.name));
    }
    format!("{{{labels}}}")
}

/// A label's value as OpenMetrics escapes it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
