//! The world of the tests.

use super::{Arc, BTreeMap, Entropy, Environment, Files, Phase};
use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU8, Ordering};

pub(super) fn environment(phase: Phase) -> Environment {
    Environment {
        phase,
        workspace: "default".into(),
        plan_timestamp: "2024-03-01T10:00:00Z".into(),
        timestamp: "2024-03-01T10:00:05Z".into(),
        files: Arc::new(Memory::new()),
        entropy: Arc::new(Counter::default()),
        original_dir: "/tmp/w".into(),
        provider_functions: None,
    }
}

/// Each call fills with a number that is one higher.
#[derive(Default)]
struct Counter(AtomicU8);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// Files in memory, by their path without `./`.
struct Memory {
    files: BTreeMap<&'static str, Vec<u8>>,
}

impl Memory {
    fn new() -> Memory {
        let files: &[(&str, &[u8])] = &[
            ("data/.hidden", b"h\n"),
            ("data/[odd].txt", b"o\n"),
            ("data/a.txt", b"a\n"),
            ("data/b.json", b"{}\n"),
            ("data/binary.bin", b"\x00\xff"),
            ("data/crlf.txt", b"a\r\nb\r\n\n"),
            ("data/decomposed.txt", b"e\xcc\x81\n"),
            ("data/empty.txt", b""),
            ("data/plain.txt", b"hash me\n"),
            ("data/sub/c.txt", b"c\n"),
            ("data/sub/deep/d.txt", b"d\n"),
            ("data/template.txt", b"kept ${as} is\n"),
            ("data/unicode.txt", b"\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x9a\x80\n"),
            ("glob/.dot", b""),
            ("glob/.hid/h.txt", b""),
            ("glob/UPPER.TXT", b""),
            ("glob/a/b/c/f5.txt", b""),
            ("glob/a/b/f4.txt", b""),
            ("glob/a/f3.txt", b""),
            ("glob/br[1]", b""),
            ("glob/f1.txt", b""),
            ("glob/f2.md", b""),
            ("glob/q?", b""),
            ("glob/st*r", b""),
            ("glob/x y/z.txt", b""),
            ("glob/{c}", b""),
            ("glob/é.txt", b""),
            ("t/bom.tftpl", b"\xef\xbb\xbf${name}"),
            ("t/can.tftpl", b"${can(name.x)} ${try(name.x, \"d\")}"),
            ("t/cond.tftpl", b"%{ if on }on%{ else }off%{ endif }\n"),
            ("t/cond2.tftpl", b"%{ if false }${nope}%{ endif }${name}"),
            ("t/crlf.tftpl", b"a\r\n${name}\r\n"),
            ("t/error.tftpl", b"${can(name.x)} ${try(name.x, \"d\")} ${nope(1)}"),
            ("t/escape.tftpl", b"$${literal} %%{ literal }\n"),
            ("t/func.tftpl", b"${upper(name)}-${max(1, 2)}\n"),
            ("t/index.tftpl", b"%{ for i, v in items }${i}=${v};%{ endfor }\n"),
            ("t/json.tftpl", b"${jsonencode({ a = list, b = true })}\n"),
            ("t/loop.tftpl", b"%{ for a in addrs ~}\nbackend ${a}:${port}\n%{ endfor ~}\n"),
            ("t/map.tftpl", b"%{ for k, v in m ~}\n${k} => ${v}\n%{ endfor ~}\n"),
            ("t/only.tftpl", b"${value}"),
            ("t/path.tftpl", b"${path.module}\n"),
            ("t/recursive.tftpl", b"${templatefile(\"t/simple.tftpl\", { name = \"x\" })}\n"),
            ("t/simple.tftpl", b"Name: ${name}\n"),
            ("t/syntax.tftpl", b"${oops\n"),
            ("t/tf.tftpl", b"${terraform.workspace}"),
            ("t/up.tftpl", b"${core::upper(name)}"),
        ];
        Memory { files: files.iter().map(|(path, content)| (*path, content.to_vec())).collect() }
    }

    fn normal(path: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.trim_start_matches("/tmp/w/").split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        parts.join("/")
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let found = self.files.get(&*Memory::normal(path)).cloned();
        found.ok_or_else(|| Error::from(if self.is_dir(path) { ErrorKind::IsADirectory } else { ErrorKind::NotFound }))
    }

    fn list(&self, path: &str) -> Result<Vec<(String, bool)>> {
        if !self.is_dir(path) {
            return Err(Error::from(ErrorKind::NotFound));
        }
        let dir = Memory::normal(path);
        let prefix = if dir.is_empty() { dir } else { dir + "/" };
        let mut entries = BTreeMap::new();
        for file in self.files.keys() {
            if let Some(rest) = file.strip_prefix(&*prefix) {
                let (name, is_dir) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
                entries.insert(name.to_owned(), is_dir);
            }
        }
        Ok(entries.into_iter().collect())
    }

    fn is_file(&self, path: &str) -> Result<bool> {
        if self.is_dir(path) {
            return Err(Error::from(ErrorKind::IsADirectory));
        }
        Ok(self.files.contains_key(&*Memory::normal(path)))
    }

    fn is_dir(&self, path: &str) -> bool {
        let dir = Memory::normal(path);
        dir.is_empty() || self.files.keys().any(|file| file.starts_with(&format!("{dir}/")))
    }

    fn current_dir(&self) -> String {
        "/tmp/w".into()
    }

    fn home_dir(&self) -> Option<String> {
        Some("/home/someone".into())
    }
}
