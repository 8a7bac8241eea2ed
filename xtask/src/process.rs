//! Runs other programs, to their end or in the background.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Outcome;

/// Time limit for a server to listen. Under callgrind this takes seconds.
const START: Duration = Duration::from_secs(60);
/// Time limit for a program to end after SIGTERM.
const STOP: Duration = Duration::from_secs(30);

/// Runs a program to its end with inherited output.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", words(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", words(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{}: {status}", words(command)).into())
    }
}

/// Runs a program to its end and returns its output. Fails after `patience`.
pub(crate) fn output(command: &mut Command, patience: Duration) -> Outcome<Finished> {
    let finished = Process::start(command)?.wait(patience)?;
    if finished.status.success() {
        return Ok(finished);
    }
    Err(format!(
        "{}: {}\n{}{}",
        words(command),
        finished.status,
        finished.stdout,
        finished.stderr
    )
    .into())
}

/// Formats the command line, without the folder of the program.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = [program].into_iter().chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A program that has ended, with its output.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running program. Dropping it kills the program, also during a panic, so that no server is left behind.
pub(crate) struct Process {
    command: String,
    child: Child,
    lines: Receiver<String>,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        let text = words(command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{text}: {error}"))?;
        // Both pipes are read continuously: a full pipe would block the program.
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (sender, lines) = channel();
        let stdout = thread::spawn(move || {
            let mut all = String::new();
            for line in BufReader::new(stdout.expect("piped"))
                .lines()
                .map_while(Result::ok)
            {
                all.push_str(&line);
                all.push('\n');
                let _ = sender.send(line); // nobody may be waiting for it
            }
            all
        });
        let stderr = thread::spawn(move || {
            let mut all = Vec::new();
            let _ = stderr.expect("piped").read_to_end(&mut all); // what came before an error is kept
            String::from_utf8_lossy(&all).into_owned()
        });
        Ok(Self {
            command: text,
            child,
            lines,
            stdout: Some(stdout),
            stderr: Some(stderr),
        })
    }

    /// Starts a server and waits until it prints `listening ADDR`.
    pub(crate) fn serve(command: &mut Command) -> Outcome<(Self, String)> {
        let process = Self::start(command)?;
        let deadline = Instant::now() + START;
        loop {
            match process
                .lines
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    if let Some(addr) = line.strip_prefix("listening ") {
                        return Ok((process, addr.trim().to_owned()));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("{}: not listening after {START:?}", process.command).into());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let text = process.command.clone();
                    let finished = process.wait(STOP)?;
                    return Err(format!(
                        "{text}: {} before it listened\n{}",
                        finished.status, finished.stderr
                    )
                    .into());
                }
            }
        }
    }

    /// Returns the text after `beginning` in the next line that starts with it.
    pub(crate) fn line(&self, beginning: &str, patience: Duration) -> Outcome<String> {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).map_err(|error| {
                format!(
                    "{}: no line that begins with {beginning:?}: {error}",
                    self.command
                )
            })?;
            if let Some(rest) = line.strip_prefix(beginning) {
                return Ok(rest.to_owned());
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(self) -> Outcome<Finished> {
        self.signal(Signal::SIGTERM)?;
        self.wait(STOP)
    }

    /// Stops a server that must exit with success.
    pub(crate) fn stop_cleanly(self) -> Outcome<Finished> {
        let command = self.command.clone();
        let finished = self.stop()?;
        if finished.status.success() {
            return Ok(finished);
        }
        Err(format!(
            "{command}: {} when asked to stop\n{}",
            finished.status, finished.stderr
        )
        .into())
    }

    fn signal(&self, signal: Signal) -> Outcome {
        let id = i32::try_from(self.child.id()).expect("the id of a process is positive");
        kill(Pid::from_raw(id), signal).map_err(|error| format!("{}: {error}", self.command))?;
        Ok(())
    }

    /// Waits for the program to end.
    pub(crate) fn wait(mut self, patience: Duration) -> Outcome<Finished> {
        let deadline = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                return Err(format!("{}: no end after {patience:?}", self.command).into());
            }
            thread::sleep(Duration::from_millis(5));
        };
        let text = |reader: Option<JoinHandle<String>>| {
            reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
        };
        Ok(Finished {
            status,
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Neither has an effect after the program was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn failing_program_error_contains_its_output() {
        let error = output(&mut sh("echo out; echo err >&2; exit 3"), STOP)
            .err()
            .expect("a failure")
            .to_string();
        assert!(error.contains("exit status: 3\nout\nerr"), "{error}");
    }

    #[test]
    fn hanging_program_is_killed() {
        let error = output(&mut sh("exec sleep 100"), Duration::from_millis(50))
            .err()
            .expect("a failure");
        assert!(error.to_string().contains("no end after"), "{error}");
    }

    #[test]
    fn dropped_process_is_killed() {
        let (server, addr) =
            Process::serve(&mut sh("echo hello; echo listening here; exec sleep 100")).unwrap();
        let id = server.id();
        assert_eq!(addr, "here");
        drop(server);
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn server_that_exits_early_fails() {
        let error = Process::serve(&mut sh("echo why >&2"))
            .err()
            .expect("a failure")
            .to_string();
        assert!(error.contains("before it listened\nwhy"), "{error}");
    }

    #[test]
    fn server_killed_by_sigterm_is_not_a_clean_stop() {
        let (server, _) = Process::serve(&mut sh("echo listening x; exec sleep 100")).unwrap();
        assert!(server.stop_cleanly().is_err());
    }
}
