//! Times as texts.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const LOG: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
const EXECUTION: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short] [month repr:short] [day] [hour]:[minute]:[second] UTC [year]"
);

fn text(millis: i64, format: &[BorrowedFormatItem<'_>]) -> String {
    OffsetDateTime::from_unix_timestamp(millis.div_euclid(1000))
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}

/// `2021-07-16T00:36:57Z`, as `info.version` of an export.
pub(crate) fn iso(millis: i64) -> String {
    text(millis, ISO)
}

/// `16/Jul/2021:00:36:57 +0000`, as `$context.requestTime`.
pub(crate) fn log(millis: i64) -> String {
    text(millis, LOG)
}

/// `Fri Jul 16 00:36:57 UTC 2021`, as an execution log.
pub(crate) fn execution(millis: i64) -> String {
    text(millis, EXECUTION)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_utc() {
        assert_eq!(super::iso(1_626_395_817_999), "2021-07-16T00:36:57Z");
        assert_eq!(super::log(1_626_395_817_999), "16/Jul/2021:00:36:57 +0000");
        assert_eq!(super::execution(1_626_395_817_999), "Fri Jul 16 00:36:57 UTC 2021");
    }
}
