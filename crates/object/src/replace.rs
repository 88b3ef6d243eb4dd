//! Which of the paths that demand a replacement really do.

use crate::is_write_only;
use formwork_diag::{Blame, Diagnostic};
use formwork_model::Block;
use formwork_value::{Path, Type, Value, equals};

/// Keeps the paths whose value differs between prior and planned object, or may differ (fact sheet 8.4). A path that
/// exists in neither is the provider's mistake.
pub fn filter_replace(
    schema: &Block,
    prior: &Value,
    planned: &Value,
    paths: &[Path],
) -> Result<Vec<Path>, Box<Diagnostic>> {
    let mut kept: Vec<Path> = Vec::new();
    if prior.is_null() {
        return Ok(kept);
    }
    for path in paths {
        if kept.contains(path) {
            continue;
        }
        let needed = match (prior.at_path(path), planned.at_path(path)) {
            (Ok(before), Ok(after)) => is_write_only(schema, path) || differ(&before, &after),
            (Ok(before), Err(_)) => differ(&before, &Value::null(Type::Dynamic)),
            (Err(_), Ok(after)) => differ(&Value::null(Type::Dynamic), &after),
            (Err(_), Err(_)) => {
                return Err(Box::new(
                    Diagnostic::error(
                        "Provider produced invalid plan",
                        format!("The provider has indicated \"requires replacement\" for a path that does not exist: {path}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."),
                    )
                    .blame(Blame::Provider),
                ));
            }
        };
        if needed {
            kept.push(path.clone());
        }
    }
    Ok(kept)
}

fn differ(before: &Value, after: &Value) -> bool {
    equals(before, after).as_bool() != Some(true)
}
