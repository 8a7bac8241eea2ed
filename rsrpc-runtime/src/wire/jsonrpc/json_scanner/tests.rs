use super::*;

fn is_json(text: &str) -> bool {
    let mut scanner = JsonScanner::new(text);
    scanner.value(0).and_then(|_| scanner.end()).is_ok()
}

#[test]
fn json_syntax_is_validated() {
    let right = [
        "0",
        "-0",
        "1.5e+30",
        "1E2",
        "1e400",
        " \t\r\n{ } ",
        "[ ]",
        "[[],{},\"\",null,true,false]",
        r#"{"a":[{"b":1},2],"a":{}}"#,
        r#""\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00\uFFFF""#,
        "\"\u{7f}\u{80}\u{10ffff}\"",
        "[1 , 2]",
        "{\"k\" : 1 , \"l\" : 2 }",
    ];
    for text in right {
        assert!(is_json(text), "{text}");
    }
    let wrong = [
        "",
        " ",
        "{",
        "[",
        "\"",
        "}",
        "]",
        ",",
        ":",
        "[1,]",
        "[,1]",
        "[,]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:2}",
        "[1}",
        "{\"a\":1]",
        "[1 2]",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "-a",
        "NaN",
        "Infinity",
        "tru",
        "nulll",
        "True",
        "'a'",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"a\nb\"",
        "\"\t\"",
        "\"\u{0}\"",
        "1 1",
        "{}{}",
        "[]]",
        "\u{feff}1",
        "/**/1",
        "1//",
        "\u{a0}1",
        "\"abcdefg\u{1}hijklmnop\"",
        "{\"a\":1 \"b\":2}",
    ];
    for text in wrong {
        assert!(!is_json(text), "{text:?}");
    }
}

#[test]
fn nesting_depth_is_limited() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let per_repeat = if open.starts_with("[{") { 2 } else { 1 };
        let nested = |count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
        assert!(is_json(&nested(128 / per_repeat)), "{open}");
        assert!(!is_json(&nested(128 / per_repeat + 1)), "{open}");
    }
    let mut scanner = JsonScanner::new("[[1]]");
    assert_eq!(scanner.value(MAX_DEPTH - 1), Err(JsonSyntaxError));
    assert!(!is_json(&"[".repeat(1_000_000)));
}

#[test]
fn scanner_agrees_with_serde_json() {
    // Tests every short text over the bytes that matter to the scanner.
    let alphabet = b"{}[]:,\"\\u0-1.e nt";
    let mut text = Vec::new();
    let mut count = 0u32;
    let mut index = [0usize; 5];
    'texts: loop {
        text.clear();
        text.extend(index.iter().map(|at| alphabet[*at]));
        let text = std::str::from_utf8(&text).unwrap();
        let theirs = serde_json::from_str::<serde_core::de::IgnoredAny>(text).is_ok();
        assert_eq!(is_json(text), theirs, "{text:?}");
        count += 1;
        for digit in &mut index {
            *digit += 1;
            if *digit < alphabet.len() {
                continue 'texts;
            }
            *digit = 0;
        }
        break;
    }
    assert_eq!(count, (alphabet.len() as u32).pow(5));
}

#[test]
fn values_are_returned_whole() {
    let check = |text, expected: &[(&str, &str)]| {
        let mut found = Vec::new();
        let mut scanner = JsonScanner::new(text);
        scanner
            .object(0, |key, value| found.push((key.text().into_owned(), value)))
            .unwrap();
        scanner.end().unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|(key, value)| ((*key).to_owned(), *value))
            .collect();
        assert_eq!(found, expected, "{text}");
    };
    check(
        "{ \"a\" : [1, {\"b\": \"}\"}] , \"\\u0062\":-1.50 }",
        &[("a", "[1, {\"b\": \"}\"}]"), ("b", "-1.50")],
    );
    check("{}", &[]);
    check(r#"{"":"x\"y"}"#, &[("", r#""x\"y""#)]);
}

#[test]
fn escapes_resolve_like_serde_json() {
    for raw in [
        r#""plain""#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0041\ud83d\ude00\u00e4x\uffff""#,
        r#""a\\u0041""#,
    ] {
        let expected: String = serde_json::from_str(raw).unwrap();
        assert!(is_json(raw));
        let string = RawString::of_value(raw).unwrap();
        assert_eq!(string.text(), expected);
        assert!(string.is(&expected));
        assert!(!string.is("other"));
    }
}

#[test]
fn special_bytes_are_found_at_every_offset() {
    for special in [b'"', b'\\', 0, 0x1f] {
        for length in 0..40 {
            for at in 0..length {
                let mut bytes = vec![b'a'; length];
                bytes[at] = special;
                assert_eq!(plain_length(&bytes), at);
            }
        }
    }
    let others: Vec<u8> = (0x20..=0xff)
        .filter(|byte| !matches!(byte, b'"' | b'\\'))
        .collect();
    assert_eq!(plain_length(&others), others.len());
}
