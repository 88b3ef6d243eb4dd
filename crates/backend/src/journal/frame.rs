//! Frames.

/// The first bytes of every journal.
pub(super) const MAGIC: &[u8; 18] = b"formwork-journal2\n";

/// True if a file begins as `magic` does but for the number in it, which grows with every change of the form.
pub(super) fn is_of_other_version(bytes: &[u8], magic: &[u8]) -> bool {
    let name = magic.iter().take_while(|byte| !byte.is_ascii_digit()).count();
    let Some(rest) = magic.get(..name).and_then(|name| bytes.strip_prefix(name)) else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits) == Some(&b'\n') && !bytes.starts_with(magic)
}

const HEAD: usize = 16;

/// How far sequence numbers may be ahead in a search for good frames behind a bad one.
const MAX_GAP: u64 = 1 << 24;

/// The frame around a payload.
pub(super) fn frame(sequence: u64, payload: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(payload.len()).ok()?;
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&checksum(sequence, payload).to_le_bytes());
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(payload);
    Some(bytes)
}

fn checksum(sequence: u64, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&sequence.to_le_bytes()), payload)
}

/// What a scan found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All frames are good; zeros may follow.
    Clean,
    /// The last frame is incomplete.
    Torn,
    /// A bad frame, with good ones behind it.
    Corrupt { at: usize },
}

/// The payloads of all good frames from the beginning, and what stopped the scan. `bytes` are those behind the magic.
pub(super) fn scan(bytes: &[u8]) -> (Vec<&[u8]>, End) {
    let mut payloads = Vec::new();
    let mut at = 0;
    let mut sequence = 1;
    while let Some((found, payload)) = frame_at(bytes, at) {
        if found != sequence {
            return (payloads, End::Corrupt { at });
        }
        at += HEAD + payload.len();
        sequence += 1;
        payloads.push(payload);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let end = match rest.iter().position(|byte| *byte != 0) {
        None => End::Clean,
        Some(_) if has_good_frame(rest, sequence) => End::Corrupt { at },
        Some(_) => End::Torn,
    };
    (payloads, end)
}

fn frame_at(bytes: &[u8], at: usize) -> Option<(u64, &[u8])> {
    let (head, rest) = bytes.get(at..)?.split_first_chunk::<HEAD>()?;
    let [l0, l1, l2, l3, c0, c1, c2, c3, sequence @ ..] = *head;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
    let sequence = u64::from_le_bytes(sequence);
    let payload = rest.get(..length)?;
    let good = sequence != 0 && checksum(sequence, payload) == u32::from_le_bytes([c0, c1, c2, c3]);
    good.then_some((sequence, payload))
}

/// True if a later frame is intact at any place. Only places with a likely sequence number cost a checksum.
fn has_good_frame(bytes: &[u8], sequence: u64) -> bool {
    let likely = sequence..sequence.saturating_add(MAX_GAP);
    let is_likely = |window: &[u8]| {
        let number = window.last_chunk::<8>().map(|b| u64::from_le_bytes(*b));
        number.is_some_and(|number| likely.contains(&number))
    };
    bytes.windows(HEAD).enumerate().any(|(at, window)| is_likely(window) && frame_at(bytes, at).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(payloads: &[&[u8]]) -> Vec<u8> {
        payloads.iter().zip(1..).flat_map(|(p, n)| frame(n, p).unwrap()).collect()
    }

    #[test]
    fn a_tail_is_cut_and_a_hole_is_reported() {
        let payloads: [&[u8]; 3] = [b"first", b"", b"third payload"];
        let good = log(&payloads);
        assert_eq!(scan(&good), (payloads.to_vec(), End::Clean));
        let mut zeros = good.clone();
        zeros.resize(good.len() + 5000, 0);
        assert_eq!(scan(&zeros), (payloads.to_vec(), End::Clean));
        let starts = [0, 21, 37, good.len()];
        for cut in 0..good.len() {
            for padding in [0, 100] {
                let mut bytes = good[..cut].to_vec();
                bytes.resize(cut + padding, 0);
                // Zeros may be what was cut off.
                let same = |end: &&usize| **end <= bytes.len() && bytes[..**end] == good[..**end];
                let whole = starts.iter().filter(same).count() - 1;
                let rest_is_zero = bytes[starts[whole]..].iter().all(|b| *b == 0);
                let expected = if rest_is_zero { End::Clean } else { End::Torn };
                assert_eq!(scan(&bytes), (payloads[..whole].to_vec(), expected), "cut at {cut}");
            }
        }
        for at in 0..37 {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            let start = if at < 21 { 0 } else { 21 };
            assert_eq!(scan(&bytes).1, End::Corrupt { at: start }, "flipped {at}");
        }
        let mut bytes = good.clone();
        bytes[40] ^= 1;
        assert_eq!(scan(&bytes), (payloads[..2].to_vec(), End::Torn));
        bytes = good[21..].to_vec();
        assert!(matches!(scan(&bytes).1, End::Corrupt { at: 0 }));
    }
}
