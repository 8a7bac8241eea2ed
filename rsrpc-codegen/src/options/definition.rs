//! The table of all options.

use super::Options;

/// An option, as `--help` and the reference show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Its name, the same in protoc's parameter, the build script and `rsrpc.toml`.
    pub name: &'static str,
    /// What its values look like: `on|off`.
    pub value: &'static str,
    /// The value where none is given: `on`, or `none`.
    pub default: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Whether it may be given more than once; the values add up.
    pub repeatable: bool,
    /// Whether it may stand in `rsrpc.toml`.
    pub in_file: bool,
}

/// An option and its place in [`Options`].
pub(super) struct OptionDefinition {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    default: &'static str,
    about: &'static str,
    pub(super) kind: OptionKind,
}

/// What kind of value an option has, and where it goes.
#[derive(Clone, Copy)]
pub(super) enum OptionKind {
    Switch(fn(&mut Options) -> &mut bool),
    Messages,
    Layout,
    ExternPath,
    Paths(fn(&mut Options) -> &mut Vec<String>),
    Attributes(fn(&mut Options) -> &mut Vec<(String, String)>),
    Feature(fn(&mut Options) -> &mut Option<String>),
    RuntimePath,
    ModFile,
    Packages(fn(&mut Options) -> &mut Vec<String>),
    /// A file of options: not one itself.
    Config,
}

const PATH_SYNTAX: &str = "proto.path";
const ATTRIBUTE_SYNTAX: &str = "proto.path=#[attribute]";
const SWITCH_SYNTAX: &str = "on|off";

/// In the order of `--help` and of `docs/options.md`.
pub(super) const DEFINITIONS: &[OptionDefinition] = &[
    define(
        "client",
        SWITCH_SYNTAX,
        "on",
        "clients",
        OptionKind::Switch(|options| &mut options.client),
    ),
    define(
        "server",
        SWITCH_SYNTAX,
        "on",
        "servers",
        OptionKind::Switch(|options| &mut options.server),
    ),
    define(
        "messages",
        "prost|none",
        "prost",
        "structs of messages; none: they exist elsewhere",
        OptionKind::Messages,
    ),
    define(
        "json",
        SWITCH_SYNTAX,
        "on",
        "canonical proto3 JSON of every message",
        OptionKind::Switch(|options| &mut options.json),
    ),
    define(
        "jsonrpc",
        SWITCH_SYNTAX,
        "on, off where json is",
        "JSON-RPC for the methods of services",
        OptionKind::Switch(|options| &mut options.jsonrpc),
    ),
    define(
        "mock",
        SWITCH_SYNTAX,
        "on",
        "mocks of services, for tests",
        OptionKind::Switch(|options| &mut options.mock),
    ),
    define(
        "dyn",
        SWITCH_SYNTAX,
        "on",
        "handles on any implementation of a service",
        OptionKind::Switch(|options| &mut options.r#dyn),
    ),
    define(
        "descriptor",
        SWITCH_SYNTAX,
        "on",
        "the encoded descriptors, for reflection",
        OptionKind::Switch(|options| &mut options.descriptor),
    ),
    define(
        "default_stubs",
        SWITCH_SYNTAX,
        "off",
        "methods left out of an implementation answer UNIMPLEMENTED",
        OptionKind::Switch(|options| &mut options.default_stubs),
    ),
    define(
        "extern_path",
        ".proto.path=::rust::path",
        "none",
        "existing Rust code for a package or type",
        OptionKind::ExternPath,
    ),
    define(
        "bytes",
        PATH_SYNTAX,
        "none",
        "`bytes` fields under the path become `Bytes`",
        OptionKind::Paths(|options| &mut options.bytes),
    ),
    define(
        "btree_map",
        PATH_SYNTAX,
        "none",
        "map fields under the path become `BTreeMap`s",
        OptionKind::Paths(|options| &mut options.btree_map),
    ),
    define(
        "boxed",
        PATH_SYNTAX,
        "none",
        "message fields under the path go behind a `Box`",
        OptionKind::Paths(|options| &mut options.boxed),
    ),
    define(
        "type_attribute",
        ATTRIBUTE_SYNTAX,
        "none",
        "an attribute for messages, enums and oneofs",
        OptionKind::Attributes(|options| &mut options.type_attribute),
    ),
    define(
        "field_attribute",
        ATTRIBUTE_SYNTAX,
        "none",
        "an attribute for fields, oneofs and enum values",
        OptionKind::Attributes(|options| &mut options.field_attribute),
    ),
    define(
        "enum_attribute",
        ATTRIBUTE_SYNTAX,
        "none",
        "an attribute for enums and oneofs",
        OptionKind::Attributes(|options| &mut options.enum_attribute),
    ),
    define(
        "client_feature",
        "feature",
        "none",
        "the Cargo feature that clients are behind",
        OptionKind::Feature(|options| &mut options.client_feature),
    ),
    define(
        "server_feature",
        "feature",
        "none",
        "the Cargo feature that servers are behind",
        OptionKind::Feature(|options| &mut options.server_feature),
    ),
    define(
        "runtime_path",
        "::rust::path",
        "::rsrpc_runtime",
        "where generated code finds the runtime",
        OptionKind::RuntimePath,
    ),
    define(
        "layout",
        "package|file",
        "package",
        "one file for each package, or for each .proto file",
        OptionKind::Layout,
    ),
    define(
        "mod_file",
        "name.rs|off",
        "mod.rs",
        "the file with the tree of modules",
        OptionKind::ModFile,
    ),
    define(
        "include_only",
        "proto.package",
        "none",
        "code for this package and those below, for no other",
        OptionKind::Packages(|options| &mut options.include_only),
    ),
    define(
        "exclude",
        "proto.package",
        "none",
        "no code for this package and those below",
        OptionKind::Packages(|options| &mut options.exclude),
    ),
    define(
        "config",
        "rsrpc.toml",
        "none",
        "a file with more options",
        OptionKind::Config,
    ),
];

const fn define(
    name: &'static str,
    value: &'static str,
    default: &'static str,
    about: &'static str,
    kind: OptionKind,
) -> OptionDefinition {
    OptionDefinition {
        name,
        value,
        default,
        about,
        kind,
    }
}

impl OptionDefinition {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        DEFINITIONS.iter().find(|definition| definition.name == name)
    }

    /// Whether it may stand in `rsrpc.toml`.
    pub(super) fn is_in_file(&self) -> bool {
        !matches!(self.kind, OptionKind::Config)
    }

    fn info(&self) -> OptionInfo {
        OptionInfo {
            name: self.name,
            value: self.value,
            default: self.default,
            about: self.about,
            repeatable: matches!(
                self.kind,
                OptionKind::ExternPath
                    | OptionKind::Paths(_)
                    | OptionKind::Attributes(_)
                    | OptionKind::Packages(_)
            ),
            in_file: self.is_in_file(),
        }
    }
}

impl Options {
    /// All options, in the order of the reference.
    pub fn list() -> impl Iterator<Item = OptionInfo> {
        DEFINITIONS.iter().map(OptionDefinition::info)
    }

    /// The table that `--help` prints.
    pub fn help() -> String {
        let synopsis = |info: &OptionInfo| format!("{}={}", info.name, info.value);
        let width = Self::list().map(|info| synopsis(&info).len()).max().unwrap_or(0);
        let line = |info: OptionInfo| {
            let repeatable = if info.repeatable { "; repeatable" } else { "" };
            format!(
                "  {:width$}  {}{repeatable} (default: {})\n",
                synopsis(&info),
                info.about,
                info.default
            )
        };
        Self::list().map(line).collect()
    }
}
