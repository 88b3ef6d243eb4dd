//! Markdown and HTML of plans, states and drift: well-formed, complete and safe whatever is in them.

use crate::fixture;
use base64::Engine;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::*;
use formwork_render::{ChangeCounts, MARKDOWN_MIN_BYTES, Subject, TextOptions, html, markdown, report_text};
use formwork_value::{Marks, Str, Value};
use html5gum::{Token, Tokenizer};
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// Is in every text that comes from elsewhere.
const EVIL: &str = "EVIL";

/// What a sensitive value holds.
const SECRET: &str = "S3CR3T";

const PIECES: [&str; 22] = [
    "`",
    "```",
    "~~~~",
    "\n",
    "\n\n",
    "</details>",
    "<script>alert(1)</script>",
    "<!--",
    "@everyone",
    "#1",
    "**b**",
    "[x](http://e)",
    "http://e.example",
    "\u{1b}[31m",
    "\u{202e}",
    "\r",
    "\\",
    "\"",
    "'",
    "&lt;",
    "| x |",
    "</pre><i>",
];

fn evil() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("{EVIL}{}", pieces.concat()))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => evil().prop_map(Value::from),
        1 => any::<i32>().prop_map(|n| Value::from(i64::from(n))),
        1 => Just(Value::string(SECRET).with_marks(Marks::SENSITIVE)),
        1 => evil().prop_map(|text| Value::string(format!("{{\"k\":{:?}}}", text))),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
            prop::collection::vec((evil(), inner), 0..3).prop_map(Value::object),
        ]
    })
}

fn object(input: Value) -> Value {
    let null = || Value::null(formwork_value::Type::Dynamic);
    Value::object([("id", Value::string("an id")), ("input", input), ("output", null()), ("triggers_replace", null())])
}

fn action() -> impl Strategy<Value = Action> {
    prop::sample::select(vec![
        Action::NoOp,
        Action::Create,
        Action::Read,
        Action::Update,
        Action::Delete,
        Action::DeleteThenCreate,
        Action::CreateThenDelete,
        Action::Forget,
        Action::ForgetThenCreate,
    ])
}

fn instance(key: &str) -> ResourceInstance {
    let mut address = ResourceInstance::parse("terraform_data.a").unwrap();
    address.key = InstanceKey::String(key.into());
    address
}

prop_compose! {
    fn change()(
        key in evil(),
        previous in prop::option::weighted(0.2, evil()),
        deposed in prop::bool::weighted(0.1),
        action in action(),
        sides in (value(), value()),
        import in prop::option::weighted(0.2, evil()),
        reason in 0usize..4,
    ) -> ResourceChange {
        let null = || Value::null(object(Value::from(1)).ty());
        let (before, after) = (object(sides.0), object(sides.1));
        let reasons = [
            ActionReason::None,
            ActionReason::ReplaceBecauseTainted,
            ActionReason::DeleteBecauseEachKey,
            ActionReason::DeleteBecauseNoMoveTarget,
        ];
        let address = instance(&key);
        ResourceChange {
            previous_address: previous.map_or_else(|| address.clone(), |key| instance(&key)),
            address,
            deposed: deposed.then(|| DeposedKey("0badcafe".into())),
            provider: ProviderConfigAddress {
                module: ModulePath::root(),
                provider: ProviderAddress::parse("terraform.io/builtin/terraform").unwrap(),
                alias: None,
                key: InstanceKey::None,
            },
            action,
            reason: reasons[reason],
            after: match action {
                Action::Delete | Action::Forget => null(),
                Action::NoOp => before.clone(),
                _ => after,
            },
            before: if matches!(action, Action::Create | Action::Read) { null() } else { before },
            replace_paths: Vec::new(),
            private: Vec::new(),
            before_identity: None,
            after_identity: None,
            importing: import.map(|id| Importing { id: Some(id.as_str().into()), identity: None }),
            generated_config: None,
            create_before_destroy: false,
        }
    }
}

fn output() -> impl Strategy<Value = OutputChange> {
    let action = prop::sample::select(vec![Action::NoOp, Action::Create, Action::Update, Action::Delete]);
    (evil(), action, value(), value(), any::<bool>()).prop_map(|(name, action, before, after, sensitive)| {
        let hide = |value: Value| if sensitive { Value::string(SECRET) } else { value };
        OutputChange { name: name.as_str().into(), action, before: hide(before), after: hide(after), sensitive }
    })
}

fn check() -> impl Strategy<Value = CheckResult> {
    let status =
        prop::sample::select(vec![CheckStatus::Pass, CheckStatus::Unknown, CheckStatus::Fail, CheckStatus::Error]);
    (evil(), status, evil()).prop_map(|(address, status, failure)| CheckResult {
        address: CheckableAddress { kind: CheckKind::Check, config: address.as_str().into() },
        status,
        objects: Some(vec![CheckObject {
            address: address.as_str().into(),
            status,
            failures: vec![failure.as_str().into()],
        }]),
    })
}

prop_compose! {
    fn plan()(
        changes in prop::collection::vec(change(), 0..12),
        drift in prop::collection::vec(change(), 0..3),
        outputs in prop::collection::vec(output(), 0..4),
        checks in prop::collection::vec(check(), 0..3),
        mode in prop::sample::select(vec![PlanMode::Normal, PlanMode::Destroy, PlanMode::RefreshOnly]),
        errored in any::<bool>(),
    ) -> Plan {
        let outputs: BTreeMap<Str, OutputChange> = outputs.into_iter().map(|o| (o.name.clone(), o)).collect();
        Plan {
            options: PlanOptions { mode, ..PlanOptions::default() },
            changes,
            drift,
            outputs: outputs.into_values().collect(),
            checks,
            errored,
            ..Plan::default()
        }
    }
}

/// Not part of the strategy: nobody could read what fails.
fn with_schemas(plan: Plan) -> Plan {
    Plan { schemas: fixture::schemas(include_str!("../schemas/builtin.json")), ..plan }
}

/// What a reader of Markdown sees outside of code.
struct Read {
    /// Text outside of code blocks.
    text: String,
    html: String,
    fences: usize,
    /// The numbers below the columns.
    numbers: BTreeMap<String, usize>,
}

fn read(document: &str) -> Read {
    let mut read = Read { text: String::new(), html: String::new(), fences: 0, numbers: BTreeMap::new() };
    let (mut in_code, mut in_cell, mut cells) = (false, false, Vec::new());
    for event in Parser::new_ext(document, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let CodeBlockKind::Fenced(language) = kind else { panic!("not in a fence: {document}") };
                assert!(["diff", "hcl", "text"].contains(&&*language), "{language}");
                in_code = true;
                read.fences += 1;
            }
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::TableCell) => {
                in_cell = true;
                cells.push(String::new());
            }
            Event::End(TagEnd::TableCell) => in_cell = false,
            Event::Text(_) if in_code => {}
            Event::Text(text) => {
                if let Some(cell) = cells.last_mut().filter(|_| in_cell) {
                    cell.push_str(&text);
                }
                read.text.push_str(&text);
            }
            Event::Html(text) => read.html.push_str(&text),
            Event::Start(
                Tag::Heading { .. }
                | Tag::Paragraph
                | Tag::HtmlBlock
                | Tag::BlockQuote(_)
                | Tag::Strong
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow,
            )
            | Event::End(_)
            | Event::SoftBreak => {}
            other => panic!("{other:?} in\n{document}"),
        }
    }
    let (names, numbers) = cells.split_at(cells.len() / 2);
    read.numbers = names.iter().cloned().zip(numbers.iter().map(|number| number.parse().unwrap())).collect();
    read
}

/// Checks the blocks of HTML in Markdown, and gives their number.
fn details(html: &str) -> usize {
    let mut rest = html.to_owned();
    while let Some((start, end)) = rest.find("<code>").and_then(|start| Some((start, rest.find("</code>")?))) {
        assert!(!rest[start + 6..end].contains('<'), "{html}");
        rest.replace_range(start..end + 7, "");
    }
    assert!(!rest.contains(EVIL), "{rest}");
    let mut depth = 0i32;
    for tag in rest.split('<').skip(1).map(|tag| tag.split_once('>').unwrap().0) {
        assert!(
            ["details", "/details", "summary", "/summary", "p", "/p", "strong", "/strong", "ul", "/ul", "li", "/li"]
                .contains(&tag),
            "{tag}"
        );
        depth += i32::from(tag == "details") - i32::from(tag == "/details");
        assert!((0..=1).contains(&depth), "{html}");
    }
    assert_eq!(depth, 0, "{html}");
    rest.matches("<details>").count()
}

/// Numbers in `Left out: 2 of 3 to destroy, 1 of 1 to create.`
fn left_out(text: &str) -> usize {
    let Some((_, list)) = text.split_once("Left out: ") else { return 0 };
    let list = list.split('.').next().unwrap();
    list.split(", ").map(|part| part.split(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

fn check_document(document: &str, limit: usize) -> Read {
    assert!(document.len() <= limit.max(MARKDOWN_MIN_BYTES), "{} bytes", document.len());
    assert!(!document.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{document:?}");
    assert!(!document.contains(SECRET), "{document}");
    let read = read(document);
    assert!(!read.text.contains(EVIL), "{}", read.text);
    read
}

/// The counts, counted once more.
fn counted(plan: &Plan) -> BTreeMap<&'static str, usize> {
    let shown: Vec<_> = plan
        .changes
        .iter()
        .filter(|c| c.action != Action::NoOp || c.address != c.previous_address || c.importing.is_some())
        .collect();
    let of = |actions: &[Action]| shown.iter().filter(|c| actions.contains(&c.action)).count();
    BTreeMap::from([
        ("Create", of(&[Action::Create])),
        ("Update", of(&[Action::Update])),
        ("Replace", of(&[Action::DeleteThenCreate, Action::CreateThenDelete, Action::ForgetThenCreate])),
        ("Destroy", of(&[Action::Delete])),
        ("Forget", of(&[Action::Forget])),
        ("Read", of(&[Action::Read])),
        ("Import", shown.iter().filter(|c| c.importing.is_some()).count()),
        ("Move", shown.iter().filter(|c| c.address != c.previous_address).count()),
        ("Outputs", plan.outputs.iter().filter(|o| o.action != Action::NoOp).count()),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn markdown_is_safe_complete_and_short(plan in plan(), limit in 0usize..24_000) {
        let plan = with_schemas(plan);
        let whole = check_document(&markdown(Subject::Plan(&plan), usize::MAX).unwrap(), usize::MAX);
        let cut = check_document(&markdown(Subject::Plan(&plan), limit).unwrap(), limit);
        prop_assert_eq!(left_out(&whole.text), 0);
        let names = usize::from(cut.html.contains(" by name</summary>"));
        prop_assert_eq!(details(&whole.html), details(&cut.html) - names + left_out(&cut.text));
        prop_assert_eq!(&whole.numbers, &cut.numbers);
        for (name, number) in counted(&plan) {
            prop_assert_eq!(cut.numbers[name], number, "{}", name);
        }
        let counts = ChangeCounts::of(&plan);
        prop_assert_eq!(counts.create + counts.update + counts.destroy, ["Create", "Update", "Destroy"].map(|n| cut.numbers[n]).iter().sum::<usize>());
    }

    #[test]
    fn drift_documents_too(plan in plan(), problem in evil(), limit in 0usize..8_000) {
        let plan = Plan { options: PlanOptions { mode: PlanMode::RefreshOnly, ..PlanOptions::default() }, ..with_schemas(plan) };
        let problems = Diagnostics::from(Diagnostic::error(&problem, &problem).address(&problem));
        let subject = Subject::Drift { plan: &plan, problems: &problems };
        let cut = check_document(&markdown(subject, limit).unwrap(), limit);
        prop_assert_eq!(cut.numbers["Errors"], 1);
        check_page(&html(subject).unwrap());
        let text = report_text(subject, TextOptions::default()).unwrap();
        prop_assert!(!text.contains(SECRET) && !text.chars().any(|c| c.is_control() && c != '\n'));
    }

    #[test]
    fn pages_are_well_formed_and_inert(plan in plan()) {
        let plan = with_schemas(plan);
        let page = html(Subject::Plan(&plan)).unwrap();
        let entries = check_page(&page);
        let whole = read(&markdown(Subject::Plan(&plan), usize::MAX).unwrap());
        prop_assert_eq!(entries, details(&whole.html));
    }
}

/// Elements that have no end tag.
const VOID: [&str; 1] = ["meta"];

const ELEMENTS: [&str; 24] = [
    "a", "b", "body", "code", "details", "footer", "h1", "h2", "head", "header", "html", "i", "li", "main", "meta",
    "p", "pre", "section", "span", "strong", "style", "summary", "title", "ul",
];

/// Checks a page and gives the number of its entries.
fn check_page(page: &str) -> usize {
    assert!(!page.contains(SECRET));
    assert!(!page.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'));
    let (mut open, mut ids, mut links) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut entries = 0;
    for token in Tokenizer::new(page) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let name = String::from_utf8(tag.name.to_vec()).unwrap();
                assert!(ELEMENTS.contains(&&*name), "{name}");
                entries += usize::from(name == "details");
                for (attribute, value) in &tag.attributes {
                    let (attribute, value) =
                        (String::from_utf8(attribute.to_vec()).unwrap(), String::from_utf8(value.to_vec()).unwrap());
                    match &*attribute {
                        "id" => assert!(ids.insert(value.clone()), "twice: {value}"),
                        "href" => links.push(value),
                        "class" | "open" | "aria-label" | "charset" | "name" | "content" | "http-equiv" | "lang" => {}
                        other => panic!("attribute {other}"),
                    }
                }
                if !VOID.contains(&&*name) {
                    open.push(name);
                }
            }
            Token::EndTag(tag) => {
                assert_eq!(open.pop().unwrap().as_bytes(), &**tag.name);
            }
            Token::String(text) => {
                let text = String::from_utf8(text.to_vec()).unwrap();
                let is_code = open.iter().any(|name| name == "pre" || name == "code");
                assert!(is_code || !text.contains(EVIL), "{text}");
            }
            Token::Doctype(_) => {}
            Token::Comment(comment) => panic!("{comment:?}"),
            Token::Error(error) => panic!("{error:?} in {page}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for link in links {
        let target = unescape(link.strip_prefix('#').unwrap());
        assert!(ids.contains(&target), "nothing is at {link}");
    }
    entries
}

fn unescape(fragment: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), fragment.as_bytes());
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_policy_of_pages_allows_their_style_only() {
    let page = html(Subject::Plan(&Plan::default())).unwrap();
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    let policy = format!("default-src &#39;none&#39;; style-src &#39;sha256-{hash}&#39;;");
    assert!(page.contains(&policy), "the hash of the style is {hash}");
}

/// A plan with one change, as Markdown.
fn markdown_of(golden: &str) -> String {
    let schemas = fixture::schemas(include_str!("../schemas/builtin.json"));
    markdown(Subject::Plan(&fixture::plan(golden, &schemas)), usize::MAX).unwrap()
}

#[test]
fn diffs_have_their_symbols_in_the_first_column() {
    let document = markdown_of(include_str!("../golden/replace/plan.json"));
    let diff: Vec<&str> =
        document.lines().skip_while(|line| *line != "```diff").skip(1).take_while(|line| *line != "```").collect();
    assert!(diff[0].starts_with("-/+ resource \"terraform_data\"") || diff[0].starts_with("+/- resource"), "{diff:?}");
    assert!(diff.iter().any(|line| line.starts_with("!     ")), "{diff:#?}");
    assert_eq!(diff.last(), Some(&"  }"));
}

#[test]
fn what_destroys_comes_first() {
    let document = markdown_of(include_str!("../golden/reasons/plan.json"));
    let headings: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("#### ")).collect();
    let order = ["Destroy", "Replace", "Forget", "Update", "Create", "Import", "Move", "Read", "Outputs", "Drift"];
    let places: Vec<usize> =
        headings.iter().map(|h| order.iter().position(|name| h.starts_with(name)).unwrap()).collect();
    assert!(places.is_sorted() && places.len() > 1, "{headings:?}");
}

#[test]
fn states_are_shown_in_all_forms() {
    let schemas = fixture::schemas(include_str!("../schemas/builtin.json"));
    let document = serde_json::from_str(include_str!("../golden/sensitive/state.json")).unwrap();
    let snapshot = fixture::state(&document, &schemas);
    let schema_of = |address: &ProviderAddress| schemas.get(address).cloned();
    let subject = Subject::State { state: &snapshot.state, schema_of: &schema_of };
    let text = markdown(subject, 65_000).unwrap();
    let objects: usize = snapshot.state.instances().count() + snapshot.state.outputs.len();
    assert_eq!(details(&read(&text).html), objects);
    assert!(text.contains("(sensitive value)"));
    assert_eq!(check_page(&html(subject).unwrap()), objects);
    let nothing = Subject::State { state: &State::default(), schema_of: &schema_of };
    assert!(markdown(nothing, 65_000).unwrap().starts_with("### State: empty\n"));
}

#[test]
fn large_plans_are_cut_in_whole_objects() {
    let schemas = fixture::schemas(include_str!("../schemas/builtin.json"));
    let mut plan = fixture::plan(include_str!("../golden/scalars/plan.json"), &schemas);
    let one = plan.changes[0].clone();
    plan.changes = (0..5000)
        .map(|n| {
            let mut change = one.clone();
            change.address.key = InstanceKey::Int(n);
            change.previous_address = change.address.clone();
            change
        })
        .collect();
    plan.changes[4999].action = Action::Delete;
    let text = markdown(Subject::Plan(&plan), 65_000).unwrap();
    assert!(text.len() <= 65_000 && text.len() > 60_000, "{}", text.len());
    assert!(text.starts_with("### Plan: 4999 to update, 1 to destroy"), "{}", &text[..100]);
    let first = text.find("<summary><code>-</code> <code>terraform_data.a[4999]</code> will be").unwrap();
    assert!(first < text.find("terraform_data.a[0]").unwrap());
    assert_eq!(read(&text).numbers["Update"], 4999);
}
