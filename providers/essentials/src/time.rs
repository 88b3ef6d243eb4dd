//! `hashicorp/time`: times that are kept in the state.

mod functions;
mod moment;
mod offset;
mod rotating;
mod sleep;
mod static_time;

use formwork_kit::{Function, Provider};

pub(crate) fn provider() -> Provider<()> {
    Provider::new("time", ())
        .resource(offset::Offset)
        .resource(rotating::Rotating)
        .resource(sleep::Sleep)
        .resource(static_time::Static)
        .function(
            Function::new("duration_parse", &["duration"], functions::duration)
                .summary("Tells how long a duration is, in each unit."),
        )
        .function(
            Function::new("rfc3339_parse", &["timestamp"], functions::rfc3339).summary("Takes a timestamp apart."),
        )
        .function(
            Function::new("unix_timestamp_parse", &["unix_timestamp"], functions::unix)
                .summary("Takes a number of seconds since 1970 apart."),
        )
}
