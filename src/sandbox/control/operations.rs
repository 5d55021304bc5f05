//! The operations of the control plane, one file for each kind of resource.

use crate::sandbox::data::state::Api;
use crate::sandbox::data::store::Store;
use crate::sandbox::quirks::Quirks;
use crate::sandbox::wire::http::{Call, Reply};

pub(crate) mod authorizers;
pub(crate) mod deployments;
pub(crate) mod exports;
pub(crate) mod gateway_responses;
pub(crate) mod imports;
pub(crate) mod integrations;
pub(crate) mod methods;
pub(crate) mod models;
pub(crate) mod resources;
pub(crate) mod rest_apis;
pub(crate) mod stages;
pub(crate) mod tags;
pub(crate) mod test_invoke;
pub(crate) mod validators;

/// What an operation may know beside its call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) quirks: &'a Quirks,
    pub(crate) region: &'a str,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    /// The deployment that the called stage served before it was moved, where
    /// this answer is to show that one.
    pub(crate) previous: Option<&'a str>,
}

impl Context<'_> {
    /// Seconds since 1970, as the wire shows times.
    pub(crate) fn seconds(&self) -> i64 {
        self.now.div_euclid(1000)
    }
}

/// How an operation is done.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// The sandbox does not have it.
    Missing,
    /// Reads one API.
    Read(fn(&Context<'_>, &Api, &Call) -> Reply),
    /// Changes one API; a failure leaves it as it was, unless it says otherwise.
    Write(fn(&Context<'_>, &mut Api, &Call) -> Reply),
    /// Concerns the account.
    Account(fn(&Context<'_>, &mut Store, &Call) -> Reply),
}
