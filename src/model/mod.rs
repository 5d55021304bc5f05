//! What a gateway response is: parse, don't validate.
//!
//! Values of these types are right by construction, so that comparing, planning
//! and rendering need no second look. Nothing here reads, sends or prints.

pub mod openapi;
pub mod region;
pub mod visible;

mod header;
mod patch;
pub mod response;
mod response_type;
mod status;

pub use header::{
    HEADER_PREFIX, HeaderName, HeaderValue, InvalidHeaderName, REQUEST_PARTS, is_mapping,
    is_parameter_name,
};
pub use patch::{PatchOp, PatchOperation, STATUS_PATH, header_path, template_path};
pub use response::{Customization, GatewayResponse, Headers, Live, Templates, builtin_templates};
pub use response_type::{Family, ResponseType};
pub use status::StatusCode;
