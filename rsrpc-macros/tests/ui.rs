//! What the macros say of mistakes: each file of `ui/` does not compile, and its `.stderr` is what the compiler says.
//!
//! `TRYBUILD=overwrite cargo test -p rsrpc-macros --test ui` writes them anew.

#[test]
fn mistakes_are_told_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
}
