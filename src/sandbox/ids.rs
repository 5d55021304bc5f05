//! The two ids that every answer carries.

use super::state::random_id;

/// A random UUID, as `x-amzn-RequestId`.
pub(crate) fn request_id() -> String {
    let bits = fastrand::u128(..);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        (bits >> 96) & 0xffff_ffff,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xfff,
        ((bits >> 48) & 0x3fff) | 0x8000,
        bits & 0xffff_ffff_ffff
    )
}

/// As `x-amz-apigw-id`.
pub(crate) fn extended_request_id() -> String {
    format!("{}=", random_id(15))
}
