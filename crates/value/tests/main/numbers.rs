//! Numbers. Expected digits were observed with Terraform 1.11.4 where they are not plain arithmetic.

use formwork_value::{Number, Value};
use proptest::prelude::*;

fn number(text: &str) -> Number {
    Number::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn threes(count: usize) -> String {
    format!("0.{}5", "3".repeat(count))
}

#[test]
fn parse_and_display() {
    let cases = [
        ("0", "0"),
        ("-0", "-0"),
        ("007", "7"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e5", "100000"),
        ("1E+2", "100"),
        ("1e-2", "0.01"),
        ("1.10", "1.1"),
        ("123456.789e3", "123456789"),
        ("0.00001", "0.00001"),
        ("-12.5", "-12.5"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775808"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("1e21", "1000000000000000000000"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("3.14159265358979323846264338327950288419716939937510", "3.1415926535897932384626433832795028841971693993751"),
        ("inf", "+Inf"),
        ("-Inf", "-Inf"),
    ];
    for (text, expected) in cases {
        assert_eq!(number(text).to_string(), expected, "{text}");
    }
    let huge = "1".to_owned() + &"0".repeat(1000);
    assert_eq!(number("1e1000").to_string(), huge);
    assert_eq!(number("2e-400").to_string(), format!("0.{}2", "0".repeat(399)));
    // 512 bits hold 154 digits: the last one of these 168 is lost.
    let long = format!("1{}1", "0".repeat(166));
    assert_eq!(number(&long).to_string(), format!("1{}", "0".repeat(167)));
}

#[test]
fn not_numbers() {
    for text in [
        "", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "--1", "1_000", "0x10", " 5", "5 ", "١", "nan", "infinity",
        "1e5.5",
    ] {
        assert!(Number::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn absurd_numbers_are_errors() {
    let digits = "7".repeat(2_000_000);
    let fraction = format!("0.{digits}");
    let tiny = format!("0.{}1", "0".repeat(2_000_000));
    for text in
        ["1e5000000", "1e-5000000", "1e99999999999999999999", "1e-99999999999999999999", &digits, &fraction, &tiny]
    {
        assert!(Number::parse(text).is_err(), "{}", &text[..20.min(text.len())]);
    }
    assert_eq!(number("0e99999999999999999999"), Number::ZERO);
    let large = number("1e19000");
    assert!(large.mul(&large).is_err());
    assert!(Number::from(1).div(&large).unwrap().div(&large).is_err());
}

#[test]
fn arithmetic() {
    let cases = [
        ("0.1", "+", "0.2", "0.3"),
        ("0.1", "+", "0.7", "0.8"),
        ("3.3", "*", "3", "9.9"),
        ("9223372036854775807", "+", "1", "9223372036854775808"),
        ("9223372036854775808", "-", "1", "9223372036854775807"),
        ("-9223372036854775808", "/", "-1", "9223372036854775808"),
        ("9007199254740993", "*", "1.0", "9007199254740993"),
        (
            "123456789012345678901234567890123456789012345678901234567890",
            "*",
            "1.5",
            "185185183518518518351851851835185185183518518518351851851835",
        ),
        ("1e-400", "*", "1e400", "1"),
        ("6", "/", "4", "1.5"),
        ("1", "/", "0", "+Inf"),
        ("-1", "/", "0", "-Inf"),
        ("1", "/", "inf", "0"),
        ("inf", "+", "1", "+Inf"),
        ("inf", "*", "-2", "-Inf"),
        ("-5", "%", "3", "-2"),
        ("5", "%", "-3", "2"),
        ("5.5", "%", "2", "1.5"),
        ("7.5", "%", "-2", "1.5"),
        ("-7.25", "%", "2", "-1.25"),
        ("7", "%", "0.7", "0"),
        ("0.3", "%", "0.1", "0"),
        ("1e30", "%", "7", "1"),
        ("5", "%", "0", "5"),
        ("-9223372036854775808", "%", "-1", "0"),
    ];
    for (a, operator, b, expected) in cases {
        let (x, y) = (number(a), number(b));
        let result = match operator {
            "+" => x.add(&y),
            "-" => x.sub(&y),
            "*" => x.mul(&y),
            "/" => x.div(&y),
            _ => x.rem(&y),
        };
        assert_eq!(result.unwrap().to_string(), expected, "{a} {operator} {b}");
    }
}

#[test]
fn digits_of_the_reference() {
    let third = Number::from(1).div(&Number::from(3)).unwrap();
    assert_eq!(third.to_string(), threes(154));
    assert_eq!(third.neg().to_string(), format!("-{}", threes(154)));
    assert_eq!(third.mul(&Number::from(3)).unwrap(), Number::from(1));
    let seventh = Number::from(1).div(&Number::from(7)).unwrap().to_string();
    assert_eq!(seventh, format!("0.{}285", "142857".repeat(25) + "14"));
    let rest = number("5.5").rem(&number("0.3")).unwrap().to_string();
    assert_eq!(rest, format!("0.0{}88", "9".repeat(152)));
    let rest = number("1").rem(&number("0.3")).unwrap().to_string();
    assert_eq!(rest, format!("0.0{}55", "9".repeat(153)));
}

#[test]
fn operations_without_result() {
    let infinity = Number::INFINITY;
    let zero = Number::ZERO;
    assert_eq!(zero.div(&zero).unwrap_err().0, "can't divide zero by zero or infinity by infinity");
    assert_eq!(infinity.sub(&infinity).unwrap_err().0, "can't subtract infinity from itself");
    assert!(infinity.div(&infinity).is_err());
    assert!(infinity.mul(&zero).is_err());
    assert!(infinity.add(&infinity.neg()).is_err());
    assert!(infinity.rem(&zero).is_err());
}

#[test]
fn rounding_to_whole_numbers() {
    let cases =
        [("1.1", "1", "2"), ("-1.1", "-2", "-1"), ("5", "5", "5"), ("-0.5", "-1", "0"), ("1e30", "1e30", "1e30")];
    for (text, floor, ceil) in cases {
        assert_eq!(number(text).floor(), number(floor), "{text}");
        assert_eq!(number(text).ceil(), number(ceil), "{text}");
    }
    assert!(number("1e30").is_integer());
    assert!(!number("0.5").is_integer());
    assert!(!Number::INFINITY.is_integer());
    assert_eq!(number("1e30").to_i64(), None);
    assert_eq!(number("2.0").to_i64(), Some(2));
}

#[test]
fn order() {
    let ascending = [
        "-inf",
        "-1e400",
        "-9223372036854775809",
        "-9223372036854775808",
        "-1.5",
        "-1",
        "0",
        "1e-400",
        "0.1",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "1e400",
        "inf",
    ];
    let numbers: Vec<Number> = ascending.into_iter().map(number).collect();
    for (i, a) in numbers.iter().enumerate() {
        for (j, b) in numbers.iter().enumerate() {
            assert_eq!(a.cmp(b), i.cmp(&j), "{a} {b}");
        }
    }
}

#[test]
fn other_bases() {
    assert_eq!(Number::parse_radix("ff", 16).unwrap(), Number::from(255));
    assert_eq!(Number::parse_radix("-Z", 36).unwrap(), Number::from(-35));
    assert_eq!(Number::parse_radix(&"f".repeat(32), 16).unwrap(), number("340282366920938463463374607431768211455"));
    for (text, radix) in [("", 10), ("2", 2), ("1.5", 10), ("1", 1), ("1", 37)] {
        assert!(Number::parse_radix(text, radix).is_err(), "{text} {radix}");
    }
}

#[test]
fn floats() {
    for x in [0.0, 1.0, -1.5, 0.1, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.5e-310, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Number::from_f64(x).unwrap().to_f64(), x);
    }
    assert_eq!(Number::from_f64(f64::NAN), None);
    assert_eq!(number("1e400").to_f64(), f64::INFINITY);
    assert_eq!(number("-1e-400").to_f64(), 0.0);
    // Half of the least float rounds to even, anything more rounds up.
    assert_eq!(number("2.4703282292062327e-324").to_f64(), 0.0);
    assert_eq!(number("2.4703282292062329e-324").to_f64(), 5e-324);
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        (-1000i64..1000).prop_map(Number::from),
        any::<f64>().prop_filter_map("NaN", Number::from_f64).prop_filter("finite", |n| !n.is_infinite()),
        "-?[0-9]{1,60}(\\.[0-9]{1,60})?(e-?[0-9]{1,3})?".prop_map(|text| number(&text)),
    ]
}

proptest! {
    #[test]
    fn text_round_trips(n in any_number()) {
        prop_assert_eq!(&number(&n.to_string()), &n);
    }

    #[test]
    fn results_round_trip(a in any_number(), b in any_number()) {
        for result in [a.add(&b), a.sub(&b), a.mul(&b), a.div(&b)].into_iter().flatten().filter(|n| !n.is_infinite()) {
            let text = result.to_string();
            prop_assert_eq!(&number(&text), &result);
            prop_assert!(!text.contains('e'));
            let digits = text.trim_start_matches(['-', '0', '.']).replace('.', "");
            prop_assert!(digits.trim_end_matches('0').len() <= 156, "{}", text);
        }
    }

    #[test]
    fn integers_agree(a in any::<i64>(), b in any::<i64>()) {
        let (x, y) = (Number::from(a), Number::from(b));
        let exact = |n: i128| number(&n.to_string());
        prop_assert_eq!(x.add(&y).unwrap(), exact(i128::from(a) + i128::from(b)));
        prop_assert_eq!(x.sub(&y).unwrap(), exact(i128::from(a) - i128::from(b)));
        prop_assert_eq!(x.mul(&y).unwrap(), exact(i128::from(a) * i128::from(b)));
        if b != 0 {
            prop_assert_eq!(x.rem(&y).unwrap(), exact(i128::from(a) % i128::from(b)));
        }
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
    }

    #[test]
    fn floats_agree(a in any::<f64>(), b in any::<f64>()) {
        let (Some(x), Some(y)) = (Number::from_f64(a), Number::from_f64(b)) else { return Ok(()) };
        prop_assert_eq!(x.to_f64(), a);
        prop_assert_eq!(x.cmp(&y), a.partial_cmp(&b).unwrap());
        prop_assert_eq!(x.floor().to_f64(), a.floor());
        prop_assert_eq!(x.ceil().to_f64(), a.ceil());
        // With 512 bits, rounding twice differs from rounding once only where nearly 450 bits agree.
        if let Ok(sum) = x.add(&y) && (a + b).is_finite() && a.abs() > 1e-300 && b.abs() > 1e-300 {
            prop_assert_eq!(sum.to_f64(), a + b);
        }
    }

    #[test]
    fn parsing_agrees_with_floats(text in "-?[0-9]{1,30}(\\.[0-9]{1,30})?(e-?[0-9]{1,2})?") {
        prop_assert_eq!(number(&text).to_f64(), text.parse::<f64>().unwrap());
    }

    #[test]
    fn arithmetic_laws(a in any_number(), b in any_number()) {
        prop_assert_eq!(a.add(&b), b.add(&a));
        prop_assert_eq!(a.mul(&b), b.mul(&a));
        prop_assert_eq!(a.sub(&b).map(|n| n.neg()), b.sub(&a));
        prop_assert_eq!(a.sub(&a).unwrap(), Number::ZERO);
        prop_assert_eq!(a.neg().neg(), a.clone());
        prop_assert!(a.floor() <= a && a <= a.ceil());
        prop_assert_eq!(Value::from(a.clone()) == Value::from(b.clone()), a == b);
    }
}
