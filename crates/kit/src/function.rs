//! Functions of a provider.

use crate::{Attribute, Failure, Outcome};
use formwork_model::{CallFunctionResponse, DescriptionKind, FunctionParameter, FunctionSignature};
use formwork_value::{Kind, PathStep, Type, Value};
use std::sync::Arc;

type Body = Arc<dyn Fn(&[Value]) -> Result<Value, Failure> + Send + Sync>;

/// A function with its signature.
#[derive(Clone)]
pub struct Function {
    pub(crate) name: &'static str,
    pub(crate) signature: FunctionSignature,
    body: Body,
}

/// Tuples of Rust types that arguments can have.
pub trait Arguments: Sized {
    fn types() -> Vec<Type>;
    fn read(values: &[Value]) -> Self;
}

macro_rules! arguments {
    ($($name:ident $index:literal),*) => {
        impl<$($name: Attribute),*> Arguments for ($($name,)*) {
            fn types() -> Vec<Type> {
                vec![$($name::ty()),*]
            }

            fn read(values: &[Value]) -> Self {
                let null = Value::dynamic();
                ($($name::read(values.get($index).unwrap_or(&null)),)*)
            }
        }
    };
}

arguments!(A 0);
arguments!(A 0, B 1);
arguments!(A 0, B 1, C 2);

impl Function {
    /// A function of arguments that are known and not null. A failure at `attribute(PARAMETER)` blames that argument.
    pub fn new<A: Arguments, R: Attribute>(
        name: &'static str,
        parameters: &[&'static str],
        body: impl Fn(A) -> Outcome<R> + Send + Sync + 'static,
    ) -> Function {
        let parameter = |(name, ty): (&&'static str, Type)| FunctionParameter {
            name: (*name).into(),
            ty,
            allow_null: false,
            allow_unknown: false,
            description: "".into(),
            description_kind: DescriptionKind::Plain,
        };
        let signature = FunctionSignature {
            parameters: parameters.iter().zip(A::types()).map(parameter).collect(),
            variadic: None,
            return_type: R::ty(),
            summary: "".into(),
            description: "".into(),
            description_kind: DescriptionKind::Plain,
            deprecation_message: "".into(),
        };
        let body = move |values: &[Value]| body(A::read(values)).map(|result| result.write());
        Function { name, signature, body: Arc::new(body) }
    }

    /// Takes any number of arguments in place of the last one, which must be a list in Rust.
    pub fn variadic(mut self) -> Function {
        let Some(mut last) = self.signature.parameters.pop() else { return self };
        if let Type::List(element) = &last.ty {
            let (element, fixed) = ((**element).clone(), self.signature.parameters.len());
            last.ty = element.clone();
            let body = self.body.clone();
            self.body = Arc::new(move |values: &[Value]| {
                let (first, rest) = values.split_at(fixed.min(values.len()));
                let rest = Value::list(element.clone(), rest.to_vec());
                body(&[first, &[rest]].concat())
            });
            self.signature.variadic = Some(last);
        } else {
            self.signature.parameters.push(last);
        }
        self
    }

    /// A parameter may be null; it is an `Option` in Rust.
    pub fn nullable(mut self, parameter: &str) -> Function {
        let all = self.signature.parameters.iter_mut().chain(&mut self.signature.variadic);
        all.filter(|known| &*known.name == parameter).for_each(|known| known.allow_null = true);
        self
    }

    /// A short line about the function.
    pub fn summary(mut self, text: &str) -> Function {
        self.signature.summary = text.into();
        self
    }

    pub(crate) fn call(&self, arguments: &[Value]) -> CallFunctionResponse {
        match (self.body)(arguments) {
            Ok(result) => CallFunctionResponse { result, error: None },
            Err(failure) => {
                let blamed = failure.path.as_ref().and_then(|path| match path.0.first() {
                    Some(PathStep::Attribute(name)) => {
                        let all = self.signature.parameters.iter().chain(&self.signature.variadic);
                        all.into_iter().position(|parameter| parameter.name == *name)
                    }
                    Some(PathStep::Index(index)) => match index.kind() {
                        Kind::Number(number) => number.to_usize(),
                        _ => None,
                    },
                    None => None,
                });
                let result = Value::null(self.signature.return_type.clone());
                CallFunctionResponse { result, error: Some((failure.detail, blamed)) }
            }
        }
    }
}
