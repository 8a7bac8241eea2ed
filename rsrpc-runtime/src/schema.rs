//! Schemas built at run time from Rust types, equivalent to `.proto` files.
//!
//! [`Describe`] is implemented by the derives for messages and enums, by `#[service]` for services, and by generated
//! code for definitions from `.proto` files. A [`Schema`] collects definitions and everything they refer to. It
//! converts to an encoded `FileDescriptorSet` for reflection and other tools, and to `.proto` text for code generators
//! of other languages.
//!
//! This module uses only the names of Rust types. The traits that map types to schemas are in
//! [`message`](crate::message).

mod check;
mod difference;
mod error;
mod field;
mod file;
mod message;
mod names;
mod service;
mod set;
mod text;

use std::any::TypeId;
use std::collections::HashMap;

#[doc(hidden)]
pub use check::CheckedIn;
pub use check::ProtoError;
pub use difference::{Difference, Impact};
pub use error::SchemaError;
pub use field::{Cardinality, FieldSchema, FieldType, ValueType};
pub use message::{EnumSchema, MessageSchema};
pub(crate) use service::PayloadSchema;
pub use service::{MethodSchema, ServiceSchema};

use file::PackageSchema;

/// A definition that can describe itself to a schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no schema",
    label = "not a service, a message or an enum",
    note = "name a service's `…Methods` type, a type with #[derive(Message)] or #[derive(Enum)], or a generated type"
)]
pub trait Describe {
    /// Adds the definition and everything it refers to. Definitions already present are not added again.
    fn describe(schema: &mut Schema);
}

/// A set of messages, enums and services, with everything they refer to.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use rsrpc_runtime::{Message, schema::Schema};
///
/// /// Who is greeted.
/// #[derive(Message)]
/// #[rpc(package = "greet.v1")]
/// struct HelloRequest {
///     #[rpc(tag = 1)]
///     name: String,
/// }
///
/// let text = Schema::of::<HelloRequest>().to_proto("greet.v1").unwrap();
/// assert!(text.contains("// Who is greeted.\nmessage HelloRequest {\n  string name = 1;\n}"));
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Definitions in Rust by package, in the order of the packages' first definitions.
    packages: Vec<PackageSchema>,
    /// Rust type of each full name.
    types: HashMap<String, RustType>,
    /// Encoded `FileDescriptorSet`s of definitions from `.proto` files.
    sets: Vec<&'static [u8]>,
    problems: Vec<String>,
}

/// The Rust type registered under a full name.
#[derive(Debug, Clone, Copy)]
struct RustType {
    id: TypeId,
    name: &'static str,
}

impl Schema {
    /// Creates an empty schema.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a schema of one definition and everything it refers to.
    pub fn of<T: Describe>() -> Self {
        Self::new().with::<T>()
    }

    /// Adds a definition and everything it refers to.
    #[must_use]
    pub fn with<T: Describe>(mut self) -> Self {
        T::describe(&mut self);
        self
    }

    /// Starts the message of the Rust type `T`. Returns `None` if the schema has it already, which also ends recursion.
    ///
    /// This reserves its place among the definitions. The message is added with [`add_message`](Self::add_message).
    pub fn begin_message<T: 'static>(&mut self, package: &str, name: &str) -> Option<MessageSchema> {
        let place = self.begin::<T>(package, name)?.reserve_message();
        Some(MessageSchema::new(package, name, place))
    }

    /// Adds a message started with [`begin_message`](Self::begin_message).
    pub fn add_message(&mut self, message: MessageSchema) {
        let place = message.place;
        let package = message.package.clone();
        self.package(&package).put_message(place, message);
    }

    /// Starts the enum of the Rust type `T`. Returns `None` if the schema has it already.
    pub fn begin_enum<T: 'static>(&mut self, package: &str, name: &str) -> Option<EnumSchema> {
        self.begin::<T>(package, name)?;
        Some(EnumSchema::new(package, name))
    }

    /// Adds an enum started with [`begin_enum`](Self::begin_enum).
    pub fn add_enum(&mut self, item: EnumSchema) {
        let package = item.package.clone();
        self.package(&package).enums.push(item);
    }

    /// Adds a message or enum defined in a `.proto` file: its Rust type `T`, and the encoded `FileDescriptorSet` with
    /// the file and its imports. The set is empty if the code was generated without descriptors.
    pub fn add_compiled<T: 'static>(&mut self, full_name: &str, set: &'static [u8]) {
        if !self.claim_name::<T>(full_name) {
            return;
        }
        if set.is_empty() {
            self.problems.push(format!(
                "{full_name} has no descriptor: generate its code without descriptor=off"
            ));
        } else if !self.sets.iter().any(|known| std::ptr::eq(*known, set)) {
            self.sets.push(set);
        }
    }

    /// Adds a message or enum of `google.protobuf` with the Rust type `T`.
    pub fn add_well_known<T: 'static>(&mut self, full_name: &str) {
        self.add_compiled::<T>(full_name, set::WELL_KNOWN);
    }

    /// Adds a service and the messages of its methods.
    pub fn add_service(&mut self, service: ServiceSchema) {
        let (package, name) = names::split(service.full_name());
        if self.package(package).has_service(name) {
            return;
        }
        let service = service.resolve(self);
        self.package(package).services.push(service);
    }

    fn begin<T: 'static>(&mut self, package: &str, name: &str) -> Option<&mut PackageSchema> {
        self.claim_name::<T>(&names::join(package, name))
            .then(|| self.package(package))
    }

    /// Registers `T` under a full name. Returns whether the name was free, and records a problem if another type has
    /// it.
    fn claim_name<T: 'static>(&mut self, full_name: &str) -> bool {
        let rust = RustType {
            id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
        };
        let Some(known) = self.types.get(full_name) else {
            self.types.insert(full_name.to_owned(), rust);
            return true;
        };
        if known.id != rust.id {
            let problem = format!(
                "{full_name} is defined by two Rust types, `{}` and `{}`: rename one of them with \
                 #[rpc(name = \"…\")]",
                known.name, rust.name
            );
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        false
    }

    fn package(&mut self, name: &str) -> &mut PackageSchema {
        let index = self.packages.iter().position(|package| package.name == name);
        let index = index.unwrap_or_else(|| {
            self.packages.push(PackageSchema::new(name));
            self.packages.len() - 1
        });
        &mut self.packages[index]
    }
}
