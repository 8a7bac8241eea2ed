//! Errors for code generated for an incompatible runtime.

/// Version of the items offered to generated code; `assert_surface!` matches the same number.
const SURFACE_VERSION: u32 = 1;

/// Stops compilation with the reason. `assert_surface!` calls it for every other surface version.
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
            ": upgrade protoc-gen-rsrpc or rsrpc-build to this version, and generate the code again"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surface_mismatch_names_the_package_to_upgrade() {
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
                 rsrpc-build to this version, and generate the code again"
            )
        );
        // The current surface version compiles.
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
