//! Functions of providers: `provider::LOCAL::NAME`.

use crate::session::Threads;
use formwork_config::Config;
use formwork_diag::Diagnostics;
use formwork_eval::ProviderFunctions;
use formwork_hcl::{Function, FunctionFailure};
use formwork_model::{FunctionParameter, FunctionSignature, PlanProviders, ProviderAddress};
use formwork_protocol::ProviderPool;
use formwork_value::{Marks, Str, Value, convert};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Handle;

/// What every call of such a function begins with.
const PREFIX: &str = "provider::";

/// True if a file mentions such a function.
fn are_called(config: &Config) -> bool {
    config.sources.files().iter().any(|file| file.text.contains(PREFIX))
}

/// What evaluating a configuration runs on: a call of such a function waits in the middle of it.
pub fn threads_for(config: &Config) -> Threads {
    if are_called(config) { Threads::Several } else { Threads::One }
}

/// The functions of all providers that the root module names, by local name and name.
pub struct ProviderFunctionTable {
    providers: BTreeMap<Str, BTreeMap<Str, ProviderFunction>>,
}

struct ProviderFunction {
    name: Str,
    signature: FunctionSignature,
    /// As the language's function tables want them.
    parameters: Vec<&'static str>,
    variadic: Option<&'static str>,
    source: ProviderAddress,
    /// Started for the first call.
    pool: Arc<ProviderPool>,
}

impl ProviderFunctionTable {
    /// `None` if no file mentions such a function: then no provider need be started for it. With `asked` expressions are still
    /// to come.
    pub async fn load(
        config: &Config,
        pool: &Arc<ProviderPool>,
        asked: bool,
    ) -> Result<Option<ProviderFunctionTable>, Diagnostics> {
        if !asked && !are_called(config) {
            return Ok(None);
        }
        let mut providers = BTreeMap::new();
        for (name, requirement) in &config.root().requirements {
            let schema = pool.schema(&requirement.source).await?;
            if schema.functions.is_empty() {
                continue;
            }
            let functions = schema.functions.iter().map(|(function, signature)| {
                (function.clone(), ProviderFunction::new(function, signature, &requirement.source, pool))
            });
            providers.insert(name.clone(), functions.collect());
        }
        Ok(Some(ProviderFunctionTable { providers }))
    }
}

impl ProviderFunctions for ProviderFunctionTable {
    fn function(&self, local_name: &str, name: &str) -> Result<&dyn Function, String> {
        let functions = self.providers.get(local_name).ok_or_else(|| {
            format!("the root module's required_providers name no provider {local_name:?} that has functions")
        })?;
        match functions.get(name) {
            Some(function) => Ok(function),
            None => {
                let near = formwork_diag::nearest(name, functions.keys().map(|name| &**name));
                let hint = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
                Err(format!("the provider {local_name:?} has no function {name:?}{hint}"))
            }
        }
    }
}

/// Names of parameters live as long as the program: there are few, and each provider is asked once.
fn keep(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

impl ProviderFunction {
    fn new(
        name: &Str,
        signature: &FunctionSignature,
        source: &ProviderAddress,
        pool: &Arc<ProviderPool>,
    ) -> ProviderFunction {
        ProviderFunction {
            name: name.clone(),
            parameters: signature.parameters.iter().map(|parameter| keep(&parameter.name)).collect(),
            variadic: signature.variadic.as_ref().map(|parameter| keep(&parameter.name)),
            signature: signature.clone(),
            source: source.clone(),
            pool: pool.clone(),
        }
    }

    fn parameter(&self, index: usize) -> Option<&FunctionParameter> {
        self.signature.parameters.get(index).or(self.signature.variadic.as_ref())
    }

    /// An argument as the function wants it; `None` if it is not known and the function must not see that.
    fn argument(&self, index: usize, value: &Value) -> Result<Option<Value>, FunctionFailure> {
        let failure = |message: String| FunctionFailure { message, argument: Some(index) };
        let Some(parameter) = self.parameter(index) else { return Err(failure("there are too many".to_owned())) };
        let value = convert(value, &parameter.ty).map_err(|error| failure(error.to_string()))?;
        if value.is_null() && !parameter.allow_null {
            return Err(failure("argument must not be null".to_owned()));
        }
        Ok((parameter.allow_unknown || value.is_wholly_known()).then_some(value))
    }
}

impl Function for ProviderFunction {
    fn parameters(&self) -> (&[&'static str], Option<&'static str>) {
        (&self.parameters, self.variadic)
    }

    fn call(&self, args: &[Value]) -> Result<Value, FunctionFailure> {
        let mut marks = Marks::NONE;
        let mut known = Vec::with_capacity(args.len());
        let mut all_known = true;
        for (index, argument) in args.iter().enumerate() {
            marks |= argument.marks_deep();
            match self.argument(index, &argument.unmark_deep().0)? {
                Some(value) => known.push(value),
                None => all_known = false,
            }
        }
        if !all_known {
            return Ok(Value::unknown(self.signature.return_type.clone()).with_marks(marks));
        }
        // Evaluation is synchronous; the provider answers on the runtime's other threads.
        let call = async {
            match self.pool.unconfigured(&self.source).await {
                Ok(provider) => Ok(provider.call_function(&self.name, &known).await),
                Err(problems) => Err(problems),
            }
        };
        let response = match tokio::task::block_in_place(|| Handle::current().block_on(call)) {
            Ok(response) => response,
            Err(problems) => {
                let reasons: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.summary, p.detail)).collect();
                return Err(FunctionFailure { message: reasons.join("; "), argument: None });
            }
        };
        match response.error {
            None => Ok(response.result.with_marks(marks)),
            Some((message, argument)) => Err(FunctionFailure { message, argument }),
        }
    }
}
