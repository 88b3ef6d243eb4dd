//! Structures whose fields are attributes.

use crate::{Attribute, Body};

/// A structure declared by [`object!`](crate::object).
pub trait Object: Attribute + Clone + Default + Send + Sync + 'static {
    /// The attributes and blocks, with their rules.
    fn members() -> Body;
}

/// Declares a structure whose fields are the attributes and blocks of a type: `name: RustType = rules`. Comments before a
/// field become the attribute's description.
///
/// ```
/// use formwork_kit::{computed, object, optional, required};
///
/// object! {
///     /// A note.
///     pub struct Note {
///         /// What it says.
///         text: String = required(),
///         /// Who may read it.
///         audience: String = optional().default_value("all"),
///         id: Option<String> = computed(),
///     }
/// }
/// # use formwork_kit::Object;
/// assert_eq!(Note::members().0.len(), 3);
/// ```
#[macro_export]
macro_rules! object {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $( $(#[doc = $doc:literal])* $field:ident : $ty:ty = $rules:expr ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $vis struct $name {
            $( $(#[doc = $doc])* pub $field: $ty ),*
        }

        impl $crate::Object for $name {
            fn members() -> $crate::Body {
                $crate::Body(vec![
                    $( $crate::Member::of::<$ty>(
                        $crate::attribute_name(stringify!($field)), concat!($($doc),*), $rules
                    ) ),*
                ])
            }
        }

        impl $crate::Attribute for $name {
            fn ty() -> $crate::value::Type {
                <$name as $crate::Object>::members().ty()
            }

            fn body() -> Option<($crate::model::Nesting, $crate::Body)> {
                Some(($crate::model::Nesting::Single, <$name as $crate::Object>::members()))
            }

            fn read(value: &$crate::value::Value) -> $name {
                let null = $crate::value::Value::dynamic();
                $name { $(
                    $field: {
                        let part = value.get($crate::attribute_name(stringify!($field))).unwrap_or(&null);
                        <$ty as $crate::Attribute>::read(part)
                    }
                ),* }
            }

            fn write(&self) -> $crate::value::Value {
                $crate::value::Value::object([
                    $( ($crate::attribute_name(stringify!($field)), $crate::Attribute::write(&self.$field)) ),*
                ])
            }
        }
    };
}
