//! The formatter. Expected texts are what the reference gives.

use formwork_hcl::format;

#[test]
fn texts_get_the_layout_of_the_reference() {
    for case in include_str!("data/format.txt").split("\n#### case\n").filter(|case| !case.trim().is_empty()) {
        let (text, expected) = case.split_once("\n#### becomes\n").expect("a case has two texts");
        let (text, expected) = (format!("{text}\n"), format!("{}\n", expected.trim_end_matches('\n')));
        let formatted = format(&text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        assert_eq!(formatted, expected);
        assert_eq!(format(&formatted).expect("well-formed"), formatted, "formatting twice changes nothing");
    }
}

#[test]
fn broken_texts_are_refused() {
    assert!(format("a = [\n").is_err());
    assert!(format("a {\n").is_err());
}

#[test]
fn ends_of_texts_stay() {
    for (text, expected) in [("", ""), ("a=1", "a = 1"), ("a=1\r\nb=2\r\n", "a = 1\r\nb = 2\r\n"), ("# c", "# c")] {
        assert_eq!(format(text).expect("well-formed"), expected);
    }
    assert_eq!(format("a=1\n  ").expect("well-formed"), "a = 1\n  ");
}
