//! `cloudinit_config`, as data source and as resource (which is deprecated).

use super::mime::{Part, render};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_kit::{
    Call, DataSource, Failure, Outcome, Resource, async_trait, blocks, computed, object, optional, required,
};
use formwork_value::{Path, Value};
use std::io::Write;

pub(crate) struct Config;

object! {
    pub(crate) struct PartBlock {
        /// What the part holds.
        content: String = required(),
        /// Kind of the content; `text/plain` if it is not given.
        content_type: String = optional().default_value("text/plain"),
        filename: Option<String> = optional(),
        /// How cloud-init joins the part with others.
        merge_type: Option<String> = optional(),
    }
}

object! {
    pub(crate) struct State {
        /// Whether the result is encoded in base64.
        base64_encode: bool = optional().default_value(true).replaces(),
        /// What separates the parts.
        boundary: String = optional().default_value("MIMEBOUNDARY").replaces(),
        /// Whether the result is compressed.
        gzip: bool = optional().default_value(true).replaces(),
        /// Checksum of the result.
        id: Option<String> = computed(),
        /// The parts together.
        rendered: Option<String> = computed(),
        part: Vec<PartBlock> = blocks().replaces(),
    }
}

impl State {
    fn render(&mut self) -> Outcome<()> {
        if self.gzip && !self.base64_encode {
            return Err(Failure::new("What is compressed must be encoded: set base64_encode, or unset gzip.")
                .at("base64_encode"));
        }
        for part in &mut self.part {
            if part.content_type.is_empty() {
                part.content_type = "text/plain".into();
            }
        }
        let parts = self.part.iter().map(|part| Part {
            content: &part.content,
            content_type: &part.content_type,
            filename: part.filename.as_deref(),
            merge_type: part.merge_type.as_deref(),
        });
        let text = render(&self.boundary, parts);
        let bytes = if self.gzip {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish())?
        } else {
            text.into_bytes()
        };
        let rendered =
            if self.base64_encode { STANDARD.encode(bytes) } else { String::from_utf8_lossy(&bytes).into_owned() };
        let mut crc = flate2::Crc::new();
        crc.update(rendered.as_bytes());
        self.id = Some(crc.sum().to_string());
        self.rendered = Some(rendered);
        Ok(())
    }
}

fn validate(config: &Value, diagnostics: &mut Diagnostics) {
    let flag = |name: &str| config.get(name).filter(|value| value.is_known()).map(Value::as_bool);
    if let (Some(gzip), Some(Some(false))) = (flag("gzip"), flag("base64_encode"))
        && gzip != Some(false)
    {
        let detail = "What is compressed must be encoded: set base64_encode, or set gzip to false.";
        let problem = Diagnostic::error("Invalid value for base64_encode", detail);
        diagnostics.push(problem.attribute(Path::root().attribute("base64_encode")));
    }
    if config.get("part").and_then(Value::as_sequence).is_some_and(<[Value]>::is_empty) {
        diagnostics.error("Missing part", "At least one block \"part\" is needed.");
    }
}

#[async_trait]
impl Resource for Config {
    type State = State;
    type Client = ();

    const KIND: &'static str = "cloudinit_config";
    const DEPRECATED: Option<&'static str> = Some("Use the data source cloudinit_config instead.");
    const PURE: bool = true;

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        validate(config, diagnostics);
    }

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.render()
    }
}

#[async_trait]
impl DataSource for Config {
    type State = State;
    type Client = ();

    const KIND: &'static str = "cloudinit_config";

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        validate(config, diagnostics);
    }

    async fn read(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.render()
    }
}
