//! A least-privilege IAM policy for a file and a verb.
//!
//! Two steps: which calls a verb makes on an API (`calls`), and those calls as a policy
//! (`document`). The list of calls is written down here a second time, beside the code
//! that makes them; tests run every verb against a server that enforces the policy, and
//! show that with any one permission less it fails.

mod calls;
mod document;
mod grantee;
mod notes;
mod split;
#[cfg(test)]
mod tests;

pub use document::Document;
pub use grantee::{Grantee, Verb, Where};
pub use notes::notes;
pub use split::{Part, split};
