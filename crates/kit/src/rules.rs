//! How an attribute behaves.

use formwork_value::Value;
use std::sync::Arc;

/// Says what is wrong with a value that is known and not null. The text is a sentence for users.
pub type Check = Arc<dyn Fn(&Value) -> Result<(), String> + Send + Sync>;

/// When a changed value needs a new object.
#[derive(Clone, Copy, Default)]
pub(crate) enum Replaces {
    #[default]
    Never,
    Always,
    /// Told the stored and the planned value, which differ.
    When(fn(&Value, &Value) -> bool),
}

/// The rules of one attribute or of the blocks of one type. They begin with [`required`], [`optional`], [`computed`] or
/// [`blocks`].
#[derive(Clone, Default)]
pub struct Rules {
    pub(crate) required: bool,
    pub(crate) optional: bool,
    pub(crate) computed: bool,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
    pub(crate) nested: bool,
    pub(crate) deprecated: Option<&'static str>,
    pub(crate) default: Option<Value>,
    pub(crate) replaces: Replaces,
    pub(crate) follows: &'static [&'static str],
    pub(crate) checks: Vec<Check>,
    pub(crate) block: Option<(u64, u64)>,
}

/// An attribute that must be configured.
pub fn required() -> Rules {
    Rules { required: true, ..Rules::default() }
}

/// An attribute that may be configured.
pub fn optional() -> Rules {
    Rules { optional: true, ..Rules::default() }
}

/// An attribute that the provider sets. It is unknown in the plan of a new object and keeps its value afterwards, unless
/// [`Rules::follows`] says otherwise.
pub fn computed() -> Rules {
    Rules { computed: true, ..Rules::default() }
}

/// Nested blocks. The Rust type says how many there may be: `Option<T>` for one, `Vec<T>`, [`Set<T>`](crate::Set) or a
/// map for several.
pub fn blocks() -> Rules {
    Rules { block: Some((0, 0)), ..Rules::default() }
}

impl Rules {
    /// The provider sets what the configuration leaves open.
    pub fn computed(mut self) -> Rules {
        self.computed = true;
        self
    }

    /// Planned where the configuration says nothing. The attribute is optional and computed.
    pub fn default_value(mut self, value: impl Into<Value>) -> Rules {
        self.default = Some(value.into());
        self.optional = true;
        self.computed = true;
        self
    }

    /// Hidden in all output.
    pub fn sensitive(mut self) -> Rules {
        self.sensitive = true;
        self
    }

    /// Given to the provider, but kept neither in plans nor in states.
    pub fn write_only(mut self) -> Rules {
        self.write_only = true;
        self
    }

    /// An attribute whose objects have attributes with rules of their own (protocol 6), instead of a plain object type.
    pub fn nested(mut self) -> Rules {
        self.nested = true;
        self
    }

    /// Says what to use instead.
    pub fn deprecated(mut self, message: &'static str) -> Rules {
        self.deprecated = Some(message);
        self
    }

    /// Another value needs a new object.
    pub fn replaces(mut self) -> Rules {
        self.replaces = Replaces::Always;
        self
    }

    /// Another value needs a new object if the function says so of the stored and the planned value.
    pub fn replaces_when(mut self, differ: fn(&Value, &Value) -> bool) -> Rules {
        self.replaces = Replaces::When(differ);
        self
    }

    /// The computed value becomes unknown when one of these attributes changes in place.
    pub fn follows(mut self, names: &'static [&'static str]) -> Rules {
        self.follows = names;
        self
    }

    /// Checks a configured value as soon as it is known.
    pub fn check(mut self, check: impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static) -> Rules {
        self.checks.push(Arc::new(check));
        self
    }

    /// How many blocks there must and may be; 0 as the most means any number.
    pub fn items(mut self, least: u64, most: u64) -> Rules {
        self.block = Some((least, most));
        self
    }
}

/// A condition on several attributes of one object.
#[derive(Clone, Copy)]
pub enum Group {
    AtMostOne(&'static [&'static str]),
    ExactlyOne(&'static [&'static str]),
    AtLeastOne(&'static [&'static str]),
    /// The first makes no sense without the second.
    Needs(&'static str, &'static str),
}
