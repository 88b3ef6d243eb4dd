//! Why a call to AWS, or a wait for it, did not work out.

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use formwork_diag::{Blame, Diagnostic};
use formwork_value::Path;

/// A failed step of an operation.
#[derive(Clone, Debug)]
pub struct Failure {
    /// AWS's error code, e.g. `InvalidVpcID.NotFound`; empty if the failure is not AWS's answer.
    pub code: String,
    /// Sentences for users; names operation, code, message and request id where AWS answered.
    pub detail: String,
    pub attribute: Option<Path>,
    /// The remote object does not exist.
    pub gone: bool,
}

impl Failure {
    pub fn new(detail: impl Into<String>) -> Failure {
        Failure { code: String::new(), detail: detail.into(), attribute: None, gone: false }
    }

    /// The object is not there any more.
    pub fn gone(what: &str, id: &str) -> Failure {
        Failure { gone: true, ..Failure::new(format!("{what} {id} does not exist.")) }
    }

    pub fn at(mut self, attribute: &str) -> Failure {
        self.attribute = Some(Path::root().attribute(attribute));
        self
    }

    pub fn has_code(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code.as_str())
    }

    /// A diagnostic that says what was being done.
    pub fn diagnostic(&self, doing: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(doing, &*self.detail).blame(Blame::Environment);
        match &self.attribute {
            Some(path) => diagnostic.attribute(path.clone()),
            None => diagnostic,
        }
    }
}

/// Codes by which EC2 says that something does not exist, beside those that end in `.NotFound`.
const NOT_FOUND: &[&str] =
    &["InvalidSecurityGroupRuleId.NotFound", "InvalidVpcID.Unknown", "InvalidAMIID.Unavailable", "NotFoundException"];

/// Turns an answer of an AWS client into a result of this provider.
pub trait Answer<T> {
    /// Names the operation in the failure.
    fn of(self, operation: &str) -> Result<T, Failure>;
}

impl<T, E, R> Answer<T> for Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    fn of(self, operation: &str) -> Result<T, Failure> {
        self.map_err(|error| {
            let Some(service) = error.as_service_error() else {
                let detail = format!("{operation} did not reach AWS: {}.", chain(&error));
                return Failure::new(detail);
            };
            let meta = service.meta();
            let code = meta.code().unwrap_or("unknown error").to_owned();
            let message = meta.message().unwrap_or("no message").trim_end_matches('.');
            let request = meta.request_id().unwrap_or("unknown");
            let detail = format!("AWS refused {operation}: {code}: {message} (request id {request}).");
            let gone = code.ends_with(".NotFound") || NOT_FOUND.contains(&code.as_str());
            Failure { code, detail, attribute: None, gone }
        })
    }
}

/// The messages of an error and of its causes; not their debug forms, which hold requests.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let message = cause.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        source = cause.source();
    }
    text
}

/// A response without the part that must be in it.
pub fn missing(operation: &str, part: &str) -> Failure {
    Failure::new(format!("The answer to {operation} has no {part}."))
}
