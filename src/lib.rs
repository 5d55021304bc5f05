//! gwr: a declarative reconciler for the gateway responses of Amazon API Gateway REST APIs.
#![forbid(unsafe_code)]

pub mod config;
pub mod desired;
pub mod diff;
pub mod digest;
pub mod effective;
pub mod journal;
pub mod model;
pub mod observed;
pub mod plan;
