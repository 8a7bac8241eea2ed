//! `cargo xtask prose`: wording of comments, docs and messages, unique type names, and the size of the entry pages.
//!
//! The rules count common slips; they do not measure clarity. A clear sentence that breaks a rule is listed in
//! `xtask/prose-allow.txt`.

mod source;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::process;
use crate::workspace::Workspace;
use crate::{Outcome, USAGE};

const GIT_TIMEOUT: Duration = Duration::from_secs(60);
/// Number of files named in the summary.
const WORST_FILES: usize = 15;
/// Largest size of a page that a reader opens first.
const PAGE_LIMITS: &[(&str, Unit, usize)] = &[
    ("README.md", Unit::Lines, 250),
    ("ARCHITECTURE.md", Unit::Bytes, 14 << 10),
];

#[derive(Clone, Copy)]
enum Unit {
    Lines,
    Bytes,
}

/// A wording to avoid.
struct Rule {
    name: &'static str,
    pattern: Regex,
    /// Plain phrases that the pattern would match.
    except: Option<Regex>,
    instead: &'static str,
    /// Maximum share of comment lines with a finding, or `None` for a rule that is only reported.
    limit: Option<f64>,
    scope: Scope,
}

/// The text that a rule applies to.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// Every comment line.
    Lines,
    /// The first line of a comment in Rust source.
    Openings,
    /// String literals in Rust source.
    Strings,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |name, scope, limit, pattern: &str, instead| Rule {
        name,
        pattern: Regex::new(pattern).expect("a valid pattern"),
        except: None,
        instead,
        limit,
        scope,
    };
    let no_longer = r"(?i)\b(is|are) no (longer|more|need|such|default|limit|way)\b";
    let lower_none = r"\b(is|are|was|be) none\b";
    let none = r"(?i)\b(is|are|was|be) none\b";
    let coined = r"(?i)\b(in the face of|from afar|for nothing|by the way of|of a kind of|one's own|of its own accord|the letter of)\b";
    let dated = r"(?i)\b(whatever comes|whoever|thereof|hence|wants? to be|has to be told|is to be told|are to come|is to come|be gone with)\b";
    vec![
        rule(
            "is-none",
            Scope::Lines,
            Some(0.0),
            none,
            "`invalid`, `missing`, or `None`",
        ),
        Rule {
            except: Some(Regex::new(no_longer).expect("a valid pattern")),
            ..rule(
                "is-no",
                Scope::Lines,
                Some(0.003),
                r"(?i)\b(is|are) no [a-z]+\b",
                "`is not a …`, `without …`",
            )
        },
        rule(
            "opening",
            Scope::Openings,
            Some(0.003),
            r"^(What|Who|Whether|Of|How many|That|Where from|As long as)\b",
            "a verb (`Returns …`) or a noun (`Maximum …`)",
        ),
        rule(
            "what",
            Scope::Lines,
            Some(0.02),
            r"(?i)\bwhat\b",
            "the noun that it stands for",
        ),
        rule("coined", Scope::Lines, None, coined, "the standard term"),
        rule("dated", Scope::Lines, None, dated, "a plain clause"),
        rule(
            "message-is-none",
            Scope::Strings,
            Some(0.0),
            lower_none,
            "`invalid`, `missing`, or `not a …`",
        ),
        rule(
            "message-coined",
            Scope::Strings,
            Some(0.0),
            coined,
            "the standard term",
        ),
    ]
});

impl Rule {
    fn applies_to(&self, text: &str) -> bool {
        match &self.except {
            Some(except) => self.pattern.is_match(&except.replace_all(text, "")),
            None => self.pattern.is_match(text),
        }
    }
}

/// A place where a rule applies.
#[derive(Debug, PartialEq)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    text: String,
}

/// Lines checked per scope, and the findings.
#[derive(Default)]
struct Report {
    comment_lines: usize,
    findings: Vec<Finding>,
}

impl Report {
    fn count(&self, rule: &str) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.rule == rule)
            .count()
    }

    /// Rules whose findings exceed their limit.
    fn exceeded(&self) -> Vec<String> {
        let lines = self.comment_lines.max(1);
        let over = RULES.iter().filter_map(|rule| {
            let (count, limit) = (self.count(rule.name), rule.limit?);
            // Counts are far below 2^52.
            let allowed = limit * lines as f64;
            (count as f64 > allowed).then(|| {
                format!(
                    "{}: {count} findings in {lines} comment lines, at most {}",
                    rule.name, allowed as usize
                )
            })
        });
        over.collect()
    }

    /// Checks the lines of a file, or only those of `changed`.
    fn add(
        &mut self,
        path: &str,
        text: &str,
        changed: Option<&BTreeSet<usize>>,
        allowed: &[(String, String)],
    ) {
        let selected = |line: usize| changed.is_none_or(|lines| lines.contains(&line));
        let is_rust = path.ends_with(".rs");
        let mut previous = 0;
        for (line, comment) in source::comment_lines(path, text) {
            let opens = previous == 0 || previous + 1 != line;
            previous = line;
            if !selected(line) {
                continue;
            }
            self.comment_lines += 1;
            let scopes: &[Scope] = if opens && is_rust {
                &[Scope::Lines, Scope::Openings]
            } else {
                &[Scope::Lines]
            };
            self.check(path, line, comment, scopes, allowed);
        }
        if is_rust {
            for (line, string) in source::strings(text) {
                if selected(line) {
                    self.check(path, line, &string, &[Scope::Strings], allowed);
                }
            }
        }
    }

    fn check(&mut self, path: &str, line: usize, text: &str, scopes: &[Scope], allowed: &[(String, String)]) {
        if allowed
            .iter()
            .any(|(file, part)| file == path && text.contains(part.as_str()))
        {
            return;
        }
        for rule in RULES.iter().filter(|rule| scopes.contains(&rule.scope)) {
            if rule.applies_to(text) {
                self.findings.push(Finding {
                    path: path.to_owned(),
                    line,
                    rule: rule.name,
                    text: text.chars().take(110).collect(),
                });
            }
        }
    }
}

/// `cargo xtask prose [--list] [--changed BASE]`.
pub(crate) fn command(workspace: &Workspace, options: &[&str]) -> Outcome<bool> {
    let (mut list, mut base) = (false, None);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--list" => list = true,
            "--changed" => base = Some(*options.next().ok_or("--changed needs a revision")?),
            _ => return Err(USAGE.into()),
        }
    }
    let report = check_tree(workspace, base)?;
    if list || base.is_some() {
        print_findings(&report);
    }
    let mut problems = report.exceeded();
    if base.is_none() {
        print_summary(&report);
        problems.extend(check_structure(workspace)?);
    }
    for problem in &problems {
        println!("{problem}");
    }
    Ok(problems.is_empty())
}

/// The step `prose` of `cargo xtask test`.
pub(crate) fn step(workspace: &Workspace) -> Outcome {
    let report = check_tree(workspace, None)?;
    print_summary(&report);
    let mut problems = report.exceeded();
    problems.extend(check_structure(workspace)?);
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\n`cargo xtask prose --list` shows each finding",
        problems.join("\n")
    )
    .into())
}

/// Checks the comments and strings of every tracked file, or of the lines added since `base`.
fn check_tree(workspace: &Workspace, base: Option<&str>) -> Outcome<Report> {
    let allowed = allowed(&fs::read_to_string(workspace.root.join("xtask/prose-allow.txt"))?)?;
    let changed = base.map(|base| changed_lines(workspace, base)).transpose()?;
    let mut report = Report::default();
    for path in tracked(workspace)? {
        let lines = changed.as_ref().map(|changed| changed.get(&path));
        if matches!(lines, Some(None)) {
            continue;
        }
        let text =
            fs::read_to_string(workspace.root.join(&path)).map_err(|error| format!("{path}: {error}"))?;
        report.add(&path, &text, lines.flatten(), &allowed);
    }
    if report.comment_lines == 0 && base.is_none() {
        return Err("no comment found: the check would pass without looking at anything".into());
    }
    Ok(report)
}

/// Duplicate type names and oversized pages.
fn check_structure(workspace: &Workspace) -> Outcome<Vec<String>> {
    let mut problems = Vec::new();
    for package in [
        "rsrpc-runtime",
        "rsrpc-codegen",
        "rsrpc-macros",
        "rsrpc-build",
        "protoc-gen-rsrpc",
        "xtask",
    ] {
        problems.extend(types::duplicates(
            &workspace.root.join(package).join("src"),
            package,
        )?);
    }
    for &(page, unit, limit) in PAGE_LIMITS {
        let text = fs::read_to_string(workspace.root.join(page))?;
        problems.extend(oversized(page, &text, unit, limit));
    }
    Ok(problems)
}

fn oversized(page: &str, text: &str, unit: Unit, limit: usize) -> Option<String> {
    let (size, unit) = match unit {
        Unit::Lines => (text.lines().count(), "lines"),
        Unit::Bytes => (text.len(), "bytes"),
    };
    (size > limit).then(|| format!("{page}: {size} {unit}, at most {limit}; move details to docs/"))
}

fn print_findings(report: &Report) {
    for finding in &report.findings {
        let instead = RULES
            .iter()
            .find(|rule| rule.name == finding.rule)
            .map_or("", |rule| rule.instead);
        println!(
            "{}:{}: {}: {} (write {instead})",
            finding.path, finding.line, finding.rule, finding.text
        );
    }
}

fn print_summary(report: &Report) {
    for rule in RULES.iter() {
        let limit = rule.limit.map_or("no limit".to_owned(), |limit| {
            format!("limit {:.1} %", limit * 100.0)
        });
        let count = report.count(rule.name);
        let share = count as f64 / report.comment_lines.max(1) as f64 * 100.0;
        println!(
            "{:<16} {count:>5} of {} comment lines, {share:.2} % ({limit})",
            rule.name, report.comment_lines
        );
    }
    let mut files = BTreeMap::<&str, usize>::new();
    for finding in &report.findings {
        *files.entry(&finding.path).or_default() += 1;
    }
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    for (path, count) in files.into_iter().take(WORST_FILES) {
        println!("  {count:>4} {path}");
    }
}

/// Parses `path:substring` lines; `#` starts a comment.
fn allowed(text: &str) -> Outcome<Vec<(String, String)>> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.split_once(':') {
            Some((path, part)) if !part.trim().is_empty() => Ok((path.to_owned(), part.trim().to_owned())),
            _ => Err(format!("xtask/prose-allow.txt: {line:?} is not `path:substring`").into()),
        })
        .collect()
}

/// Files under version control whose prose is checked.
fn tracked(workspace: &Workspace) -> Outcome<Vec<String>> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "*.rs", "*.md", "*Cargo.toml"])
        .current_dir(&workspace.root);
    let files = process::output(&mut list, GIT_TIMEOUT)?.stdout;
    let files = files
        .split(['\0', '\n'])
        .filter(|path| !path.is_empty() && is_checked(path));
    Ok(files
        .filter(|path| workspace.root.join(path).exists())
        .map(str::to_owned)
        .collect())
}

/// Returns false for generated code, and for this file, which contains the rules and lines that they reject.
fn is_checked(path: &str) -> bool {
    let exempt = [
        "/golden/",
        "tests/goldens/releases/",
        "/generated",
        "examples/plugin/src/pb/",
        "xtask/src/prose.rs",
    ];
    !exempt.iter().any(|part| path.contains(part))
}

/// The numbers of the lines added since `base`, by file.
fn changed_lines(workspace: &Workspace, base: &str) -> Outcome<BTreeMap<String, BTreeSet<usize>>> {
    let mut diff = Command::new("git");
    diff.args(["diff", "--unified=0", "--no-color", base, "--"])
        .current_dir(&workspace.root);
    Ok(added_lines(&process::output(&mut diff, GIT_TIMEOUT)?.stdout))
}

/// The added lines of a unified diff without context.
fn added_lines(diff: &str) -> BTreeMap<String, BTreeSet<usize>> {
    let mut files = BTreeMap::<String, BTreeSet<usize>>::new();
    let (mut path, mut next) = (None, 0);
    for line in diff.lines() {
        if let Some(file) = line.strip_prefix("+++ ") {
            path = file.strip_prefix("b/").map(str::to_owned);
        } else if line.starts_with("@@") {
            let start = line
                .split('+')
                .nth(1)
                .and_then(|part| part.split([',', ' ']).next());
            next = start.and_then(|start| start.parse().ok()).unwrap_or(0);
        } else if line.starts_with('+')
            && let Some(path) = &path
        {
            files.entry(path.clone()).or_default().insert(next);
            next += 1;
        }
    }
    files
}

/// Reads a file below `root`, with the path in the error.
fn read(root: &Path, path: &Path) -> Outcome<String> {
    let path = root.join(path);
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        let mut report = Report::default();
        report.add(path, text, None, &[]);
        report
            .findings
            .iter()
            .map(|finding| (finding.line, finding.rule))
            .collect()
    }

    #[test]
    fn each_rule_rejects_a_bad_line() {
        for (text, rule) in [
            ("/// The key is none.", "is-none"),
            ("// This is no map.", "is-no"),
            ("/// Whether it runs.\nfn f() {}", "opening"),
            ("fn f() {}\n/// Who calls.\n", "opening"),
            ("// Reads what comes.", "what"),
            ("// Called from afar.", "coined"),
            ("// Whoever comes.", "dated"),
            ("const A: &str = \"the key is none\";", "message-is-none"),
            ("const A: &str = \"it is called from afar\";", "message-coined"),
        ] {
            let found = findings("a.rs", text);
            assert!(found.iter().any(|&(_, name)| name == rule), "{text}: {found:?}");
        }
        assert_eq!(findings("a.md", "It is none."), [(1, "is-none")]);
        assert_eq!(findings("Cargo.toml", "# It is none.\n[a]"), [(1, "is-none")]);
    }

    #[test]
    fn plain_lines_pass() {
        for (path, text) in [
            (
                "a.rs",
                "/// Returns the key.\n/// What follows is the second line of a doc? No.\nfn f() {}",
            ),
            (
                "a.rs",
                "// There is no limit, and the option is no longer needed.",
            ),
            ("a.rs", "fn what() -> bool { is_none() } // Checks the key."),
            ("a.rs", "/// ```\n/// // what is none\n/// ```\nfn f() {}"),
            ("a.md", "```\nwhat is none\n```"),
        ] {
            let found: Vec<_> = findings(path, text)
                .into_iter()
                .filter(|&(_, rule)| rule != "what")
                .collect();
            assert_eq!(found, [], "{text}");
        }
    }

    #[test]
    fn a_tree_over_a_limit_fails() {
        let mut report = Report::default();
        let clear = "// Clear.\n".repeat(97);
        report.add("a.rs", &format!("{clear}// What a line.\n"), None, &[]);
        assert_eq!(report.exceeded(), [""; 0], "one `what` in 98 lines");
        report.add(
            "b.rs",
            "// Reads what comes.\n\n// Reads what comes.\n",
            None,
            &[],
        );
        assert_eq!(
            report.exceeded(),
            ["what: 3 findings in 100 comment lines, at most 2"]
        );
        report.add("c.rs", "// The key is none.", None, &[]);
        assert_eq!(report.exceeded().len(), 2);
    }

    #[test]
    fn allowed_sentences_pass() {
        let list = allowed("# reason\na.rs:What a line\n").unwrap();
        let mut report = Report::default();
        report.add("a.rs", "// What a line.", None, &list);
        report.add("b.rs", "// What a line.", None, &list);
        assert_eq!(report.findings.len(), 2, "the line of b.rs, by two rules");
        assert!(allowed("without a colon").is_err());
    }

    #[test]
    fn only_added_lines_are_checked() {
        let diff = "--- a/a.rs\n+++ b/a.rs\n@@ -1,0 +2,2 @@ fn f\n+// one\n+// two\n@@ -9 +11 @@\n-x\n+y\n--- a/b.rs\n+++ /dev/null\n";
        let added = added_lines(diff);
        assert_eq!(
            added,
            BTreeMap::from([("a.rs".to_owned(), BTreeSet::from([2, 3, 11]))])
        );
        let mut report = Report::default();
        report.add("a.rs", "// What?\n// is none\n", added.get("a.rs"), &[]);
        assert_eq!(report.comment_lines, 1);
        assert_eq!(report.findings[0].rule, "is-none");
    }

    #[test]
    fn oversized_pages_are_reported() {
        assert!(oversized("A.md", "a\nb\n", Unit::Lines, 1).is_some());
        assert!(oversized("A.md", "a\nb\n", Unit::Lines, 2).is_none());
        assert!(oversized("A.md", "abc", Unit::Bytes, 2).is_some());
    }
}
