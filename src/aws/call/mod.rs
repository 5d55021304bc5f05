//! One call to AWS: its turn in the quota, its time limits, its retries, its errors.

pub mod attempt;
pub mod bucket;
pub mod error;
pub mod failure;
pub mod http;
pub mod limits;
pub mod quota;
pub mod sent;
pub mod text;
pub mod turn;
