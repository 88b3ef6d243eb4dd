//! Pairing the elements of two sequences.

use crate::json::value::write_known;
use crate::json::writer::JsonWriter;
use formwork_value::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Cells of the table up to which the exact algorithm is used.
const EXACT_CELLS: usize = 1 << 20;
/// Elements of both sides up to which the other algorithm is used; beyond, nothing in between counts as common.
const ALIGNED_ELEMENTS: usize = 1 << 20;

/// Elements that belong together: an index on each side, or out of range where there is none.
pub(super) type Pairs = Vec<(usize, usize)>;

/// Numbers that are equal for equal elements.
fn ids<T: Ord>(before: &[T], after: &[T]) -> (Vec<u32>, Vec<u32>) {
    let mut known: BTreeMap<&T, u32> = BTreeMap::new();
    let mut number = |item| {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        *known.entry(item).or_insert(next)
    };
    let before = before.iter().map(&mut number).collect();
    (before, after.iter().map(&mut number).collect())
}

/// Texts by which elements are compared; sensitivity does not count, and what is unknown counts as absent.
pub(super) fn element_texts(items: &[Value]) -> Vec<String> {
    items
        .iter()
        .map(|item| {
            let mut w = JsonWriter::new();
            write_known(&mut w, item);
            w.finish()
        })
        .collect()
}

/// Pairs elements in order. Sequences of one length in which something of the old one is missing are paired one by
/// one; otherwise a longest common subsequence stays, and objects on both sides of a gap are taken for changed ones.
pub(super) fn pair_elements<T: Ord>(before: &[T], after: &[T], is_object: impl Fn(usize, usize) -> bool) -> Pairs {
    let (old, new) = ids(before, after);
    let kept: BTreeSet<u32> = new.iter().copied().collect();
    if old.len() == new.len() && old.iter().any(|id| !kept.contains(id)) {
        return (0..old.len()).map(|i| (i, i)).collect();
    }
    pair_by_common(&old, &new, is_object)
}

/// Pairs lines: removed ones, then added ones, between those that stay.
pub(super) fn pair_lines(before: &[&str], after: &[&str]) -> Pairs {
    let (old, new) = ids(before, after);
    pair_by_common(&old, &new, |_, _| false)
}

fn pair_by_common(old: &[u32], new: &[u32], is_object: impl Fn(usize, usize) -> bool) -> Pairs {
    let common = common_subsequence(old, new);
    let mut pairs = Vec::with_capacity(old.len().max(new.len()));
    let (mut i, mut j) = (0, 0);
    let mut rest = common.iter().peekable();
    while i < old.len() || j < new.len() {
        let next = rest.next();
        let in_gap = |id: Option<&u32>| id.is_some() && id != next;
        while in_gap(old.get(i)) {
            if in_gap(new.get(j)) && is_object(i, j) {
                pairs.push((i, j));
                j += 1;
            } else {
                pairs.push((i, new.len()));
            }
            i += 1;
        }
        while in_gap(new.get(j)) {
            pairs.push((old.len(), j));
            j += 1;
        }
        if next.is_some() {
            pairs.push((i, j));
            i += 1;
            j += 1;
        }
    }
    pairs
}

/// A longest common subsequence, found from the end as the reference does, so that ties are broken alike.
fn common_subsequence(old: &[u32], new: &[u32]) -> Vec<u32> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let algorithm = match old_rest.len().saturating_mul(new_rest.len()) {
        cells if cells <= EXACT_CELLS => Algorithm::Lcs,
        _ if old_rest.len() + new_rest.len() <= ALIGNED_ELEMENTS => Algorithm::Myers,
        _ => return old.get(..start).unwrap_or_default().to_vec(),
    };
    let old_reversed: Vec<u32> = old_rest.iter().rev().copied().collect();
    let new_reversed: Vec<u32> = new_rest.iter().rev().copied().collect();
    let mut found: Vec<u32> = Vec::new();
    for operation in capture_diff_slices(algorithm, &new_reversed, &old_reversed) {
        if let DiffOp::Equal { old_index, len, .. } = operation {
            found.extend(new_reversed.get(old_index..old_index + len).unwrap_or_default());
        }
    }
    old.iter().take(start).copied().chain(found.into_iter().rev()).collect()
}

/// Pairs equal elements of two sets: those of the old set in its order, then the new ones.
pub(super) fn pair_sets(before: &[Value], after: &[Value]) -> Pairs {
    let keys = |items: &[Value]| -> Vec<(String, usize)> {
        let mut keys: Vec<(String, usize)> = element_texts(items).into_iter().zip(0..).collect();
        keys.sort();
        keys
    };
    let (old, new) = (keys(before), keys(after));
    let is_same = |i: usize, j: usize| match (before.get(i), after.get(j)) {
        (Some(a), Some(b)) => b.is_known() && a.is_sensitive() == b.is_sensitive(),
        _ => false,
    };
    let mut partner_of: Vec<Option<usize>> = vec![None; before.len()];
    let mut is_taken = vec![false; after.len()];
    let (mut o, mut n) = (old.iter().peekable(), new.iter().peekable());
    while let (Some((a, i)), Some((b, j))) = (o.peek(), n.peek()) {
        match a.cmp(b) {
            Ordering::Less => drop(o.next()),
            Ordering::Greater => drop(n.next()),
            Ordering::Equal if !is_same(*i, *j) => drop(n.next()),
            Ordering::Equal => {
                if let (Some(partner), Some(taken)) = (partner_of.get_mut(*i), is_taken.get_mut(*j)) {
                    *partner = Some(*j);
                    *taken = true;
                }
                o.next();
                n.next();
            }
        }
    }
    let kept = partner_of.into_iter().enumerate().map(|(i, partner)| (i, partner.unwrap_or(after.len())));
    let added = is_taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(j, _)| (before.len(), j));
    kept.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(before: &str, after: &str) -> String {
        let split = |text: &str| text.chars().collect::<Vec<_>>();
        let (before, after) = (split(before), split(after));
        let mut out = String::new();
        for (i, j) in pair_elements(&before, &after, |_, _| false) {
            match (before.get(i), after.get(j)) {
                (Some(a), Some(b)) if a == b => out.push(*a),
                (Some(a), Some(b)) => out.push_str(&format!("({a}{b})")),
                (Some(a), None) => out.push_str(&format!("-{a}")),
                (None, Some(b)) => out.push_str(&format!("+{b}")),
                (None, None) => out.push('?'),
            }
        }
        out
    }

    #[test]
    fn pairs_as_the_reference_does() {
        for (before, after, expected) in [
            ("abcd", "axbd", "a(bx)(cb)d"),
            ("aabc", "abbc", "a-ab+bc"),
            ("abac", "abbc", "ab-a+bc"),
            ("xyy", "xxy", "x+xy-y"),
            ("abc", "bac", "-ab+ac"),
            ("abc", "aaa", "a(ba)(ca)"),
            ("aaa", "abc", "a-a-a+b+c"),
            ("", "ab", "+a+b"),
            ("ab", "", "-a-b"),
            ("abcdef", "abcdefg", "abcdef+g"),
        ] {
            assert_eq!(marks(before, after), expected, "{before} {after}");
        }
    }

    #[test]
    fn long_sequences_are_not_quadratic() {
        let before: Vec<u32> = (0..50_000).collect();
        let after: Vec<u32> = (0..50_000).map(|n| if n == 5 { 90_000 } else { n * 3 }).chain([1]).collect();
        assert!(!pair_elements(&before, &after, |_, _| false).is_empty());
    }
}
