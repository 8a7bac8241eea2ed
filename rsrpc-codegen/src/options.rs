//! The options of the generator. One table ([`definition`]) drives protoc's parameter, the build script, `rsrpc.toml`
//! and `--help`.

#[cfg(feature = "config")]
mod config_file;
mod definition;
mod effective;
mod parameter;
mod set;
#[cfg(test)]
mod tests;

pub use definition::OptionInfo;

/// Options of the generator.
///
/// [`Options::default`] equals an empty parameter. [`Options::parse`] parses protoc's `--rsrpc_opt`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Generates clients. Default: on.
    pub client: bool,
    /// Generates servers. Default: on. The trait is omitted only if clients are off, too.
    pub server: bool,
    /// The source of message types.
    pub messages: Messages,
    /// Generates canonical proto3 JSON of every message, which JSON-RPC requires. Default: on.
    pub json: bool,
    /// Generates JSON-RPC for service methods. Default: on, or off if `json` is off.
    pub jsonrpc: bool,
    /// Generates mocks, `GreeterMock`. Default: on.
    pub mock: bool,
    /// Generates type-erased handles, `GreeterDyn`. Default: on.
    pub r#dyn: bool,
    /// Embeds encoded descriptors for reflection. Default: on.
    pub descriptor: bool,
    /// Gives trait methods default bodies that return UNIMPLEMENTED. Default: off.
    pub default_stubs: bool,
    /// Proto paths with existing Rust code, such as `.google.api` and `::googleapis::google::api`.
    pub extern_path: Vec<(String, String)>,
    /// Paths whose `bytes` fields become `bytes::Bytes`; `.` matches all.
    pub bytes: Vec<String>,
    /// Paths whose map fields become `BTreeMap`s; `.` matches all.
    pub btree_map: Vec<String>,
    /// Paths whose message fields are stored in a `Box`; `.` matches all.
    pub boxed: Vec<String>,
    /// Paths of messages, enums and oneofs, and attributes for these.
    pub type_attribute: Vec<(String, String)>,
    /// Paths of fields, oneofs and enum values, and attributes for these.
    pub field_attribute: Vec<(String, String)>,
    /// Paths of enums and oneofs, and attributes for these.
    pub enum_attribute: Vec<(String, String)>,
    /// The Cargo feature that gates clients. Default: none.
    pub client_feature: Option<String>,
    /// The Cargo feature that gates servers. Default: none.
    pub server_feature: Option<String>,
    /// The path of the runtime in generated code. Default: `::rsrpc_runtime`.
    pub runtime_path: String,
    /// The unit of a generated file.
    pub layout: Layout,
    /// The name of the module tree's file, or `None` to omit it. Default: `mod.rs`.
    pub mod_file: Option<String>,
    /// Packages to generate, including those below them; empty for all.
    pub include_only: Vec<String>,
    /// Packages to skip, including those below them.
    pub exclude: Vec<String>,
    /// Switches that were turned on explicitly. A contradiction with an explicit switch is an error; a default is
    /// silently turned off.
    explicit: Vec<&'static str>,
}

/// The source of message types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Messages {
    /// Generated as prost structs and enums.
    #[default]
    Prost,
    /// Not generated. Services use types of the same module, or those named by `extern_path`.
    None,
}

/// The unit of a generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Layout {
    /// One file per proto package: `helloworld.rs`.
    #[default]
    Package,
    /// One file per .proto file, such as `helloworld.proto.rs`. The file of the package includes them.
    File,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            client: true,
            server: true,
            messages: Messages::Prost,
            json: true,
            jsonrpc: true,
            mock: true,
            r#dyn: true,
            descriptor: true,
            default_stubs: false,
            extern_path: Vec::new(),
            bytes: Vec::new(),
            btree_map: Vec::new(),
            boxed: Vec::new(),
            type_attribute: Vec::new(),
            field_attribute: Vec::new(),
            enum_attribute: Vec::new(),
            client_feature: None,
            server_feature: None,
            runtime_path: "::rsrpc_runtime".to_owned(),
            layout: Layout::Package,
            mod_file: Some("mod.rs".to_owned()),
            include_only: Vec::new(),
            exclude: Vec::new(),
            explicit: Vec::new(),
        }
    }
}
