//! Trees of expressions, written as text in prefix form.

use formwork_diag::{FileId, Span};
use formwork_hcl::{
    BinaryOp, Expr, ExprKind, ForExpr, ObjectItem, ObjectKey, TemplateDirective, TemplatePart, TraversalStep, UnaryOp,
    parse_expression, parse_template,
};

fn op(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
    }
}

fn all(exprs: &[Expr]) -> String {
    exprs.iter().map(tree).collect::<Vec<_>>().join(" ")
}

fn steps(steps: &[TraversalStep]) -> String {
    steps.iter().map(ToString::to_string).collect()
}

fn for_expr(f: &ForExpr) -> String {
    let key = f.key_name.as_ref().map_or_else(String::new, |k| format!("{k}, "));
    let result = f.key_expr.as_ref().map_or_else(String::new, |k| format!("{} => ", tree(k)));
    let group = if f.grouping { "..." } else { "" };
    let condition = f.condition.as_ref().map_or_else(String::new, |c| format!(" if {}", tree(c)));
    format!(
        "(for {key}{} in {} : {result}{}{group}{condition})",
        f.value_name,
        tree(&f.collection),
        tree(&f.value_expr)
    )
}

fn item(item: &ObjectItem) -> String {
    let key = match &item.key {
        ObjectKey::Name { name, .. } => name.to_string(),
        ObjectKey::Expr(expr) => tree(expr),
    };
    format!("{key}={}", tree(&item.value))
}

fn parts(parts: &[TemplatePart]) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text, _) => format!("{text:?}"),
        TemplatePart::Interpolation(expr) => format!("${}", tree(expr)),
        TemplatePart::Directive(directive) => match &**directive {
            TemplateDirective::If { condition, yes, no, .. } => {
                format!("(if {} {{{}}} {{{}}})", tree(condition), self::parts(yes), self::parts(no))
            }
            TemplateDirective::For { value_name, collection, body, .. } => {
                format!("(for {value_name} in {} {{{}}})", tree(collection), self::parts(body))
            }
        },
    };
    parts.iter().map(part).collect::<Vec<_>>().join(" ")
}

fn tree(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(value) => formwork_hcl::expression_text(value),
        ExprKind::Template(list) => format!("<{}>", parts(list)),
        ExprKind::TemplateWrap(inner) => format!("<${}>", tree(inner)),
        ExprKind::Traversal(traversal) => traversal.to_string(),
        ExprKind::Steps { source, steps: list } => format!("(steps {} {})", tree(source), steps(list)),
        ExprKind::Index { source, key } => format!("(index {} {})", tree(source), tree(key)),
        ExprKind::Splat { source, each, full, .. } => {
            format!("(splat{} {} {})", if *full { "" } else { "." }, tree(source), tree(each))
        }
        ExprKind::SplatItem => "@".to_string(),
        ExprKind::Call { name, args, expand_last } => {
            let name: Vec<&str> = name.namespace.iter().chain([&name.name]).map(|s| &**s).collect();
            format!("({}! {}{})", name.join("::"), all(args), if *expand_last { "..." } else { "" })
        }
        ExprKind::Conditional { condition, yes, no } => format!("(? {} {} {})", tree(condition), tree(yes), tree(no)),
        ExprKind::Binary { first, rest } => {
            rest.iter().fold(tree(first), |left, step| format!("({} {left} {})", op(step.op), tree(&step.right)))
        }
        ExprKind::Unary { op: UnaryOp::Negate, operand } => format!("(neg {})", tree(operand)),
        ExprKind::Unary { op: UnaryOp::Not, operand } => format!("(not {})", tree(operand)),
        ExprKind::Tuple(items) => format!("[{}]", all(items)),
        ExprKind::Object(items) => format!("{{{}}}", items.iter().map(item).collect::<Vec<_>>().join(" ")),
        ExprKind::For(f) => for_expr(f),
        ExprKind::Parens(inner) => format!("({})", tree(inner)),
        ExprKind::JsonString { text, .. } => format!("json{text:?}"),
        ExprKind::Invalid(_) => "invalid".to_string(),
    }
}

fn parsed(text: &str) -> Expr {
    let (expr, diagnostics) = parse_expression(FileId(0), text, 0);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    expr
}

#[test]
fn expressions_have_the_right_trees() {
    let cases = [
        ("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"),
        ("a || b && c == d < e + f * -g", "(|| a (&& b (== c (< d (+ e (* f (neg g)))))))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("a ? b ? c : d : e", "(? a (? b c d) e)"),
        ("!a == b", "(== (not a) b)"),
        ("--1", "(neg (neg 1))"),
        ("-a.b[0]", "(neg a.b[0])"),
        ("a-b", "a-b"),
        ("a-b -1", "(- a-b 1)"),
        ("a - b", "(- a b)"),
        ("a.b.c[0][\"k\"].0.d", "a.b.c[0][\"k\"][0].d"),
        ("a.01", "a[1]"),
        ("1.e5", "100000"),
        ("a[b]", "(index a b)"),
        ("a[b].c", "(steps (index a b) .c)"),
        ("a[-1]", "(index a (neg 1))"),
        ("f(1).a[0]", "(steps (f! 1) .a[0])"),
        ("(a).b", "(steps (a) .b)"),
        ("[1][0]", "(steps [1] [0])"),
        ("{a = 1}.a", "(steps {a=1} .a)"),
        ("a[*].b[0]", "(splat a (steps @ .b[0]))"),
        ("a.*.b[0]", "(steps (splat. a (steps @ .b)) [0])"),
        ("a[*]", "(splat a @)"),
        ("a[*].b[*].c", "(splat a (splat (steps @ .b) (steps @ .c)))"),
        ("a.*.b[*].c", "(splat (splat. a (steps @ .b)) (steps @ .c))"),
        ("a[*][b]", "(splat a (index @ b))"),
        ("f()", "(f! )"),
        ("f(a, b,)", "(f! a b)"),
        ("f(a, b...)", "(f! a b...)"),
        ("a::b::c(1)", "(a::b::c! 1)"),
        ("f(\n  a,\n  b\n)", "(f! a b)"),
        ("[]", "[]"),
        ("[1,\n 2,\n]", "[1 2]"),
        ("{}", "{}"),
        ("{a = 1, b : 2\n c = 3}", "{a=1 b=2 c=3}"),
        ("{\"a b\" = 1, (c) = 2, 5 = 6, \"${d}\" = 7, true = 8}", "{\"a b\"=1 (c)=2 5=6 <$d>=7 true=8}"),
        ("{a.b = 1}", "{a.b=1}"),
        ("[for x in y : x]", "(for x in y : x)"),
        ("[for k, v in y : v if k > 1]", "(for k, v in y : v if (> k 1))"),
        ("{for k, v in y : k => v... if v}", "(for k, v in y : k => v... if v)"),
        ("(\n 1\n +\n 2)", "((+ 1 2))"),
        ("true.x", "(steps true .x)"),
        ("null", "null"),
        ("007", "7"),
        ("1e3", "1000"),
        ("1.50", "1.5"),
        ("a /* c */ + b # d", "(+ a b)"),
        ("日本.é", "日本.é"),
        ("_a", "_a"),
    ];
    for (text, expected) in cases {
        assert_eq!(tree(&parsed(text)), expected, "{text}");
    }
}

#[test]
fn numbers_keep_all_their_digits() {
    let digits = "12345678901234567890123456789012345678901234567890.5";
    assert_eq!(tree(&parsed(digits)), digits);
}

#[test]
fn templates_have_the_right_parts() {
    let cases = [
        ("\"\"", "\"\""),
        ("\"a\"", "\"a\""),
        ("\"a${b}c\"", "<\"a\" $b \"c\">"),
        ("\"${b}\"", "<$b>"),
        ("\"${b}${c}\"", "<$b $c>"),
        ("\"$${a} %%{b} $ % $\"", "\"$${a} %%{b} $ % $\""),
        ("\"$$${a}\"", "\"$$${a}\""),
        ("\"a  ${~ b ~}  c\"", "<\"a\" $b \"c\">"),
        ("\"${\"x${y}\"}\"", "<$<\"x\" $y>>"),
        ("\"${ {a = 1}.a }\"", "<$(steps {a=1} .a)>"),
        ("\"%{ if a }b%{ else }c%{ endif }\"", "<(if a {\"b\"} {\"c\"})>"),
        ("\"%{ if a }b%{ endif }c\"", "<(if a {\"b\"} {}) \"c\">"),
        ("\"%{ for x in y ~} ${x} %{~ endfor }\"", "<(for x in y {$x})>"),
        ("\"%{ for x in y }%{ if x }a%{ endif }%{ endfor }\"", "<(for x in y {(if x {\"a\"} {})})>"),
        ("\"\\n\\t\\\"\\\\\\u00e9\\U0001F680\"", "\"\\n\\t\\\"\\\\é🚀\""),
        ("<<E\nE\n", "\"\""),
        ("<<E\na\n b\nE\n", "\"a\\n b\\n\""),
        ("<<E\na\\n\n  E\n", "\"a\\\\n\\n\""),
        ("<<-E\n    a\n      b\n\n    c\n  E\n", "\"a\\n  b\\n\\nc\\n\""),
        ("<<-E\n    ${a}\n      b\n  E\n", "<$a \"\\n  b\\n\">"),
        ("<<-E\n  a\n${b}\n  E\n", "<\"  a\\n\" $b \"\\n\">"),
        ("<<E\n%{ if a ~}\nb\n%{ endif ~}\nE\n", "<(if a {\"b\\n\"} {})>"),
        ("<<E\na\n  %{~ if b }c%{ endif }\nE\n", "<\"a\\n\" (if b {\"c\"} {}) \"\\n\">"),
        ("<<E\r\na\r\nE\r\n", "\"a\\r\\n\""),
        ("[<<E\na\nE\n, 1]", "[\"a\\n\" 1]"),
    ];
    for (text, expected) in cases {
        assert_eq!(tree(&parsed(text)), expected, "{text}");
    }
}

#[test]
fn bare_templates_need_no_quotes() {
    let tree_of = |text: &str| tree(&parse_template(FileId(0), text, 0).0);
    assert_eq!(tree_of("a \"b\" \\n ${c}\n"), "<\"a \\\"b\\\" \\\\n \" $c \"\\n\">");
    assert_eq!(tree_of("${c}"), "<$c>");
    assert_eq!(tree_of("plain"), "\"plain\"");
    assert_eq!(tree_of(""), "\"\"");
}

/// The text under the span of each node of an expression that a function picks.
fn under(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

#[test]
fn spans_cover_what_they_mean() {
    let text = "f(a.b[0].c, \"x${ y }\") + [for k, v in z : -k][*].q ? (1) : {a = 2}";
    let (expr, _) = parse_expression(FileId(0), text, 0);
    assert_eq!(under(text, expr.span), text);
    let ExprKind::Conditional { condition, yes, no } = &expr.kind else { panic!("a conditional") };
    assert_eq!((under(text, yes.span), under(text, no.span)), ("(1)", "{a = 2}"));
    let ExprKind::Binary { first: left, rest } = &condition.kind else { panic!("a sum") };
    let right = &rest[0].right;
    assert_eq!(under(text, left.span), "f(a.b[0].c, \"x${ y }\")");
    assert_eq!(under(text, right.span), "[for k, v in z : -k][*].q");
    let ExprKind::Call { name, args, .. } = &left.kind else { panic!("a call") };
    assert_eq!((under(text, name.span), under(text, args[0].span)), ("f", "a.b[0].c"));
    let ExprKind::Traversal(traversal) = &args[0].kind else { panic!("a reference") };
    let steps: Vec<&str> = traversal.steps.iter().map(|step| under(text, step.span())).collect();
    assert_eq!((under(text, traversal.root_span), steps), ("a", vec![".b", "[0]", ".c"]));
    let ExprKind::Template(parts) = &args[1].kind else { panic!("a template") };
    let TemplatePart::Interpolation(inner) = &parts[1] else { panic!("an interpolation") };
    assert_eq!(under(text, inner.span), "y");
    let ExprKind::Splat { source, operator_span, .. } = &right.kind else { panic!("a splat") };
    assert_eq!(under(text, *operator_span), "[*]");
    let ExprKind::For(for_expr) = &source.kind else { panic!("a for expression") };
    assert_eq!(under(text, for_expr.header_span), "for k, v in z :");
}

#[test]
fn offsets_move_spans() {
    let (expr, _) = parse_expression(FileId(3), "a + b", 100);
    assert_eq!(expr.span, Span { file: FileId(3), start: 100, end: 105 });
}
