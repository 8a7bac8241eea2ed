use super::docs;

fn check(comment: &str, expected: &str) {
    let found = docs([comment, ""]).0;
    let found: Vec<_> = found
        .iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    assert_eq!(found.join("\n"), expected, "{comment:?}");
}

#[test]
fn text_means_itself() {
    check(
        " A `Map<K, V>` of <T> and [foo].\n",
        "A `Map<K, V>` of \\<T> and \\[foo\\].",
    );
    check(
        " See [Foo][google.api.Foo].",
        "See \\[Foo\\]\\[google.api.Foo\\].",
    );
    check(" An open ` and `<T>` after.", "An open ` and `\\<T>\\` after.");
    check(" An open ``` here.", "An open \\`\\`\\` here.");
    check(" > quoted\n > lazily", "\\> quoted\n\\> lazily");
    check(" ends in \\", "ends in \\\\");
    check(" \\[kept\\]", "\\[kept\\]");
}

#[test]
fn urls_become_links() {
    check(
        " See https://a.b/c?d=e_f. Or (http://x.y/z).",
        "See <https://a.b/c?d=e_f>. Or (<http://x.y/z>).",
    );
    check(" [text](https://a.b/c) stays", "[text](https://a.b/c) stays");
    check(" <https://a.b> stays", "<https://a.b> stays");
    check(" https:// alone", "https:// alone");
    check(
        " [https://a.b](https://a.b)",
        "\\[<https://a.b>\\](<https://a.b>)",
    );
    check(" [ref]: https://a.b", "\\[ref\\]: <https://a.b>");
}

#[test]
fn code_is_text() {
    check(
        " Example:\n\n     let x = [1];\n\n     x<T>\n\n After.",
        "Example:\n\n```text\nlet x = [1];\n\nx<T>\n```\n\nAfter.",
    );
    check(
        " ```\n fn main() {}\n ```\n [x]",
        "```text\nfn main() {}\n```\n\\[x\\]",
    );
    check(" ~~~rust\n a\n", "```text\na\n```");
    check(" ~~~\n ```\n <T>\n ~~~\n", "````text\n```\n<T>\n````");
    check(" ```\n", "```text\n```");
    check(" text\n     continues", "text\ncontinues");
}

#[test]
fn lists_are_indented_as_clippy_wants() {
    check(
        " - one\n goes on\n - two\n   goes on\n\n After.",
        "- one\n  goes on\n- two\n  goes on\n\nAfter.",
    );
    check(
        " * one\n      * inner\n        more\n",
        "* one\n  * inner\n    more",
    );
    check(" 1. one\n 2. two\n\n    para", "1. one\n2. two\n\n   para");
    check(" - one\n\n       code", "- one\n\n  ```text\n  code\n  ```");
    check(" * * *\n", "* * *");
}

#[test]
fn both_comments_are_kept() {
    assert_eq!(docs([" above\n", " behind\n"]).0, [" above", "", " behind"]);
    assert_eq!(docs(["", "\n"]).0, [""; 0]);
}

#[test]
fn other_comment_styles_are_known() {
    check("/ Three.\n/\n/ Slashes.\n", "Three.\n\nSlashes.");
    check("*\n Javadoc.\n", "Javadoc.");
    check("* One line. ", "One line.");
}
