//! The fuzz targets. As tests they run their seeds and one second of random input; `cargo xtask test` runs them under
//! libFuzzer.

/// A test for the target function of the same name.
macro_rules! target {
    ($name:ident) => {
        #[test]
        fn $name() {
            // libFuzzer receives the seeds as files.
            if std::env::var_os("BOLERO_LIBFUZZER_ARGS").is_none() {
                match std::env::var_os("FUZZ_SEEDS") {
                    Some(folder) => return write(folder.as_ref(), stringify!($name)),
                    None => rsrpc_fuzz::seeds(stringify!($name))
                        .iter()
                        .for_each(|seed| rsrpc_fuzz::$name(seed)),
                }
            }
            bolero::check!()
                .with_test_time(std::time::Duration::from_secs(1))
                .for_each(|input: &[u8]| rsrpc_fuzz::$name(input));
        }
    };
}

target!(envelope);
target!(grpc_timeout);
target!(jsonrpc);
target!(metadata);
target!(plugin);
target!(target);

/// Writes the seeds of a target as files.
fn write(folder: &std::path::Path, name: &str) {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (index, seed) in rsrpc_fuzz::seeds(name).iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{index}")), seed).expect("a file");
    }
}
