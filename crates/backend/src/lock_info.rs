//! Lock information as JSON, in the ecosystem's form (fact sheet `state-v4.md` 8.2).

use crate::json_text::write_string;
use formwork_model::{LockError, LockInfo};
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct File {
    #[serde(rename = "ID")]
    id: String,
    operation: String,
    info: String,
    who: String,
    version: String,
    created: String,
    path: String,
    /// Ours only: the holder's process.
    process: Option<u32>,
}

/// Compact JSON. With a process, it is told under a key of our own that others ignore.
pub(crate) fn encode(info: &LockInfo, process: Option<u32>) -> Vec<u8> {
    let members = [
        ("ID", &info.id),
        ("Operation", &info.operation),
        ("Info", &info.info),
        ("Who", &info.who),
        ("Version", &info.version),
        ("Created", &info.created),
        ("Path", &info.path),
    ];
    let mut out = Vec::new();
    for (index, (name, text)) in members.into_iter().enumerate() {
        out.push(if index == 0 { b'{' } else { b',' });
        write_string(&mut out, name);
        out.push(b':');
        write_string(&mut out, text);
    }
    if let Some(process) = process {
        out.extend_from_slice(format!(",\"Process\":{process}").as_bytes());
    }
    out.push(b'}');
    out
}

/// The information and, if it is there, the process; `None` if the bytes are something else.
pub(crate) fn decode(bytes: &[u8]) -> Option<(LockInfo, Option<u32>)> {
    let file: File = serde_json::from_slice(bytes).ok()?;
    let info = LockInfo {
        id: file.id.into(),
        operation: file.operation.into(),
        info: file.info.into(),
        who: file.who.into(),
        version: file.version.into(),
        created: file.created.into(),
        path: file.path.into(),
    };
    Some((info, file.process))
}

/// A sentence that names the holder.
pub(crate) fn describe(info: &LockInfo, process: Option<u32>) -> String {
    let or_unknown = |text: &str| if text.is_empty() { "somebody unknown".to_owned() } else { text.to_owned() };
    let mut text = format!("it is held by {}", or_unknown(&info.who));
    if let Some(process) = process {
        text.push_str(&format!(", process {process}"));
    }
    if !info.operation.is_empty() {
        text.push_str(&format!(", for {}", info.operation));
    }
    if !info.created.is_empty() {
        text.push_str(&format!(", since {}", info.created));
    }
    if !info.id.is_empty() {
        text.push_str(&format!(" (lock ID {})", info.id));
    }
    text
}

/// What is written in a lock that is there, whether it can be read or not.
#[cfg(feature = "remote")]
pub(crate) fn holder_in(bytes: &[u8]) -> LockInfo {
    let unreadable = || LockInfo { who: "somebody whose lock cannot be read".into(), ..LockInfo::default() };
    decode(bytes).map_or_else(unreadable, |(info, _)| info)
}

/// Somebody has the lock.
pub(crate) fn held(holder: Option<LockInfo>) -> LockError {
    let unknown = LockInfo::default();
    let message = format!("the state is locked: {}", describe(holder.as_ref().unwrap_or(&unknown), None));
    LockError::Held { message, holder }
}

/// The lock that is there is not the one to be removed.
pub(crate) fn other_id(id: &str, holder: &LockInfo, process: Option<u32>) -> LockError {
    LockError::Failed(format!("The lock has another ID than {id:?}: {}.", describe(holder, process)))
}

/// There is no lock to be removed.
pub(crate) fn not_locked(state: &str) -> LockError {
    LockError::Failed(format!("The state {state} is not locked."))
}
