//! Attribute paths.

use crate::wire::tfplugin6::AttributePath;
use crate::wire::tfplugin6::attribute_path::Step;
use crate::wire::tfplugin6::attribute_path::step::Selector;
use formwork_value::{Path, PathStep, Str, Value};

/// Steps without a selector are left out with what follows them: they lead nowhere.
pub(crate) fn path_from(path: &AttributePath) -> Path {
    let steps = path.steps.iter().map_while(|step| {
        Some(match step.selector.as_ref()? {
            Selector::AttributeName(name) => PathStep::Attribute(Str::from(name.as_str())),
            Selector::ElementKeyString(key) => PathStep::Index(Value::string(key)),
            Selector::ElementKeyInt(index) => PathStep::Index(Value::from(*index)),
        })
    });
    Path(steps.collect())
}

/// A path into a set element cannot be expressed and ends before it.
pub(crate) fn path_to(path: &Path) -> AttributePath {
    let steps = path.0.iter().map_while(|step| {
        let selector = match step {
            PathStep::Attribute(name) => Selector::AttributeName(name.to_string()),
            PathStep::Index(key) => match (key.as_str(), key.as_number()) {
                (Some(text), _) => Selector::ElementKeyString(text.to_owned()),
                (_, Some(number)) => Selector::ElementKeyInt(number.to_i64()?),
                _ => return None,
            },
        };
        Some(Step { selector: Some(selector) })
    });
    AttributePath { steps: steps.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_there_and_back() {
        let path = Path::root().attribute("a").index(Value::from(3)).attribute("b").index(Value::from("k"));
        let wire = path_to(&path);
        assert_eq!(wire.steps.len(), 4);
        assert_eq!(path_from(&wire).to_string(), path.to_string());
    }

    #[test]
    fn a_set_element_ends_the_path() {
        let path = Path::root().attribute("a").index(Value::from(true)).attribute("b");
        assert_eq!(path_from(&path_to(&path)).to_string(), ".a");
        let empty = AttributePath { steps: vec![Step { selector: None }] };
        assert!(path_from(&empty).is_root());
    }
}
