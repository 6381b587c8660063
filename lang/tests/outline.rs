//! Fingerprints: what counts as a change of a definition and what does not.

use lang::outline::Outline;
use lang::source::Source;

fn outline(text: &str) -> Outline {
    let source = Source::new("t.lang", text);
    let mut parsed = lang::parse(&source);
    let resolved = lang::resolve(&parsed.file, &mut parsed.diagnostics);
    assert!(!parsed.diagnostics.iter().any(|d| d.is_error()), "{text}: {:?}", parsed.diagnostics);
    lang::outline(&source, &parsed.file, &resolved)
}

fn fingerprint(text: &str) -> u64 {
    let outline = outline(text);
    outline.definitions.first().map(|d| d.fingerprint).or(outline.statements.first().map(|s| s.fingerprint)).expect("one item")
}

#[test]
fn spacing_comments_docs_and_position_are_no_change() {
    let same = [
        "fn f(a, b = 1) { let s = \"x\"; a + b * 2 }",
        "fn f(a,b=1){let s=\"x\"\n  a+(b*2) # comment\n}",
        "\n\n## doc\nfn f(\n    a,\n    b = 1,\n) {\n\n    ## lost\n    let s = \"x\"\n    a +\n        b * 2\n}\n",
        "let before = 1\nfn f(a, b = 1) { let s = \"\\u{78}\"; ((a) + b * 2) }",
        "fn f(a, b = 0x1) was g { let s = 'x'; a + b * 2 }",
    ];
    let of_f = |text: &str| outline(text).definition("f").expect("f is there").fingerprint;
    for text in same {
        assert_eq!(of_f(same[0]), of_f(text), "{text}");
    }
}

#[test]
fn indentation_of_a_string_over_lines_is_no_change() {
    assert_eq!(
        fingerprint("let s = \"\"\"\n  a\n   b\n  \"\"\""),
        fingerprint("let s = \"\"\"\n        a\n         b\n      \"\"\"")
    );
    assert_ne!(fingerprint("let s = \"\"\"\n  a\n   b\n  \"\"\""), fingerprint("let s = \"\"\"\n  a\n  b\n  \"\"\""));
}

#[test]
fn every_difference_in_meaning_is_a_change() {
    let different = [
        "fn f(a, b) { a + b }",
        "fn g(a, b) { a + b }",
        "fn f(a, c) { a + c }",
        "fn f(a, b = nil) { a + b }",
        "fn f(a, ...b) { a + b }",
        "fn f(a, b) { a - b }",
        "fn f(a, b) { b + a }",
        "fn f(a, b) { a + b; nil }",
        "fn f(a, b) { return a + b }",
        "fn f(a, b) { a + \"b\" }",
        "fn f(a, b) { a?.b }",
        "fn f(a, b) { a.b }",
        "fn f(a, b) { (a, b) }",
        "fn f(a, b) { [a, b] }",
        "fn f(a, b) { ((a, b),) }",
        "fn f((a, b)) { a + b }",
        "@d\nfn f(a, b) { a + b }",
        "fn f(a, b) { a + b + 1 }",
        "fn f(a, b) { a + b + 1.0 }",
        "fn f(a, b) { \"${a}\" }",
        "fn f(a, b) { \"${a:>3}\" }",
        "fn f(a, b) { \"a\" }",
        "fn f(a, b) { match a { 1 => b } }",
        "fn f(a, b) { match a { 1 if a => b } }",
        "fn f(a, b) { match a { == b => b } }",
        "fn f(a, b) { if a { b } }",
        "fn f(a, b) { if a { b } else { } }",
        "let f = |a, b| a + b",
        "const f = |a, b| a + b",
        "class f { slot a; slot b }",
        "class f { slot a; slot b transient }",
        "class f { slot a; shared b }",
        "class f(g) { slot a; slot b }",
        "enum f { a, b }",
        "enum f { a, b() }",
        "enum f { b, a }",
    ];
    for (i, a) in different.iter().enumerate() {
        for b in &different[..i] {
            assert_ne!(fingerprint(a), fingerprint(b), "{a} / {b}");
        }
    }
}

#[test]
fn the_shape_leaves_lambda_bodies_out() {
    let shape = |text: &str| outline(text).statements[0].shape;
    assert_eq!(shape("on(\"tick\", |dt| step(dt))"), shape("on(\"tick\", |dt| { log(dt); step(dt * 2) })"));
    assert_ne!(shape("on(\"tick\", |dt| step(dt))"), shape("on(\"tock\", |dt| step(dt))"));
    assert_ne!(shape("on(\"tick\", |dt| step(dt))"), shape("on(\"tick\", |dt, x| step(dt))"));
    // The body of a named function belongs to its shape.
    let of_fn = |text: &str| outline(text).definitions[0].shape;
    assert_ne!(of_fn("fn f() { 1 }"), of_fn("fn f() { 2 }"));
}

#[test]
fn a_text_without_names_is_its_own_outline() {
    let outline = outline("## About.\nnamespace a.b\n");
    assert_eq!(outline.namespace.as_deref(), Some("a.b"));
    assert_eq!(outline.doc.as_deref(), Some("About."));
    assert!(outline.definitions.is_empty() && outline.statements.is_empty());
}

#[test]
fn the_doc_text_of_a_file_stands_above_everything_but_its_namespace() {
    let doc = |text: &str| outline(text).doc;
    for text in
        ["## About.\n\nlet x = 1\n", "namespace a.b\n\n## About.\n\nlet x = 1\n", "namespace a\n## About.\n\n## Of x.\nlet x = 1\n"]
    {
        assert_eq!(doc(text).as_deref(), Some("About."), "{text}");
    }
    for text in ["## Of x.\nlet x = 1\n", "namespace a\n## Of x.\nlet x = 1\n", "namespace a\nlet x = 1\n## Late.\n\nlet y = 1\n"] {
        assert_eq!(doc(text), None, "{text}");
    }
}
