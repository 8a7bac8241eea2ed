//! The table of all options.

use super::Options;

/// An option as shown by `--help` and the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Its name in protoc's parameter, the build script and `rsrpc.toml`.
    pub name: &'static str,
    /// The form of its values: `on|off`.
    pub value: &'static str,
    /// The default value: `on`, or `none`.
    pub default: &'static str,
    /// A short description.
    pub about: &'static str,
    /// Set if it can be repeated; the values accumulate.
    pub repeatable: bool,
    /// Set if it is allowed in `rsrpc.toml`.
    pub in_file: bool,
}

/// An option and its field in [`Options`].
pub(super) struct OptionDefinition {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    default: &'static str,
    about: &'static str,
    pub(super) kind: OptionKind,
}

/// The kind of an option's value, with access to its field.
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
    /// A file of options, which is not stored.
    Config,
}

const PATH_SYNTAX: &str = "proto.path";
const ATTRIBUTE_SYNTAX: &str = "proto.path=#[attribute]";
const SWITCH_SYNTAX: &str = "on|off";

/// All options, in the order of `--help` and `docs/options.md`.
pub(super) const DEFINITIONS: &[OptionDefinition] = &[
    define(
        "client",
        SWITCH_SYNTAX,
        "on",
        "generate clients",
        OptionKind::Switch(|options| &mut options.client),
    ),
    define(
        "server",
        SWITCH_SYNTAX,
        "on",
        "generate servers",
        OptionKind::Switch(|options| &mut options.server),
    ),
    define(
        "messages",
        "prost|none",
        "prost",
        "generate message structs, or use existing ones (none)",
        OptionKind::Messages,
    ),
    define(
        "json",
        SWITCH_SYNTAX,
        "on",
        "generate canonical proto3 JSON conversions",
        OptionKind::Switch(|options| &mut options.json),
    ),
    define(
        "jsonrpc",
        SWITCH_SYNTAX,
        "on, or off with json=off",
        "serve and call methods over JSON-RPC",
        OptionKind::Switch(|options| &mut options.jsonrpc),
    ),
    define(
        "mock",
        SWITCH_SYNTAX,
        "on",
        "generate mocks of services for tests",
        OptionKind::Switch(|options| &mut options.mock),
    ),
    define(
        "dyn",
        SWITCH_SYNTAX,
        "on",
        "generate type-erased service handles",
        OptionKind::Switch(|options| &mut options.r#dyn),
    ),
    define(
        "descriptor",
        SWITCH_SYNTAX,
        "on",
        "embed encoded descriptors for reflection",
        OptionKind::Switch(|options| &mut options.descriptor),
    ),
    define(
        "default_stubs",
        SWITCH_SYNTAX,
        "off",
        "unimplemented trait methods return UNIMPLEMENTED",
        OptionKind::Switch(|options| &mut options.default_stubs),
    ),
    define(
        "extern_path",
        ".proto.path=::rust::path",
        "none",
        "use existing Rust code for a package or type",
        OptionKind::ExternPath,
    ),
    define(
        "bytes",
        PATH_SYNTAX,
        "none",
        "use `Bytes` for `bytes` fields under the path",
        OptionKind::Paths(|options| &mut options.bytes),
    ),
    define(
        "btree_map",
        PATH_SYNTAX,
        "none",
        "use `BTreeMap` for map fields under the path",
        OptionKind::Paths(|options| &mut options.btree_map),
    ),
    define(
        "boxed",
        PATH_SYNTAX,
        "none",
        "put message fields under the path into a `Box`",
        OptionKind::Paths(|options| &mut options.boxed),
    ),
    define(
        "type_attribute",
        ATTRIBUTE_SYNTAX,
        "none",
        "add an attribute to messages, enums and oneofs",
        OptionKind::Attributes(|options| &mut options.type_attribute),
    ),
    define(
        "field_attribute",
        ATTRIBUTE_SYNTAX,
        "none",
        "add an attribute to fields, oneofs and enum values",
        OptionKind::Attributes(|options| &mut options.field_attribute),
    ),
    define(
        "enum_attribute",
        ATTRIBUTE_SYNTAX,
        "none",
        "add an attribute to enums and oneofs",
        OptionKind::Attributes(|options| &mut options.enum_attribute),
    ),
    define(
        "client_feature",
        "feature",
        "none",
        "gate clients by this Cargo feature",
        OptionKind::Feature(|options| &mut options.client_feature),
    ),
    define(
        "server_feature",
        "feature",
        "none",
        "gate servers by this Cargo feature",
        OptionKind::Feature(|options| &mut options.server_feature),
    ),
    define(
        "runtime_path",
        "::rust::path",
        "::rsrpc_runtime",
        "path of the runtime in generated code",
        OptionKind::RuntimePath,
    ),
    define(
        "layout",
        "package|file",
        "package",
        "write one file per package or per .proto file",
        OptionKind::Layout,
    ),
    define(
        "mod_file",
        "name.rs|off",
        "mod.rs",
        "name of the file with the module tree",
        OptionKind::ModFile,
    ),
    define(
        "include_only",
        "proto.package",
        "none",
        "generate only this package and packages below it",
        OptionKind::Packages(|options| &mut options.include_only),
    ),
    define(
        "exclude",
        "proto.package",
        "none",
        "skip this package and packages below it",
        OptionKind::Packages(|options| &mut options.exclude),
    ),
    define(
        "config",
        "rsrpc.toml",
        "none",
        "read more options from this file",
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

    /// Set if it is allowed in `rsrpc.toml`.
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
    /// Returns all options in the order of the reference.
    pub fn list() -> impl Iterator<Item = OptionInfo> {
        DEFINITIONS.iter().map(OptionDefinition::info)
    }

    /// Returns the table that `--help` prints.
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
