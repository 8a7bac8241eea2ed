//! The fuzz targets. As plain tests, each begins with its seeds and goes on with a second of random input;
//! `cargo xtask test` runs them under libFuzzer, which follows what input makes of the code.

/// A target under its function's name.
macro_rules! target {
    ($name:ident) => {
        #[test]
        fn $name() {
            // Under a fuzzer the seeds are files, which it is given.
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
