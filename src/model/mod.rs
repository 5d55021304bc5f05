//! What a gateway response is.

mod response_type;

pub use response_type::{Family, ResponseType, UnknownResponseType};
