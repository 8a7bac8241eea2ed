//! Why code is refused that was generated for another runtime, and what to upgrade.

/// What this runtime offers to generated code; `assert_surface!` matches the same number.
const SURFACE_VERSION: u32 = 1;

/// Stops the compiler with the reason: `assert_surface!` calls it for every surface but ours.
pub const fn refuse_surface(surface: u32) {
    panic!("{}", reason(surface));
}

const fn reason(surface: u32) -> &'static str {
    if surface > SURFACE_VERSION {
        concat!(
            "this code was generated for a newer rsrpc-runtime than ",
            env!("CARGO_PKG_VERSION"),
            ": upgrade rsrpc-runtime to the version that the code's first line names"
        )
    } else {
        concat!(
            "this code was generated for an older rsrpc-runtime than ",
            env!("CARGO_PKG_VERSION"),
            ": upgrade protoc-gen-rsrpc or rsrpc-build to this version, and generate it anew"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_says_what_to_upgrade() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            reason(SURFACE_VERSION + 1),
            format!(
                "this code was generated for a newer rsrpc-runtime than {version}: upgrade rsrpc-runtime to the \
                 version that the code's first line names"
            )
        );
        assert_eq!(
            reason(SURFACE_VERSION - 1),
            format!(
                "this code was generated for an older rsrpc-runtime than {version}: upgrade protoc-gen-rsrpc or \
                 rsrpc-build to this version, and generate it anew"
            )
        );
        // Ours compiles.
        crate::assert_surface!(1);
    }
}

/// ```compile_fail,E0080
/// rsrpc_runtime::generated::assert_surface!(2, json);
/// ```
/// ```
/// rsrpc_runtime::generated::assert_surface!(1, json);
/// ```
#[cfg(doctest)]
struct OtherSurfaces;
