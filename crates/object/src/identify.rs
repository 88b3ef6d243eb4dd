//! How messages name an object, and what providers say identifies it.

use formwork_diag::{Blame, Diagnostic};
use formwork_model::ResourceInstance;
use formwork_value::{Str, Value};

/// The attribute by which people know the object, and its value: `id`, else `name` (only if known and not sensitive).
pub fn object_id(value: &Value) -> Option<(Str, Str)> {
    if value.is_sensitive() {
        return None;
    }
    let text = |name: &str| {
        let attribute = value.get(name)?;
        if attribute.is_sensitive() { None } else { attribute.as_str().filter(|t| !t.is_empty()) }
    };
    ["id", "name"].into_iter().find_map(|name| Some((name.into(), text(name)?.into())))
}

/// What is wrong with an identity that a provider has given: it must be known, unless the object is yet to be made (fact
/// sheet 9.4).
pub fn identity_problem(
    identity: Option<&Value>,
    is_to_be_made: bool,
    provider: &str,
    address: &ResourceInstance,
) -> Option<Diagnostic> {
    let unknown = identity.is_some_and(|identity| !identity.is_wholly_known());
    (unknown && !is_to_be_made).then(|| {
        let detail = format!(
            "The provider {provider} gave an identity of {address} that is not known in full, although the object \
             exists. This is a bug in the provider, which should be reported in the provider's own issue tracker."
        );
        Diagnostic::error("Provider produced invalid identity", detail).blame(Blame::Provider).address(address)
    })
}
