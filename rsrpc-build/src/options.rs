//! The generator's options as methods.

use rsrpc_codegen::{Layout, Messages};

use crate::Builder;

/// The options, in the order of `docs/options.md`.
impl Builder {
    /// Whether clients are generated; they are by default.
    pub fn client(self, enabled: bool) -> Self {
        self.switch("client", enabled)
    }

    /// Whether servers are generated; they are by default.
    pub fn server(self, enabled: bool) -> Self {
        self.switch("server", enabled)
    }

    /// Whether messages are written, which is the default, or exist elsewhere: in the module that includes the
    /// generated file, or where [`extern_path`](Self::extern_path) says. Without messages there is no JSON of them.
    pub fn messages(self, messages: Messages) -> Self {
        let value = match messages {
            Messages::None => "none",
            _ => "prost",
        };
        self.set("messages", value)
    }

    /// Whether messages convert to and from canonical proto3 JSON; they do by default.
    pub fn json(self, enabled: bool) -> Self {
        self.switch("json", enabled)
    }

    /// Whether methods can be called over JSON-RPC; they can by default, unless there is no JSON.
    pub fn jsonrpc(self, enabled: bool) -> Self {
        self.switch("jsonrpc", enabled)
    }

    /// Whether mocks of services are generated, for tests; they are by default.
    pub fn mock(self, enabled: bool) -> Self {
        self.switch("mock", enabled)
    }

    /// Whether cloneable handles on any implementation of a service are generated; they are by default.
    pub fn r#dyn(self, enabled: bool) -> Self {
        self.switch("dyn", enabled)
    }

    /// Whether the encoded descriptors are embedded, which reflection needs; they are by default.
    pub fn descriptor(self, enabled: bool) -> Self {
        self.switch("descriptor", enabled)
    }

    /// Whether methods that an implementation leaves out answer UNIMPLEMENTED; by default they do not compile.
    pub fn default_stubs(self, enabled: bool) -> Self {
        self.switch("default_stubs", enabled)
    }

    /// Uses Rust code that exists already for a proto package or type, such as `.google.api` and
    /// `::googleapis::google::api`. Repeatable.
    pub fn extern_path(self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.pair("extern_path", proto, rust)
    }

    /// Makes the `bytes` fields under a path `Bytes` instead of `Vec<u8>`. Repeatable.
    pub fn bytes(self, path: impl Into<String>) -> Self {
        self.set("bytes", path)
    }

    /// Makes the map fields under a path `BTreeMap` instead of `HashMap`. Repeatable.
    pub fn btree_map(self, path: impl Into<String>) -> Self {
        self.set("btree_map", path)
    }

    /// Puts the fields under a path that hold one message behind a `Box`; recursive ones always are. Repeatable.
    pub fn boxed(self, path: impl Into<String>) -> Self {
        self.set("boxed", path)
    }

    /// Writes an attribute, such as `#[derive(Hash)]`, above messages, enums and oneofs. Repeatable.
    pub fn type_attribute(self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.pair("type_attribute", path, attribute)
    }

    /// Writes an attribute above fields, oneofs and enum values. Repeatable.
    pub fn field_attribute(self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.pair("field_attribute", path, attribute)
    }

    /// Writes an attribute above enums and oneofs. Repeatable.
    pub fn enum_attribute(self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.pair("enum_attribute", path, attribute)
    }

    /// Puts clients behind a Cargo feature of the crate: `#[cfg(feature = "…")]`.
    pub fn client_feature(self, feature: impl Into<String>) -> Self {
        self.set("client_feature", feature)
    }

    /// Puts servers behind a Cargo feature of the crate: `#[cfg(feature = "…")]`.
    pub fn server_feature(self, feature: impl Into<String>) -> Self {
        self.set("server_feature", feature)
    }

    /// Where generated code finds the runtime; `::rsrpc_runtime` by default.
    pub fn runtime_path(self, path: impl Into<String>) -> Self {
        self.set("runtime_path", path)
    }

    /// Whether a package is one file, which is the default, or each of its .proto files is.
    pub fn layout(self, layout: Layout) -> Self {
        let value = match layout {
            Layout::File => "file",
            _ => "package",
        };
        self.set("layout", value)
    }

    /// The name of the file with the tree of modules; `mod.rs` by default, and none with `None`.
    pub fn mod_file(self, name: Option<&str>) -> Self {
        self.set("mod_file", name.unwrap_or("off"))
    }

    /// Generates code for a package and those below it, and for no other that is not named so. Repeatable.
    pub fn include_only(self, package: impl Into<String>) -> Self {
        self.set("include_only", package)
    }

    /// Generates no code for a package and those below it; [`extern_path`](Self::extern_path) says where that is, if
    /// it is used. Repeatable.
    pub fn exclude(self, package: impl Into<String>) -> Self {
        self.set("exclude", package)
    }

    /// Reads more options from a file, `rsrpc.toml`; those that are set here override it, or add to it. A relative
    /// path is relative to the crate's root. Cargo runs the build script again when the file changes.
    ///
    /// Needs the feature `config`, a default one.
    #[cfg(feature = "config")]
    pub fn config(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.config = Some(path.into());
        self
    }

    fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    fn switch(self, name: &'static str, enabled: bool) -> Self {
        self.set(name, if enabled { "on" } else { "off" })
    }

    fn pair(self, name: &'static str, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(name, format!("{}={}", path.into(), value.into()))
    }
}
