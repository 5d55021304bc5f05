//! gwr: a declarative reconciler for the gateway responses of Amazon API Gateway REST APIs.
#![forbid(unsafe_code)]

pub mod model;

pub mod config;
pub mod desired;

pub mod aws;
pub mod observed;
pub mod read;

pub mod diff;
pub mod digest;
pub mod effective;
pub mod journal;
pub mod plan;

pub mod apply;
pub mod deploy;
pub mod execute;
pub mod probe;
pub mod review;
pub mod verify;

pub mod cli;
pub mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
