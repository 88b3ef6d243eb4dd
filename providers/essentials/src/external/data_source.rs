//! The data source `external`.

use crate::programs::{run, said};
use formwork_kit::{
    Call, DataSource, Failure, Outcome, async_trait, computed, length_between, object, optional, required,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(crate) struct External;

object! {
    pub(crate) struct State {
        id: Option<String> = computed(),
        /// The program, followed by its arguments.
        program: Vec<String> = required().check(length_between(1, usize::MAX)),
        /// What the program gets as a JSON object on its standard input.
        query: Option<BTreeMap<String, Option<String>>> = optional(),
        /// The JSON object that the program writes, whose values are texts.
        result: Option<BTreeMap<String, String>> = computed(),
        /// Where the program runs.
        working_dir: Option<String> = optional(),
    }
}

#[async_trait]
impl DataSource for External {
    type State = State;
    type Client = ();

    const KIND: &'static str = "external";

    async fn read(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        let blame = |failure: Failure| failure.at("program");
        // Empty arguments are left out, as the published provider does.
        let mut words = state.program.iter().filter(|word| !word.is_empty()).cloned();
        let program = words.next().ok_or_else(|| blame(Failure::new("The program has no name.")))?;
        let arguments: Vec<String> = words.collect();
        let query: serde_json::Map<String, Json> = state
            .query
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_deref().map_or(Json::Null, Json::from)))
            .collect();
        let input = Json::Object(query).to_string();
        let output = run(&program, &arguments, state.working_dir.as_deref(), input.as_bytes()).await.map_err(blame)?;
        if !output.status.success() {
            let detail = format!("{program:?} failed: {}. {}", output.status, said(&output.stderr));
            return Err(blame(Failure::new(detail)));
        }
        state.result = Some(parse(&output.stdout).map_err(|why| {
            blame(Failure::new(format!("{program:?} must write a JSON object whose values are texts, but {why}.")))
        })?);
        state.id = Some("-".into());
        Ok(())
    }
}

fn parse(output: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let object: BTreeMap<String, Json> =
        serde_json::from_slice(output).map_err(|error| format!("its output is not: {error}"))?;
    let text = |(key, value): (String, Json)| match value {
        Json::String(text) => Ok((key, text)),
        _ => Err(format!("the value of {key:?} is no text")),
    };
    object.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_objects_of_texts() {
        assert_eq!(parse(br#"{"a":"b"}"#).unwrap()["a"], "b");
        for (text, why) in [(r#"["a"]"#, "is not"), (r#"{"a":1}"#, "\"a\""), ("", "is not")] {
            assert!(parse(text.as_bytes()).unwrap_err().contains(why), "{text}");
        }
    }
}
