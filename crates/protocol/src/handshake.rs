//! The line with which a plugin says where it listens: reading and writing it.

use crate::host::TransportAddress;
use crate::wire::CORE_VERSION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use std::path::PathBuf;

/// What a plugin announced.
#[derive(Debug, PartialEq)]
pub(crate) struct Handshake {
    /// 5 or 6.
    pub protocol: u32,
    pub address: TransportAddress,
    /// `None` if the plugin serves in plain text.
    pub certificate: Option<CertificateDer<'static>>,
}

/// Shorter sixth fields are not certificates (old plugins put other things there).
const MIN_CERTIFICATE: usize = 50;

impl Handshake {
    /// Parses `CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE[|MULTIPLEX]`. The error is a sentence.
    pub(crate) fn parse(line: &str) -> Result<Handshake, String> {
        let mut fields = line.trim().split('|');
        let (Some(core), Some(app), Some(network), Some(address)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err("It is not a line of the plugin handshake.".into());
        };
        if core != CORE_VERSION {
            return Err(format!(
                "It speaks version {core:?} of the plugin core protocol; only version 1 is supported."
            ));
        }
        let transport = fields.next().unwrap_or("netrpc");
        let protocol = match app.parse::<u32>() {
            Ok(version @ (5 | 6)) => version,
            Ok(version) => {
                return Err(format!(
                    "It speaks version {version} of the provider protocol; versions 5 and 6 are supported. Choose a \
                     version of the provider that supports one of these."
                ));
            }
            Err(_) => return Err(format!("{app:?} is not a version of the provider protocol.")),
        };
        if transport != "grpc" {
            return Err(format!("It serves {transport:?}; only \"grpc\" is supported."));
        }
        let address = match network {
            "unix" => TransportAddress::Unix(PathBuf::from(address)),
            "tcp" => TransportAddress::Tcp(address.to_owned()),
            _ => {
                return Err(format!(
                    "It listens on a network of kind {network:?}; \"unix\" and \"tcp\" are supported."
                ));
            }
        };
        let certificate = fields.next().filter(|text| text.len() > MIN_CERTIFICATE).map(decode_certificate);
        Ok(Handshake { protocol, address, certificate: certificate.transpose()? })
    }
}

fn decode_certificate(text: &str) -> Result<CertificateDer<'static>, String> {
    let text = text.trim_end_matches('=');
    match STANDARD_NO_PAD.decode(text) {
        Ok(der) => Ok(CertificateDer::from(der)),
        Err(error) => Err(format!("Its certificate is not valid base64: {error}.")),
    }
}

/// The line for a plugin of our own.
pub(crate) fn line(protocol: u32, socket: &str, certificate: Option<&CertificateDer<'_>>, multiplex: bool) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let multiplex = if multiplex { "|false" } else { "" };
    format!("{CORE_VERSION}|{protocol}|unix|{socket}|grpc|{certificate}{multiplex}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_of_plugins() {
        let unix = Handshake::parse("1|5|unix|/tmp/plugin371137892|grpc|\n").unwrap();
        assert_eq!(unix.protocol, 5);
        assert_eq!(unix.address, TransportAddress::Unix("/tmp/plugin371137892".into()));
        assert_eq!(unix.certificate, None);
        let tcp = Handshake::parse("  1|6|tcp|127.0.0.1:10000|grpc|short|true").unwrap();
        assert_eq!(tcp.address, TransportAddress::Tcp("127.0.0.1:10000".into()));
        assert_eq!(tcp.certificate, None);
        assert!(Handshake::parse("1|6|unix|/x|grpc").is_ok());
    }

    #[test]
    fn refuses_what_it_cannot_use() {
        let long = "!".repeat(60);
        let certificate = format!("1|6|unix|/x|grpc|{long}");
        for (line, reason) in [
            ("", "not a line"),
            ("hello world", "not a line"),
            ("1|5|unix", "not a line"),
            ("2|5|unix|/x|grpc|", "core protocol"),
            ("1|4|unix|/x|netrpc|", "version 4"),
            ("1|x|unix|/x|grpc|", "\"x\""),
            ("1|5|unix|/x", "netrpc"),
            ("1|5|pipe|/x|grpc|", "pipe"),
            (&certificate, "base64"),
        ] {
            let error = Handshake::parse(line).unwrap_err();
            assert!(error.contains(reason), "{line:?}: {error}");
        }
    }

    #[test]
    fn own_line_is_read_back() {
        let der = CertificateDer::from((0..200u8).collect::<Vec<_>>());
        for multiplex in [false, true] {
            let read = Handshake::parse(&line(6, "/tmp/plugin1", Some(&der), multiplex)).unwrap();
            assert_eq!(read.certificate.as_ref(), Some(&der));
            assert_eq!(read.protocol, 6);
        }
    }
}
