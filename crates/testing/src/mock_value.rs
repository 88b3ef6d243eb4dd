//! Values in place of what a provider computes.

use formwork_model::{Attribute, AttributeType, Block, Entropy, Nesting};
use formwork_value::{Kind, Path, Str, Type, Value, convert};
use std::collections::BTreeMap;

/// Length of made-up strings, and their characters.
const TEXT_LENGTH: usize = 8;
const TEXT_CHARACTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// How to fill in an object.
pub(crate) struct Filling<'a> {
    /// An object with values for computed attributes; what it does not have is made up.
    pub given: &'a Value,
    /// The values are not known yet.
    pub unknown: bool,
    pub entropy: &'a dyn Entropy,
}

/// Why an attribute has no value.
#[derive(Debug)]
pub(crate) struct FillProblem {
    pub path: Path,
    /// A sentence without its end.
    pub message: String,
}

/// Which attributes of an object are filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Those that are null: when planning, and of data sources.
    Null,
    /// Those that are not known: when applying.
    Unknown,
}

impl Gap {
    fn is_gap(self, value: &Value) -> bool {
        match self {
            Gap::Null => value.is_null(),
            Gap::Unknown => !value.is_known(),
        }
    }
}

impl Filling<'_> {
    /// The object with its gaps filled in.
    pub fn fill(&self, schema: &Block, object: &Value, gap: Gap) -> (Value, Vec<FillProblem>) {
        let mut problems = Vec::new();
        let value = self.block(schema, object, Some(self.given), gap, &Path::root(), &mut problems);
        (value, problems)
    }

    fn block(
        &self,
        schema: &Block,
        object: &Value,
        given: Option<&Value>,
        gap: Gap,
        path: &Path,
        problems: &mut Vec<FillProblem>,
    ) -> Value {
        let Some(known) = object.as_mapping() else { return object.clone() };
        let mut out = self.attributes(&schema.attributes, known, given, gap, path, problems);
        for (name, nested) in &schema.blocks {
            let Some(value) = known.get(name) else { continue };
            let given = given.and_then(|given| given.get(name));
            let path = path.clone().attribute(name.clone());
            let given = self.object_given(given, value, &path, problems);
            let each = |inner: &Value, problems: &mut Vec<FillProblem>| {
                self.block(&nested.block, inner, given, gap, &path, problems)
            };
            out.insert(name.clone(), inside(value, nested.nesting, each, problems));
        }
        Value::object_map(out)
    }

    fn attribute(
        &self,
        attribute: &Attribute,
        value: &Value,
        given: Option<&Value>,
        gap: Gap,
        path: &Path,
        problems: &mut Vec<FillProblem>,
    ) -> Value {
        if attribute.computed && !attribute.write_only && gap.is_gap(value) {
            return match self.unknown {
                true => Value::unknown(attribute.ty()),
                false => self.make(attribute, given, path, problems),
            };
        }
        match &attribute.kind {
            AttributeType::Nested(nested) if value.is_known() && !value.is_null() => {
                let given = self.object_given(given, value, path, problems);
                let each = |inner: &Value, problems: &mut Vec<FillProblem>| match inner.as_mapping() {
                    Some(known) => {
                        Value::object_map(self.attributes(&nested.attributes, known, given, gap, path, problems))
                    }
                    None => inner.clone(),
                };
                inside(value, nested.nesting, each, problems)
            }
            _ => value.clone(),
        }
    }

    /// The entries of an object with the gaps of its attributes filled in.
    fn attributes(
        &self,
        attributes: &BTreeMap<Str, Attribute>,
        known: &BTreeMap<Str, Value>,
        given: Option<&Value>,
        gap: Gap,
        path: &Path,
        problems: &mut Vec<FillProblem>,
    ) -> BTreeMap<Str, Value> {
        let mut out = known.clone();
        for (name, attribute) in attributes {
            let Some(value) = known.get(name) else { continue };
            let given = given.and_then(|given| given.get(name));
            let filled = self.attribute(attribute, value, given, gap, &path.clone().attribute(name.clone()), problems);
            out.insert(name.clone(), filled);
        }
        out
    }

    /// What is given for all objects inside of a value; anything but an object is a problem, if there are some.
    fn object_given<'g>(
        &self,
        given: Option<&'g Value>,
        value: &Value,
        path: &Path,
        problems: &mut Vec<FillProblem>,
    ) -> Option<&'g Value> {
        let is_wrong = given.is_some_and(|given| given.as_mapping().is_none());
        if is_wrong && !self.unknown && value.children().next().is_some() {
            let message = "an object is needed, whose values count for every such object".to_string();
            problems.push(FillProblem { path: path.clone(), message });
        }
        given.filter(|_| !is_wrong)
    }

    /// A value for an attribute: the given one, or one that is made up.
    fn make(
        &self,
        attribute: &Attribute,
        given: Option<&Value>,
        path: &Path,
        problems: &mut Vec<FillProblem>,
    ) -> Value {
        let ty = attribute.ty();
        let given = match (&attribute.kind, given) {
            (AttributeType::Nested(nested), given) if matches!(nested.nesting, Nesting::Single | Nesting::Group) => {
                return self.object(&nested.attributes, given, path, problems);
            }
            (_, None) => return self.generate(&ty),
            (_, Some(given)) => self.complete(given, &ty),
        };
        convert(&given, &ty).unwrap_or_else(|error| {
            let message = format!("the value does not fit the type {}: {error}", ty.friendly_name());
            problems.push(FillProblem { path: path.clone(), message });
            Value::unknown(ty)
        })
    }

    fn object(
        &self,
        attributes: &BTreeMap<Str, Attribute>,
        given: Option<&Value>,
        path: &Path,
        problems: &mut Vec<FillProblem>,
    ) -> Value {
        Value::object_map(
            attributes
                .iter()
                .map(|(name, attribute)| {
                    let path = path.clone().attribute(name.clone());
                    let given = given.and_then(|given| given.get(name));
                    (name.clone(), self.make(attribute, given, &path, problems))
                })
                .collect(),
        )
    }

    /// A given object with what its type wants besides.
    fn complete(&self, given: &Value, ty: &Type) -> Value {
        let Type::Object(object) = ty else { return given.clone() };
        let Some(known) = given.as_mapping() else { return given.clone() };
        let attributes = object.attributes.iter().map(|(name, ty)| {
            let value = known.get(name).map_or_else(|| self.generate(ty), |given| self.complete(given, ty));
            (name.clone(), value)
        });
        Value::object_map(attributes.collect())
    }

    fn generate(&self, ty: &Type) -> Value {
        match ty {
            Type::Bool => Value::from(false),
            Type::Number => Value::from(0),
            Type::String => Value::string(self.text()),
            Type::Object(object) => {
                let attributes = object.attributes.iter().map(|(name, ty)| (name.clone(), self.generate(ty)));
                Value::object_map(attributes.collect())
            }
            Type::Tuple(elements) => Value::tuple(elements.iter().map(|ty| self.generate(ty))),
            Type::List(_) | Type::Set(_) => convert(&Value::tuple([]), ty).unwrap_or_else(|_| Value::null(ty.clone())),
            Type::Map(element) => Value::map((**element).clone(), BTreeMap::new()),
            _ => Value::null(ty.clone()),
        }
    }

    fn text(&self) -> String {
        let mut bytes = [0_u8; TEXT_LENGTH];
        self.entropy.fill(&mut bytes);
        let character = |byte: &u8| TEXT_CHARACTERS.get(usize::from(*byte) % TEXT_CHARACTERS.len()).copied();
        bytes.iter().filter_map(character).map(char::from).collect()
    }
}

/// Changes every object inside of nested blocks or attributes.
fn inside(
    value: &Value,
    nesting: Nesting,
    each: impl Fn(&Value, &mut Vec<FillProblem>) -> Value,
    problems: &mut Vec<FillProblem>,
) -> Value {
    if value.is_null() || !value.is_known() {
        return value.clone();
    }
    if matches!(nesting, Nesting::Single | Nesting::Group) {
        return each(value, problems);
    }
    let ty = value.ty();
    let changed = match value.kind() {
        Kind::Map(_) | Kind::Object(_) => {
            let items = value.as_mapping().into_iter().flatten();
            Value::object_map(items.map(|(key, inner)| (key.clone(), each(inner, problems))).collect())
        }
        _ => Value::tuple(
            value.as_sequence().into_iter().flatten().map(|inner| each(inner, problems)).collect::<Vec<_>>(),
        ),
    };
    convert(&changed, &ty).unwrap_or_else(|_| value.clone())
}
