//! What an import found: the input of the file that it writes.

use std::collections::BTreeMap;

use crate::model::{Customization, ResponseType};
use crate::state::desired::{Account, Matching};

/// Everything that a file is to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Where it comes from, one line of a comment each.
    pub origin: Vec<String>,
    /// The `[accounts]` table to write, with its name.
    pub account: Option<(String, Account)>,
    pub apis: Vec<Imported>,
    /// What should be here and is not, with the reason.
    pub missing: Vec<String>,
}

impl Inventory {
    /// Whether everything that should be here was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && !self.apis.iter().any(Imported::has_unread_stage)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The key of its table.
    pub key: String,
    pub matching: Matching,
    /// What stands beside `match`: the API's name, or what is to be put there.
    pub remark: String,
    pub stages: Stages,
    pub responses: BTreeMap<ResponseType, Customization>,
    /// What stands above a type.
    pub notes: BTreeMap<ResponseType, Vec<String>>,
    /// What the file does not manage although it is there, with the reason.
    pub left_alone: Vec<String>,
}

impl Imported {
    /// Whether the export of a stage could not be read.
    fn has_unread_stage(&self) -> bool {
        match &self.stages {
            Stages::Known { left_out, .. } => {
                left_out.iter().any(|left| left.cause == Cause::Unread)
            }
            Stages::Unknown => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stages {
    /// As they exist.
    Known {
        listed: Vec<String>,
        /// Those that stand in a comment.
        left_out: Vec<LeftOut>,
    },
    /// A document names none.
    Unknown,
}

/// A stage that a plan would deploy to, or could not tell anything of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub stage: String,
    /// What stands behind "because".
    pub why: String,
    pub cause: Cause,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

/// Why a stage is left out, for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was read, and a plan would deploy to it, or could not tell.
    Unsettled,
    /// Its export could not be read.
    Unread,
}
