//! Functions on paths and files.

mod glob;
mod path;
mod template;

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Parameter, Shape, any, blame, text};
use super::encoding::encode_base64;
use super::hash::hexadecimal;
use formwork_hcl::FunctionFailure;
use formwork_value::{Type, Value};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::io::ErrorKind;

const PATH: &[Parameter] = &[text("path")];

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new("abspath", "The path as an absolute one.", PATH, Shape::Text, |args| {
        Ok(path::absolute(&args.environment.files.current_dir(), args.text(0)).into())
    }),
    Definition::new("basename", "The last part of a path.", PATH, Shape::Text, |args| {
        Ok(path::base_name(args.text(0)).into())
    }),
    Definition::new("dirname", "The path without its last part.", PATH, Shape::Text, |args| {
        Ok(path::dir_name(args.text(0)).into())
    }),
    Definition::new(
        "pathexpand",
        "The path with ~ at its beginning replaced by the home directory.",
        PATH,
        Shape::Text,
        |args| Ok(expand(args, 0)?.into()),
    ),
    Definition::new("file", "The text of a file in UTF-8.", PATH, Shape::Text, |args| Ok(read_text(args)?.into())),
    Definition::new("filebase64", "The bytes of a file in base64.", PATH, Shape::Text, |args| {
        Ok(encode_base64(read(args)?).into())
    }),
    Definition::new("filebase64sha256", "The SHA-256 digest of a file, in base64.", PATH, Shape::Text, |args| {
        Ok(encode_base64(Sha256::digest(read(args)?)).into())
    }),
    Definition::new("filebase64sha512", "The SHA-512 digest of a file, in base64.", PATH, Shape::Text, |args| {
        Ok(encode_base64(Sha512::digest(read(args)?)).into())
    }),
    Definition::new("filemd5", "The MD5 digest of a file, in hexadecimal.", PATH, Shape::Text, |args| {
        Ok(hexadecimal(Md5::digest(read(args)?)).into())
    }),
    Definition::new("filesha1", "The SHA-1 digest of a file, in hexadecimal.", PATH, Shape::Text, |args| {
        Ok(hexadecimal(Sha1::digest(read(args)?)).into())
    }),
    Definition::new("filesha256", "The SHA-256 digest of a file, in hexadecimal.", PATH, Shape::Text, |args| {
        Ok(hexadecimal(Sha256::digest(read(args)?)).into())
    }),
    Definition::new("filesha512", "The SHA-512 digest of a file, in hexadecimal.", PATH, Shape::Text, |args| {
        Ok(hexadecimal(Sha512::digest(read(args)?)).into())
    }),
    Definition::new("fileexists", "Whether there is a file at a path.", PATH, Shape::Bool, exists),
    Definition::new(
        "fileset",
        "The names of files below a directory that match a pattern with *, **, ?, [...] and {...}.",
        &[text("path"), text("pattern")],
        Shape::TextSet,
        file_set,
    ),
    Definition::new(
        "templatefile",
        "The text of a file in which templates are replaced, with names given as a map.",
        &[text("path"), any("vars").with_marks().with_unknown()],
        Shape::Any,
        template::file,
    ),
    template::STRING,
];

/// The path of an argument, with the home directory in place of `~`.
fn expand(args: &Arguments, index: usize) -> Result<String, FunctionFailure> {
    let path = args.text(index);
    let Some(rest) = path.strip_prefix('~') else { return Ok(path.to_owned()) };
    if !(rest.is_empty() || rest.starts_with('/')) {
        return Err(blame(index, "home directories of other users (~user) cannot be expanded"));
    }
    match args.environment.files.home_dir() {
        Some(home) => Ok(path::clean(&format!("{home}{rest}"))),
        None => Err(blame(index, "there is no home directory to put in place of ~")),
    }
}

fn read(args: &Arguments) -> Result<Vec<u8>, FunctionFailure> {
    let path = expand(args, 0)?;
    args.environment.files.read(&path).map_err(|error| {
        blame(
            0,
            match error.kind() {
                ErrorKind::NotFound => format!(
                    "there is no file {path:?}. Functions read files when the configuration is evaluated, so they \
                     must be there before; for a file that a resource makes, refer to the resource"
                ),
                ErrorKind::IsADirectory => format!("{path:?} is a directory, not a file"),
                _ => format!("cannot read {path:?}: {error}"),
            },
        )
    })
}

fn read_text(args: &Arguments) -> Result<String, FunctionFailure> {
    String::from_utf8(read(args)?).map_err(|_| {
        let message = format!("the file {:?} is not text in UTF-8; use filebase64 to read bytes", args.text(0));
        blame(0, message)
    })
}

fn exists(args: &Arguments) -> Outcome {
    let path = expand(args, 0)?;
    if path.is_empty() || args.environment.files.is_dir(&path) {
        return Err(blame(0, format!("{path:?} is a directory, not a file; use fileset to list files")));
    }
    match args.environment.files.is_file(&path) {
        Ok(found) => Ok(Value::from(found)),
        Err(error) => Err(blame(0, format!("cannot tell whether {path:?} is a file: {error}"))),
    }
}

fn file_set(args: &Arguments) -> Outcome {
    let directory = expand(args, 0)?;
    let names = glob::find(&*args.environment.files, &directory, args.text(1)).map_err(|message| blame(1, message))?;
    Ok(Value::set(Type::String, names.into_iter().map(Value::from).collect()))
}
