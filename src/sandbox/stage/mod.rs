//! What stages answer: routing, integrations, gateway responses; and the page for people.

pub mod execution_log;
pub mod gateway_error;
pub mod invoke;
pub mod mapping;
pub mod mock;
pub mod page;
pub mod render;
pub mod routing;
pub mod scene;
pub mod settled;
