//! One attribute of a resource type: its schema and how changes to it are planned.

use formwork_model::Attribute;
use formwork_value::{Type, Value};

/// Says what is wrong with a known, non-null value.
pub type Check = fn(&Value) -> Result<(), String>;

#[derive(Clone)]
pub struct Field {
    pub attribute: Attribute,
    /// A changed value needs a new object.
    pub forces_new: bool,
    /// Planned where the configuration says nothing.
    pub default: Option<Value>,
    pub checks: Vec<Check>,
    /// The form in which EC2 reports a configured value; what is unknown inside must stay so.
    pub normal: Option<fn(&Value) -> Value>,
    /// True if a configured value means the same as a stored one; then the stored one stays.
    pub same: Option<fn(&Value, &Value) -> bool>,
    /// Attributes whose change in place makes this computed value unknown.
    pub follows: &'static [&'static str],
}

impl Field {
    pub fn of(ty: Type) -> Field {
        Field {
            attribute: Attribute::new(ty),
            forces_new: false,
            default: None,
            checks: Vec::new(),
            normal: None,
            same: None,
            follows: &[],
        }
    }

    pub fn required(mut self) -> Field {
        self.attribute.required = true;
        self
    }

    pub fn optional(mut self) -> Field {
        self.attribute.optional = true;
        self
    }

    pub fn computed(mut self) -> Field {
        self.attribute.computed = true;
        self
    }

    pub fn sensitive(mut self) -> Field {
        self.attribute.sensitive = true;
        self
    }

    pub fn forces_new(mut self) -> Field {
        self.forces_new = true;
        self
    }

    /// Optional with a default (and so computed).
    pub fn default(mut self, value: impl Into<Value>) -> Field {
        self.default = Some(value.into());
        self.optional().computed()
    }

    pub fn check(mut self, check: Check) -> Field {
        self.checks.push(check);
        self
    }

    pub fn normal(mut self, normal: fn(&Value) -> Value) -> Field {
        self.normal = Some(normal);
        self
    }

    pub fn same(mut self, same: fn(&Value, &Value) -> bool) -> Field {
        self.same = Some(same);
        self
    }

    pub fn follows(mut self, names: &'static [&'static str]) -> Field {
        self.follows = names;
        self
    }

    pub fn ty(&self) -> Type {
        self.attribute.ty()
    }
}

pub fn text() -> Field {
    Field::of(Type::String)
}

pub fn flag() -> Field {
    Field::of(Type::Bool)
}

pub fn number() -> Field {
    Field::of(Type::Number)
}

pub fn text_set() -> Field {
    Field::of(Type::set(Type::String))
}

pub fn text_list() -> Field {
    Field::of(Type::list(Type::String))
}

pub fn text_map() -> Field {
    Field::of(Type::map(Type::String))
}
