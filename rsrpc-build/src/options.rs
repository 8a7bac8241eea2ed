//! The generator's options as methods.

use rsrpc_codegen::{Layout, Messages};

use crate::Builder;

/// Options in the order of `docs/options.md`.
impl Builder {
    /// Enables the generation of clients. Default: true.
    pub fn client(self, enabled: bool) -> Self {
        self.switch("client", enabled)
    }

    /// Enables the generation of servers. Default: true.
    pub fn server(self, enabled: bool) -> Self {
        self.switch("server", enabled)
    }

    /// Generates messages (the default), or uses existing ones from the module that includes the generated file or
    /// from [`extern_path`](Self::extern_path). Without messages their JSON conversions are not generated.
    pub fn messages(self, messages: Messages) -> Self {
        let value = match messages {
            Messages::None => "none",
            _ => "prost",
        };
        self.set("messages", value)
    }

    /// Enables conversions to and from canonical proto3 JSON. Default: true.
    pub fn json(self, enabled: bool) -> Self {
        self.switch("json", enabled)
    }

    /// Enables JSON-RPC for the methods. Default: true, unless JSON is disabled.
    pub fn jsonrpc(self, enabled: bool) -> Self {
        self.switch("jsonrpc", enabled)
    }

    /// Enables the generation of mocks. Default: true.
    pub fn mock(self, enabled: bool) -> Self {
        self.switch("mock", enabled)
    }

    /// Enables the generation of `…Dyn`, a cloneable handle of any implementation. Default: true.
    pub fn r#dyn(self, enabled: bool) -> Self {
        self.switch("dyn", enabled)
    }

    /// Embeds the encoded descriptors, which reflection needs. Default: true.
    pub fn descriptor(self, enabled: bool) -> Self {
        self.switch("descriptor", enabled)
    }

    /// Makes methods that an implementation omits reply UNIMPLEMENTED. Default: false, they do not compile.
    pub fn default_stubs(self, enabled: bool) -> Self {
        self.switch("default_stubs", enabled)
    }

    /// Uses existing Rust code for a proto package or type, such as `::googleapis::google::api` for `.google.api`.
    /// Repeatable.
    pub fn extern_path(self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.pair("extern_path", proto, rust)
    }

    /// Uses `Bytes` instead of `Vec<u8>` for the `bytes` fields under a path. Repeatable.
    pub fn bytes(self, path: impl Into<String>) -> Self {
        self.set("bytes", path)
    }

    /// Uses `BTreeMap` instead of `HashMap` for the map fields under a path. Repeatable.
    pub fn btree_map(self, path: impl Into<String>) -> Self {
        self.set("btree_map", path)
    }

    /// Boxes the message fields under a path. Recursive fields are always boxed. Repeatable.
    pub fn boxed(self, path: impl Into<String>) -> Self {
        self.set("boxed", path)
    }

    /// Adds an attribute such as `#[derive(Hash)]` to messages, enums and oneofs. Repeatable.
    pub fn type_attribute(self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.pair("type_attribute", path, attribute)
    }

    /// Adds an attribute to fields, oneofs and enum values. Repeatable.
    pub fn field_attribute(self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.pair("field_attribute", path, attribute)
    }

    /// Adds an attribute to enums and oneofs. Repeatable.
    pub fn enum_attribute(self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.pair("enum_attribute", path, attribute)
    }

    /// Gates clients by a Cargo feature of the crate: `#[cfg(feature = "…")]`.
    pub fn client_feature(self, feature: impl Into<String>) -> Self {
        self.set("client_feature", feature)
    }

    /// Gates servers by a Cargo feature of the crate: `#[cfg(feature = "…")]`.
    pub fn server_feature(self, feature: impl Into<String>) -> Self {
        self.set("server_feature", feature)
    }

    /// Sets the path of the runtime in generated code. Default: `::rsrpc_runtime`.
    pub fn runtime_path(self, path: impl Into<String>) -> Self {
        self.set("runtime_path", path)
    }

    /// Writes one file per package (the default) or one per .proto file.
    pub fn layout(self, layout: Layout) -> Self {
        let value = match layout {
            Layout::File => "file",
            _ => "package",
        };
        self.set("layout", value)
    }

    /// Sets the name of the file with the module tree, or disables it with `None`. Default: `mod.rs`.
    pub fn mod_file(self, name: Option<&str>) -> Self {
        self.set("mod_file", name.unwrap_or("off"))
    }

    /// Generates code only for a package and those below it. Repeatable.
    pub fn include_only(self, package: impl Into<String>) -> Self {
        self.set("include_only", package)
    }

    /// Generates no code for a package and those below it. [`extern_path`](Self::extern_path) names existing code for
    /// types in use. Repeatable.
    pub fn exclude(self, package: impl Into<String>) -> Self {
        self.set("exclude", package)
    }

    /// Reads more options from a file, `rsrpc.toml`. Options set on the builder override it or add to it. A relative
    /// path starts at the crate's root. Cargo reruns the build script when the file changes.
    ///
    /// Requires the default feature `config`.
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
