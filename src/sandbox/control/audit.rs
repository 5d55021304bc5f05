//! What `GET /_sandbox/calls` tells.

use std::collections::VecDeque;

use serde::Serialize;

/// How many calls are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 200_000;

/// A call that has been answered, or whose connection is gone.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) n: u64,
    /// When it came in: seconds since 1970.
    pub(crate) at: f64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operation: Option<&'static str>,
    /// What was sent; 0 where nothing was.
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<&'static str>,
}

/// All calls, in the order in which they were answered.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    count: u64,
    rows: VecDeque<Row>,
}

impl Audit {
    /// Adds a row; its number is given here.
    pub(crate) fn add(&mut self, mut row: Row) {
        self.count += 1;
        row.n = self.count;
        self.rows.push_back(row);
        if self.rows.len() > REMEMBERED {
            self.rows.pop_front();
        }
    }

    pub(crate) fn rows(&self) -> &VecDeque<Row> {
        &self.rows
    }
}
