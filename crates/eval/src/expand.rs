//! Repetition: `count` and `for_each`.

use crate::limits::INSTANCES;
use crate::{Evaluator, InstanceScope, ModuleId, Phase};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{Expr, ExprKind, Scope};
use formwork_model::InstanceKey;
use formwork_value::{Kind, Marks, Str, Type, Value, convert};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How often a resource or module occurs.
#[derive(Clone, Debug, PartialEq)]
pub enum Expansion {
    /// Neither count nor for_each: one instance without a key.
    Single,
    /// `enabled = false`: no instance, and null for whoever refers to it.
    Disabled,
    Count {
        count: u64,
        marks: Marks,
    },
    ForEach {
        items: Rc<BTreeMap<Str, Value>>,
        marks: Marks,
    },
    /// Not known (validation), or wrong (then a problem was reported and there are no instances).
    Unknown {
        error: bool,
    },
}

/// What `count.index`, `each.key` and `each.value` stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repetition {
    pub count_index: Option<Value>,
    pub each: Option<(Value, Value)>,
}

impl Expansion {
    /// The keys, in order.
    pub fn keys(&self) -> Vec<InstanceKey> {
        match self {
            Expansion::Single => vec![InstanceKey::None],
            Expansion::Count { count, .. } => (0..*count).map(InstanceKey::Int).collect(),
            Expansion::ForEach { items, .. } => items.keys().cloned().map(InstanceKey::String).collect(),
            Expansion::Disabled | Expansion::Unknown { .. } => Vec::new(),
        }
    }

    pub fn contains(&self, key: &InstanceKey) -> bool {
        match (self, key) {
            (Expansion::Single, InstanceKey::None) => true,
            (Expansion::Count { count, .. }, InstanceKey::Int(n)) => n < count,
            (Expansion::ForEach { items, .. }, InstanceKey::String(k)) => items.contains_key(k),
            _ => false,
        }
    }

    /// The repetition data of an instance.
    pub fn repetition(&self, key: &InstanceKey) -> Repetition {
        match (self, key) {
            (Expansion::Count { marks, .. }, InstanceKey::Int(_)) => {
                Repetition { count_index: Some(key.to_value().with_marks(*marks)), each: None }
            }
            (Expansion::ForEach { items, .. }, InstanceKey::String(k)) => {
                let value = items.get(k).cloned().unwrap_or_else(Value::dynamic);
                Repetition { count_index: None, each: Some((key.to_value(), value)) }
            }
            _ => Repetition::default(),
        }
    }
}

impl Repetition {
    /// What the key alone tells, for blocks whose repetition is no longer in the configuration.
    pub fn of_key(key: &InstanceKey) -> Repetition {
        match key {
            InstanceKey::None => Repetition::default(),
            InstanceKey::Int(_) => Repetition { count_index: Some(key.to_value()), each: None },
            InstanceKey::String(_) => Repetition { count_index: None, each: Some((key.to_value(), Value::dynamic())) },
        }
    }

    /// Everything unknown, for validation of a block with count or for_each.
    pub fn unknown(count: bool, for_each: bool) -> Repetition {
        Repetition {
            count_index: count.then(|| Value::unknown_not_null(Type::Number)),
            each: for_each.then(|| (Value::unknown_not_null(Type::String), Value::dynamic())),
        }
    }
}

impl Evaluator {
    /// Evaluates `count`, `for_each` or `enabled` in a module instance.
    pub(crate) fn expand(
        &self,
        module: ModuleId,
        count: Option<&Expr>,
        for_each: Option<&Expr>,
        enabled: Option<&Expr>,
        diagnostics: &mut Diagnostics,
    ) -> Expansion {
        self.expand_in(&InstanceScope::new(self, module), count, for_each, enabled, diagnostics)
    }

    /// As [`Evaluator::expand`], in any scope.
    pub(crate) fn expand_in(
        &self,
        scope: &dyn Scope,
        count: Option<&Expr>,
        for_each: Option<&Expr>,
        enabled: Option<&Expr>,
        diagnostics: &mut Diagnostics,
    ) -> Expansion {
        let Some(expr) = count.or(for_each).or(enabled) else { return Expansion::Single };
        let evaluated = formwork_hcl::evaluate(expr, scope);
        let failed = evaluated.diagnostics.has_errors();
        diagnostics.extend(evaluated.diagnostics);
        if failed {
            return Expansion::Unknown { error: true };
        }
        let (value, marks) = evaluated.value.unmark();
        let result = match (count, for_each) {
            (Some(_), _) => self.count(expr, &value, marks),
            (None, Some(_)) => self.for_each(expr, &value, marks),
            (None, None) => self.enabled(expr, &value, marks),
        };
        match result {
            // Validation looks into a repeated block once, whatever the number of its instances.
            Ok(Expansion::Count { .. } | Expansion::ForEach { .. }) if self.phase() == Phase::Validate => {
                Expansion::Unknown { error: false }
            }
            Ok(expansion) => expansion,
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                Expansion::Unknown { error: true }
            }
        }
    }

    fn count(&self, expr: &Expr, value: &Value, marks: Marks) -> Result<Expansion, Box<Diagnostic>> {
        let invalid = |detail: &str| Box::new(Diagnostic::error("Invalid count argument", detail).at(expr.span));
        if marks.is_ephemeral() {
            return Err(invalid(
                "The given \"count\" is derived from an ephemeral value, which means that the number of instances could not be kept between plan and apply.",
            ));
        }
        let value = convert(value, &Type::Number)
            .map_err(|e| invalid(&format!("The given \"count\" argument value is unsuitable: {e}.")))?;
        if value.is_null() {
            return Err(invalid("The given \"count\" argument value is null. A whole number is required."));
        }
        let Some(number) = value.as_number() else {
            if self.phase() == Phase::Validate {
                return Ok(Expansion::Unknown { error: false });
            }
            return Err(invalid(
                "The \"count\" value depends on resource attributes that cannot be determined until apply, so the number of instances cannot be predicted. Use -target to first apply only the resources that the count depends on, or derive it from values that are known before.",
            ));
        };
        match number.to_i64() {
            Some(n) if n >= 0 => match usize::try_from(n) {
                Ok(count) if count <= INSTANCES => {
                    Ok(Expansion::Count { count: n.unsigned_abs(), marks: marks.without(Marks::EPHEMERAL) })
                }
                _ => Err(invalid(&too_many(n))),
            },
            Some(_) => {
                Err(invalid("The given \"count\" argument value is unsuitable: must be greater than or equal to zero."))
            }
            None => Err(invalid("The given \"count\" argument value is unsuitable: a whole number is required.")),
        }
    }

    fn enabled(&self, expr: &Expr, value: &Value, marks: Marks) -> Result<Expansion, Box<Diagnostic>> {
        let invalid = |detail: &str| Box::new(Diagnostic::error("Invalid enabled argument", detail).at(expr.span));
        if marks.is_sensitive() || marks.is_ephemeral() {
            return Err(invalid(
                "The value is sensitive or ephemeral. Whether there is an instance shows in plan and state, so it cannot depend on such a value.",
            ));
        }
        let value = convert(value, &Type::Bool).map_err(|e| invalid(&format!("The value is unsuitable: {e}.")))?;
        if value.is_null() {
            return Err(invalid("The value is null; true or false is required."));
        }
        match value.as_bool() {
            // Validation looks into the block in any case.
            _ if self.phase() == Phase::Validate => Ok(Expansion::Single),
            Some(true) => Ok(Expansion::Single),
            Some(false) => Ok(Expansion::Disabled),
            None => Err(invalid(
                "The value depends on resource attributes that cannot be determined until apply, so it cannot be told whether there is an instance. Use -target to first apply only what it depends on.",
            )),
        }
    }

    fn for_each(&self, expr: &Expr, value: &Value, marks: Marks) -> Result<Expansion, Box<Diagnostic>> {
        let invalid = |detail: &str| Box::new(Diagnostic::error("Invalid for_each argument", detail).at(expr.span));
        // As in the reference, an object with a key that validation does not know tells nothing of itself.
        let is_open = self.phase() == Phase::Validate
            && matches!((value.kind(), &expr.kind), (Kind::Unknown(Type::Dynamic, _), ExprKind::Object(..)));
        if marks.is_sensitive() && !is_open {
            return Err(invalid(
                "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If used, the sensitive value could be exposed as a resource instance key.",
            ));
        }
        if marks.is_ephemeral() {
            return Err(invalid(
                "Ephemeral values cannot be used as for_each arguments: the instance keys must stay the same between plan and apply.",
            ));
        }
        let items = match value.kind() {
            Kind::Null(_) => {
                return Err(invalid(
                    "The given \"for_each\" argument value is null. A map, or set of strings is allowed.",
                ));
            }
            Kind::Unknown(ty, _) => return self.unknown_for_each(ty, &invalid),
            Kind::Map(map) => (*map.items).clone(),
            Kind::Object(object) => (***object).clone(),
            Kind::Set(set) => set_items(&set.items, self.phase(), expr.span)?,
            _ => {
                return Err(invalid(&format!(
                    "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set of strings, and you have provided a value of type {}.",
                    value.ty().friendly_name()
                )));
            }
        };
        if items.len() > INSTANCES {
            return Err(invalid(&too_many(items.len())));
        }
        if items.contains_key("\u{0}unknown") {
            return Ok(Expansion::Unknown { error: false });
        }
        Ok(Expansion::ForEach { items: Rc::new(items), marks })
    }

    fn unknown_for_each(
        &self,
        ty: &Type,
        invalid: &dyn Fn(&str) -> Box<Diagnostic>,
    ) -> Result<Expansion, Box<Diagnostic>> {
        let suitable = match ty {
            Type::Set(element) => matches!(&**element, Type::String | Type::Dynamic),
            Type::Map(_) | Type::Object(_) => true,
            Type::List(_) | Type::Tuple(_) => false,
            // As in the reference, it is judged when it is known.
            _ => true,
        };
        if !suitable {
            return Err(invalid(&format!(
                "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set of strings, and you have provided a value of type {}.",
                ty.friendly_name()
            )));
        }
        if self.phase() == Phase::Validate {
            return Ok(Expansion::Unknown { error: false });
        }
        Err(invalid(
            "The \"for_each\" map includes keys, or the set includes values, derived from resource attributes that cannot be determined until apply, so the full set of instance keys cannot be known. Use a map whose keys are known now and put apply-time results only in its values, or use -target to first apply what for_each depends on.",
        ))
    }
}

fn too_many(count: impl std::fmt::Display) -> String {
    format!(
        "{count} instances are asked for; one block can have {INSTANCES}. Divide them among several configurations with a \
         state of their own."
    )
}

/// Keys of a set of strings.
fn set_items(items: &[Value], phase: Phase, span: Span) -> Result<BTreeMap<Str, Value>, Box<Diagnostic>> {
    let invalid = |summary: &str, detail: &str| Box::new(Diagnostic::error(summary, detail).at(span));
    let mut out = BTreeMap::new();
    for item in items {
        match item.kind() {
            Kind::String(text) => {
                out.insert(text.clone(), item.clone());
            }
            Kind::Null(_) => {
                return Err(invalid(
                    "Invalid for_each set argument",
                    "The given \"for_each\" argument value is unsuitable: \"for_each\" sets must not contain null values.",
                ));
            }
            Kind::Unknown(..) if phase == Phase::Validate => {
                out.insert("\u{0}unknown".into(), Value::dynamic());
            }
            Kind::Unknown(..) => {
                return Err(invalid(
                    "Invalid for_each argument",
                    "The \"for_each\" set includes values derived from resource attributes that cannot be determined until apply, so the full set of instance keys cannot be known.",
                ));
            }
            _ => {
                return Err(invalid(
                    "Invalid for_each set argument",
                    &format!(
                        "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps and sets of strings, but you have provided a set containing type {}.",
                        item.ty().friendly_name()
                    ),
                ));
            }
        }
    }
    Ok(out)
}
