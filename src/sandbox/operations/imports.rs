//! PutRestApi and ImportRestApi.
use super::Context;
use crate::sandbox::error::{Code, Failure};
use crate::sandbox::state::Api;
use crate::sandbox::store::Store;
use crate::sandbox::wire::{Call, Reply};

pub(crate) fn put(_: &Context<'_>, _: &mut Api, _: &Call) -> Reply {
    Err(Failure::new(Code::NotImplemented, "later"))
}

pub(crate) fn import(_: &Context<'_>, _: &mut Store, _: &Call) -> Reply {
    Err(Failure::new(Code::NotImplemented, "later"))
}
