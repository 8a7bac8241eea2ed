//! Programs of the system that the test steps need: checked, and where possible installed, before anything is built.

use std::path::Path;
use std::process::Command;

use crate::tools::find;
use crate::{Outcome, process};

/// A program that steps need.
struct Requirement {
    name: &'static str,
    check: Check,
    /// Debian package that contains it.
    package: &'static str,
    /// Source of a version that Debian may lack.
    download: Option<&'static str>,
    steps: &'static [&'static str],
}

/// Detects a program.
enum Check {
    /// A file of this name in `PATH`.
    Program(&'static str),
    /// A command that succeeds.
    Command(&'static str, &'static [&'static str]),
    /// A program in `PATH` with this version or a newer one. `arguments` make it print its version behind `prefix`.
    Version {
        program: &'static str,
        arguments: &'static [&'static str],
        prefix: &'static str,
        minimum: (u32, u32),
    },
}

/// Steps that install archives and Python packages.
const ARCHIVE_STEPS: &[&str] = &[
    "foreign",
    "corpus",
    "protobuf",
    "corpus-google",
    "corpus-google-many",
    "corpus-google-speed",
];

/// A program that the Debian package contains under the same name.
const fn program(name: &'static str, package: &'static str, steps: &'static [&'static str]) -> Requirement {
    Requirement {
        name,
        check: Check::Program(name),
        package,
        download: None,
        steps,
    }
}

const REQUIREMENTS: &[Requirement] = &[
    program("git", "git", &["prose"]),
    program("curl", "curl", ARCHIVE_STEPS),
    Requirement {
        name: "Python 3 with venv",
        check: Check::Command("python3", &["-c", "import ensurepip, venv"]),
        package: "python3-venv",
        download: None,
        steps: ARCHIVE_STEPS,
    },
    program("chromium", "chromium", &["browser"]),
    program("unshare", "util-linux", &["interop"]),
    program("ip", "iproute2", &["interop"]),
    program("c++", "g++", &["fuzz", "fuzz-long"]),
    program("valgrind", "valgrind", &["instructions"]),
    program("taskset", "util-linux", &["bench"]),
    Requirement {
        name: "Go 1.26 or newer",
        check: Check::Version {
            program: "go",
            arguments: &["version"],
            prefix: "go version go",
            minimum: (1, 26),
        },
        package: "golang-go",
        download: Some("https://go.dev/dl"),
        steps: &["tools", "conformance", "conformance-busy", "interop", "h2spec"],
    },
];

/// A missing program, and whether Debian's package is new enough.
#[derive(Debug, Clone, PartialEq)]
struct Missing {
    name: &'static str,
    package: &'static str,
    download: Option<&'static str>,
    /// The package satisfies the requirement.
    installable: bool,
}

/// The system that programs are installed on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Host {
    has_apt: bool,
    privilege: Privilege,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Privilege {
    Root,
    /// `sudo` works without a password.
    Sudo,
    User,
}

/// Consequence of missing programs.
#[derive(Debug, PartialEq)]
enum Plan {
    Nothing,
    /// Debian packages to install.
    Install(Vec<&'static str>),
    /// Instructions for the user.
    Stop(String),
}

fn plan(missing: &[Missing], host: Host) -> Plan {
    if missing.is_empty() {
        return Plan::Nothing;
    }
    let mut packages: Vec<_> = missing
        .iter()
        .filter(|one| one.installable)
        .map(|one| one.package)
        .collect();
    packages.sort_unstable();
    packages.dedup();
    let manual: Vec<_> = missing.iter().filter(|one| !one.installable).collect();
    if manual.is_empty() && host.has_apt && host.privilege != Privilege::User {
        return Plan::Install(packages);
    }
    let names: Vec<_> = missing.iter().map(|one| one.name).collect();
    let mut text = format!("missing: {}", names.join(", "));
    if !packages.is_empty() {
        let sudo = if host.privilege == Privilege::Root {
            ""
        } else {
            "sudo "
        };
        let list = packages.join(" ");
        match host.has_apt {
            true => text.push_str(&format!(
                "\nrun: {sudo}apt-get update && {sudo}apt-get install -y {list}"
            )),
            false => text.push_str(&format!(
                "\ninstall the equivalents of the Debian packages {list}"
            )),
        }
    }
    for one in manual {
        let source = one.download.unwrap_or("your system's packages");
        text.push_str(&format!("\n{}: install it from {source}", one.name));
    }
    Plan::Stop(text)
}

/// Checks the programs that these steps need. On Debian, as root or with passwordless sudo, installs the missing ones.
///
/// # Errors
/// A program is missing and cannot be installed. The text names the command that installs it.
pub(crate) fn check(steps: &[&str]) -> Outcome {
    let missing = |requirement: &&Requirement| !requirement.check.holds();
    let needed = REQUIREMENTS
        .iter()
        .filter(|one| one.steps.iter().any(|step| steps.contains(step)));
    let lacking: Vec<_> = needed.filter(missing).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let host = Host::detect();
    if host.has_apt && host.privilege != Privilege::User {
        // Package lists of a fresh image are missing or outdated.
        process::run(&mut host.privileged(&["apt-get", "update", "-q"]))?;
    }
    let found: Vec<_> = lacking
        .iter()
        .map(|one| Missing {
            name: one.name,
            package: one.package,
            download: one.download,
            installable: one.check.is_met_by_package(one.package),
        })
        .collect();
    match plan(&found, host) {
        Plan::Nothing => Ok(()),
        Plan::Stop(text) => Err(text.into()),
        Plan::Install(packages) => {
            println!("installing the Debian packages {}", packages.join(", "));
            let mut install = vec![
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "install",
                "-q",
                "-y",
            ];
            install.extend(&packages);
            process::run(&mut host.privileged(&install))?;
            match lacking.into_iter().find(missing) {
                Some(one) => {
                    Err(format!("{} is still missing after installing {}", one.name, one.package).into())
                }
                None => Ok(()),
            }
        }
    }
}

impl Host {
    fn detect() -> Self {
        let privilege = if nix::unistd::geteuid().is_root() {
            Privilege::Root
        } else if succeeds("sudo", &["-n", "true"]) {
            Privilege::Sudo
        } else {
            Privilege::User
        };
        Self {
            has_apt: Path::new("/etc/debian_version").exists() && find("apt-get").is_some(),
            privilege,
        }
    }

    /// A command that runs as root.
    fn privileged(self, words: &[&str]) -> Command {
        let mut words = words.iter();
        let program = match self.privilege {
            Privilege::Sudo => "sudo",
            Privilege::Root | Privilege::User => words.next().copied().unwrap_or_default(),
        };
        let mut command = Command::new(program);
        command.args(words);
        command
    }
}

impl Check {
    fn holds(&self) -> bool {
        match *self {
            Self::Program(name) => find(name).is_some(),
            Self::Command(program, arguments) => succeeds(program, arguments),
            Self::Version {
                program,
                arguments,
                prefix,
                minimum,
            } => {
                let printed = printed(program, arguments);
                printed
                    .as_deref()
                    .and_then(|text| version(text, prefix))
                    .is_some_and(|found| found >= minimum)
            }
        }
    }

    /// Returns true if installing the Debian package meets the requirement.
    fn is_met_by_package(&self, package: &str) -> bool {
        match self {
            Self::Program(_) | Self::Command(..) => true,
            Self::Version { minimum, .. } => {
                let policy = printed("apt-cache", &["policy", package]);
                let candidate = policy.as_deref().and_then(candidate);
                candidate.is_some_and(|found| found >= *minimum)
            }
        }
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    printed(program, arguments).is_some()
}

/// Standard output of a program that succeeds.
fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Major and minor version behind `prefix`.
fn version(text: &str, prefix: &str) -> Option<(u32, u32)> {
    let (_, rest) = text.split_once(prefix)?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Version of the package that apt would install; `2:1.19~1` has an epoch before the colon.
fn candidate(policy: &str) -> Option<(u32, u32)> {
    let line = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    version(line.split_once(':').map_or(line, |(_, version)| version), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROMIUM: Missing = Missing {
        name: "chromium",
        package: "chromium",
        download: None,
        installable: true,
    };
    const GO: Missing = Missing {
        name: "Go 1.26 or newer",
        package: "golang-go",
        download: Some("https://go.dev/dl"),
        installable: false,
    };

    fn on(has_apt: bool, privilege: Privilege) -> Host {
        Host { has_apt, privilege }
    }

    #[test]
    fn debian_with_privileges_installs() {
        for privilege in [Privilege::Root, Privilege::Sudo] {
            assert_eq!(plan(&[], on(true, privilege)), Plan::Nothing);
            assert_eq!(
                plan(&[CHROMIUM], on(true, privilege)),
                Plan::Install(vec!["chromium"])
            );
        }
    }

    #[test]
    fn other_systems_stop_with_the_command_to_run() {
        let Plan::Stop(text) = plan(&[CHROMIUM], on(true, Privilege::User)) else {
            panic!("it does not stop");
        };
        assert_eq!(
            text,
            "missing: chromium\nrun: sudo apt-get update && sudo apt-get install -y chromium"
        );
        let Plan::Stop(text) = plan(&[CHROMIUM], on(false, Privilege::Root)) else {
            panic!("it does not stop");
        };
        assert!(
            text.contains("equivalents of the Debian packages chromium"),
            "{text}"
        );
    }

    #[test]
    fn a_program_that_debian_lacks_stops_before_installing_others() {
        let Plan::Stop(text) = plan(&[CHROMIUM, GO], on(true, Privilege::Root)) else {
            panic!("it does not stop");
        };
        assert!(
            text.contains("run: apt-get update && apt-get install -y chromium\n"),
            "{text}"
        );
        assert!(
            text.ends_with("Go 1.26 or newer: install it from https://go.dev/dl"),
            "{text}"
        );
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(
            version("go version go1.26.8 linux/amd64", "go version go"),
            Some((1, 26))
        );
        assert_eq!(version("go version devel", "go version go"), None);
        assert_eq!(candidate("golang-go:\n  Candidate: 2:1.19~1\n"), Some((1, 19)));
        assert_eq!(candidate("golang-go:\n  Candidate: (none)\n"), None);
    }

    #[test]
    fn every_step_of_a_requirement_exists() {
        let names = crate::test::step_names();
        for requirement in REQUIREMENTS {
            for step in requirement.steps {
                assert!(names.contains(step), "{}: {step}", requirement.name);
            }
        }
    }

    #[test]
    fn a_missing_program_is_detected() {
        assert!(Check::Program("sh").holds());
        assert!(!Check::Program("no-such-program").holds());
        assert!(!Check::Command("sh", &["-c", "exit 1"]).holds());
        let version = |minimum| Check::Version {
            program: "echo",
            arguments: &["v1.5"],
            prefix: "v",
            minimum,
        };
        assert!(version((1, 5)).holds());
        assert!(!version((1, 6)).holds());
    }
}
