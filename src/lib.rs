//! gwr: a declarative reconciler for the gateway responses of Amazon API Gateway REST APIs.
#![forbid(unsafe_code)]

pub mod model;
#[cfg(feature = "sandbox")]
pub mod sandbox;
