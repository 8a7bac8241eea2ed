//! Flags of both programs, with the spellings of other languages: `--use_tls`, `--use_tls=true`, `-port 80`.

use lexopt::{Arg, Parser, ValueExt as _};

use crate::Failure;

/// Arguments of the programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// Port of the server: `--port` or `--server_port`.
    pub port: u16,
    /// Host of the server.
    pub server_host: String,
    /// Name of the test case.
    pub test_case: String,
    /// Use TLS.
    pub use_tls: bool,
    /// Trust the test authority instead of the system's roots.
    pub use_test_ca: bool,
    /// Name to verify in the server's certificate.
    pub server_host_override: Option<String>,
}

impl Arguments {
    /// Parses the arguments of this process.
    ///
    /// # Errors A flag is unknown or its value is invalid.
    pub fn of_process() -> Result<Self, Failure> {
        Self::parse(Parser::from_env())
    }

    fn parse(mut parser: Parser) -> Result<Self, Failure> {
        let mut arguments = Self {
            port: 10000,
            server_host: "localhost".to_owned(),
            test_case: "large_unary".to_owned(),
            use_tls: false,
            use_test_ca: false,
            server_host_override: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("port" | "server_port") => arguments.port = parser.value()?.parse()?,
                Arg::Long("server_host") => arguments.server_host = parser.value()?.string()?,
                Arg::Long("test_case") => arguments.test_case = parser.value()?.string()?,
                Arg::Long("use_tls") => arguments.use_tls = flag(&mut parser)?,
                Arg::Long("use_test_ca") => arguments.use_test_ca = flag(&mut parser)?,
                Arg::Long("server_host_override") => {
                    arguments.server_host_override = Some(parser.value()?.string()?);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(arguments)
    }
}

/// Parses a boolean flag; without a value it is true.
fn flag(parser: &mut Parser) -> Result<bool, Failure> {
    match parser.optional_value() {
        None => Ok(true),
        Some(value) => Ok(value.parse()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_spellings_of_other_languages() {
        let parse = |given: &[&str]| Arguments::parse(Parser::from_args(given));
        let arguments = parse(&[
            "--server_host=127.0.0.1",
            "--server_port",
            "7",
            "--test_case=ping_pong",
            "--use_tls",
            "--use_test_ca=false",
            "--server_host_override",
            "a.b",
        ]);
        let expected = Arguments {
            port: 7,
            server_host: "127.0.0.1".into(),
            test_case: "ping_pong".into(),
            use_tls: true,
            use_test_ca: false,
            server_host_override: Some("a.b".into()),
        };
        assert_eq!(arguments.unwrap(), expected);
        assert!(parse(&["--use_alts"]).is_err());
        assert!(parse(&["--port=x"]).is_err());
    }
}
