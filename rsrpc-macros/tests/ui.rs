//! Every diagnostic of the macros, with its text and its span. `TRYBUILD=overwrite` writes what the compiler says.

#[test]
fn diagnostics() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
