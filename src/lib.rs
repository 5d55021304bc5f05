//! gwr: a declarative reconciler for the gateway responses of Amazon API Gateway REST APIs.
#![forbid(unsafe_code)]

pub mod aws;
pub mod desired;
pub mod model;
pub mod observed;
