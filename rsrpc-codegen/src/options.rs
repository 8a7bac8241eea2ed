//! What a user can choose. One table ([`definition`]) says what there is; it drives protoc's parameter, the build
//! script, `rsrpc.toml` and `--help` alike.

#[cfg(feature = "config")]
mod config_file;
mod definition;
mod effective;
mod parameter;
mod set;
#[cfg(test)]
mod tests;

pub use definition::OptionInfo;

/// What to generate, and how.
///
/// [`Options::default`] is what an empty parameter gives. [`Options::parse`] reads protoc's `--rsrpc_opt`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Clients; on by default.
    pub client: bool,
    /// Servers; on by default. The trait is left out only when clients are off, too.
    pub server: bool,
    /// Whether messages are written or exist elsewhere.
    pub messages: Messages,
    /// Canonical proto3 JSON of every message, and JSON-RPC with it; on by default.
    pub json: bool,
    /// JSON-RPC for the methods of services; on by default, and off where `json` is.
    pub jsonrpc: bool,
    /// Mocks, `GreeterMock`; on by default.
    pub mock: bool,
    /// Cloneable handles on any implementation, `GreeterDyn`; on by default.
    pub r#dyn: bool,
    /// The encoded descriptors, for reflection; on by default.
    pub descriptor: bool,
    /// Bodies that answer UNIMPLEMENTED for the methods of the trait; off by default.
    pub default_stubs: bool,
    /// Proto paths that Rust code exists for already, such as `.google.api` and `::googleapis::google::api`.
    pub extern_path: Vec<(String, String)>,
    /// Paths whose `bytes` fields become `bytes::Bytes`; `.` is all of them.
    pub bytes: Vec<String>,
    /// Paths whose map fields become `BTreeMap`s; `.` is all of them.
    pub btree_map: Vec<String>,
    /// Paths whose message fields go behind a `Box`; `.` is all of them.
    pub boxed: Vec<String>,
    /// Paths of messages, enums and oneofs, and attributes for these.
    pub type_attribute: Vec<(String, String)>,
    /// Paths of fields, oneofs and enum values, and attributes for these.
    pub field_attribute: Vec<(String, String)>,
    /// Paths of enums and oneofs, and attributes for these.
    pub enum_attribute: Vec<(String, String)>,
    /// The Cargo feature that clients need; none by default.
    pub client_feature: Option<String>,
    /// The Cargo feature that servers need; none by default.
    pub server_feature: Option<String>,
    /// Where generated code finds the runtime; `::rsrpc_runtime` by default.
    pub runtime_path: String,
    /// What becomes a file.
    pub layout: Layout,
    /// What the module tree is called; `mod.rs` by default, `None` leaves it out.
    pub mod_file: Option<String>,
    /// The packages that code is generated for, with all below them; empty for every one.
    pub include_only: Vec<String>,
    /// The packages that no code is generated for, with all below them.
    pub exclude: Vec<String>,
    /// The switches that were turned on by name: turning one on that cannot be on is an error, a default gives way.
    explicit: Vec<&'static str>,
}

/// Whether messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Messages {
    /// As prost's structs and enums.
    #[default]
    Prost,
    /// Not: services use what stands in the same module, or where `extern_path` says.
    None,
}

/// What becomes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Layout {
    /// A proto package: `helloworld.rs`.
    #[default]
    Package,
    /// A .proto file: `helloworld.proto.rs`, which `helloworld.rs` includes with the others of its package.
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
