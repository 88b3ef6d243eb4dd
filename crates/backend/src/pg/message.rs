//! What went wrong, for users.

use formwork_model::StoreError;
use std::error::Error as _;
use tokio_postgres::Error;

/// The message of the database with its details, or of the connection.
pub(super) fn describe(error: &Error) -> String {
    let Some(told) = error.as_db_error() else {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        return text;
    };
    let more = [told.detail(), told.hint()].into_iter().flatten().map(|more| format!(" {more}")).collect::<String>();
    format!("{} (SQLSTATE {}){more}", told.message(), told.code().code())
}

pub(super) fn failed(what: &str, error: &Error) -> StoreError {
    StoreError::new(format!("{what}: {}", describe(error)))
}

/// Nobody knows whether the statement had its effect: the connection is gone.
pub(super) fn is_lost(error: &Error) -> bool {
    // Sessions that are ended from outside are told so (57P01 and its neighbours).
    error.is_closed()
        || error.as_db_error().is_none()
        || error.code().is_some_and(|code| code.code().starts_with("57P"))
}
