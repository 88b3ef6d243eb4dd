//! Versions and version constraints of providers, modules and the engine.

use std::cmp::Ordering;
use std::fmt;

/// `MAJOR.MINOR.PATCH[-prerelease][+metadata]`; missing parts are 0. Metadata does not take part in comparisons.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    pub segments: Vec<u64>,
    /// How many segments were written.
    pub written: usize,
    pub prerelease: String,
    pub metadata: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionError(pub String);

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VersionError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintOp {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// `~>`: the last written part may grow.
    Pessimistic,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    pub op: ConstraintOp,
    pub version: Version,
}

/// All must hold; empty accepts everything but pre-releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints(pub Vec<Constraint>);

impl Version {
    pub fn parse(text: &str) -> Result<Version, VersionError> {
        let bad = || VersionError(format!("{text:?} is not a version; write for example 1.2.3"));
        let body = text.trim().strip_prefix('v').unwrap_or(text.trim());
        let (body, metadata) = body.split_once('+').unwrap_or((body, ""));
        let (core, prerelease) = body.split_once('-').unwrap_or((body, ""));
        let mut segments =
            core.split('.').map(|s| s.parse::<u64>().map_err(|_| bad())).collect::<Result<Vec<_>, _>>()?;
        let written = segments.len();
        if written > 3 {
            return Err(bad());
        }
        segments.resize(3, 0);
        Ok(Version { segments, written, prerelease: prerelease.to_string(), metadata: metadata.to_string() })
    }

    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        self.segments.cmp(&other.segments).then_with(|| compare_prerelease(&self.prerelease, &other.prerelease))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A release is above its pre-releases; identifiers are compared one by one, numbers as numbers and below words.
fn compare_prerelease(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (x.parse::<u64>(), y.parse::<u64>()) {
                (Ok(x), Ok(y)) => x.cmp(&y),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => x.cmp(y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segments: Vec<String> = self.segments.iter().map(u64::to_string).collect();
        f.write_str(&segments.join("."))?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Constraint {
    /// True if the version satisfies the constraint. Pre-releases satisfy only constraints that name exactly them.
    pub fn accepts(&self, version: &Version) -> bool {
        if version.is_prerelease() && !(self.op == ConstraintOp::Equal && *version == self.version) {
            return self.op == ConstraintOp::NotEqual && *version != self.version;
        }
        match self.op {
            ConstraintOp::Equal => version.cmp(&self.version) == Ordering::Equal,
            ConstraintOp::NotEqual => version.cmp(&self.version) != Ordering::Equal,
            ConstraintOp::Greater => *version > self.version,
            ConstraintOp::GreaterOrEqual => *version >= self.version,
            ConstraintOp::Less => *version < self.version,
            ConstraintOp::LessOrEqual => *version <= self.version,
            ConstraintOp::Pessimistic => {
                let fixed = self.version.written.saturating_sub(1).max(1);
                *version >= self.version
                    && version.segments.iter().zip(&self.version.segments).take(fixed).all(|(a, b)| a == b)
            }
        }
    }
}

impl Constraints {
    /// Parses `>= 1.2, < 2.0`.
    pub fn parse(text: &str) -> Result<Constraints, VersionError> {
        text.split(',')
            .filter(|p| !text.trim().is_empty() || !p.trim().is_empty())
            .map(parse_constraint)
            .collect::<Result<_, _>>()
            .map(Constraints)
    }

    pub fn accepts(&self, version: &Version) -> bool {
        if self.0.is_empty() { !version.is_prerelease() } else { self.0.iter().all(|c| c.accepts(version)) }
    }
}

impl Constraints {
    /// All constraints of both.
    pub fn and(mut self, other: &Constraints) -> Constraints {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// The form that lock files hold: without duplicates, ordered by boundary and operator, versions with three
    /// numbers (source: the reference's dependency lock file).
    pub fn normalized(&self) -> String {
        let mut all: Vec<Constraint> = self.0.iter().map(with_minor).collect();
        all.sort_by(|a, b| a.version.cmp(&b.version).then_with(|| rank(a).cmp(&rank(b))));
        all.dedup_by(|a, b| a.version == b.version && a.op == b.op);
        Constraints(all).to_string()
    }
}

/// `~> 2` as `~> 2.0`; the written numbers count for this operator only.
fn with_minor(constraint: &Constraint) -> Constraint {
    let mut constraint = constraint.clone();
    constraint.version.written = match constraint.op {
        ConstraintOp::Pessimistic => constraint.version.written.clamp(2, 3),
        _ => 3,
    };
    constraint
}

/// Order of operators with the same boundary.
fn rank(constraint: &Constraint) -> u8 {
    match constraint.op {
        ConstraintOp::Greater => 0,
        ConstraintOp::GreaterOrEqual => 1,
        ConstraintOp::Equal => 2,
        ConstraintOp::Pessimistic if constraint.version.written > 2 => 3,
        ConstraintOp::Pessimistic => 4,
        ConstraintOp::LessOrEqual => 5,
        ConstraintOp::Less => 6,
        ConstraintOp::NotEqual => 7,
    }
}

fn parse_constraint(text: &str) -> Result<Constraint, VersionError> {
    let text = text.trim();
    let operators = [
        ("~>", ConstraintOp::Pessimistic),
        (">=", ConstraintOp::GreaterOrEqual),
        ("<=", ConstraintOp::LessOrEqual),
        ("!=", ConstraintOp::NotEqual),
        (">", ConstraintOp::Greater),
        ("<", ConstraintOp::Less),
        ("=", ConstraintOp::Equal),
    ];
    let (op, rest) = operators
        .into_iter()
        .find_map(|(sign, op)| text.strip_prefix(sign).map(|rest| (op, rest)))
        .unwrap_or((ConstraintOp::Equal, text));
    Ok(Constraint { op, version: Version::parse(rest)? })
}

/// Writes `>= 1.2.0, < 2.0.0` (the written number of parts for `~>`).
impl fmt::Display for Constraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, constraint) in self.0.iter().enumerate() {
            let sign = match constraint.op {
                ConstraintOp::Equal => "",
                ConstraintOp::NotEqual => "!= ",
                ConstraintOp::Greater => "> ",
                ConstraintOp::GreaterOrEqual => ">= ",
                ConstraintOp::Less => "< ",
                ConstraintOp::LessOrEqual => "<= ",
                ConstraintOp::Pessimistic => "~> ",
            };
            write!(f, "{}{sign}", if i > 0 { ", " } else { "" })?;
            match constraint.op {
                ConstraintOp::Pessimistic => {
                    let kept = constraint.version.segments.iter().take(constraint.version.written);
                    f.write_str(&kept.map(u64::to_string).collect::<Vec<_>>().join("."))?;
                    if constraint.version.is_prerelease() {
                        write!(f, "-{}", constraint.version.prerelease)?;
                    }
                }
                _ => constraint.version.fmt(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form_of_constraints() {
        let cases = [
            ("~> 2", "~> 2.0"),
            ("~> 2.1.0", "~> 2.1.0"),
            ("=2.1.2", "2.1.2"),
            ("= 2.1.2, >=2", ">= 2.0.0, 2.1.2"),
            (">=2.0.0,<3, >= 2", ">= 2.0.0, < 3.0.0"),
            ("<= 2.1.2, ~> 2.0, 2.1.2", "~> 2.0, 2.1.2, <= 2.1.2"),
        ];
        for (written, normal) in cases {
            assert_eq!(Constraints::parse(written).unwrap().normalized(), normal, "{written}");
        }
    }

    #[test]
    fn constraints_accept_what_they_say() {
        let cases = [
            (">= 1.2, < 2.0", "1.9.9", true),
            (">= 1.2, < 2.0", "2.0.0", false),
            ("~> 1.2", "1.9.0", true),
            ("~> 1.2", "2.0.0", false),
            ("~> 1.2.3", "1.2.9", true),
            ("~> 1.2.3", "1.3.0", false),
            ("1.0.0-beta1", "1.0.0-beta1", true),
            (">= 1.0", "1.1.0-beta1", false),
            ("!= 1.5.0", "1.5.0", false),
            ("", "3.0.0", true),
        ];
        for (constraint, version, expected) in cases {
            let accepted = Constraints::parse(constraint).unwrap().accepts(&Version::parse(version).unwrap());
            assert_eq!(accepted, expected, "{constraint} {version}");
        }
        assert_eq!(Constraints::parse("~>1.2,!=1.4").unwrap().to_string(), "~> 1.2, != 1.4.0");
    }
}
