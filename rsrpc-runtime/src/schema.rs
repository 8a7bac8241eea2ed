//! A schema that is built at run time: what `.proto` files are to generated code, made from Rust's types.
//!
//! [`Describe`] is implemented by the derives for messages and enums, by `#[service]` for services, and by generated
//! code for what a `.proto` file defines. A [`Schema`] collects what these say, and everything they mention. It becomes
//! an encoded `FileDescriptorSet`, which reflection and other tools read, and `.proto` text, from which other
//! languages generate their code.
//!
//! Knows nothing of Rust types beyond their names: the traits that lead from a type to its schema are in
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

/// A definition that can say what it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no schema",
    label = "neither a service nor a message or an enum",
    note = "a service is named by its `…Methods`; messages and enums have their derives, or are generated"
)]
pub trait Describe {
    /// Adds the definition to a schema, and everything that it mentions. What is there already is not added again.
    fn describe(schema: &mut Schema);
}

/// Messages, enums and services, with all that they mention.
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
    /// What is defined in Rust, by package, in the order of the packages' first definitions.
    packages: Vec<PackageSchema>,
    /// The Rust type behind each full name.
    types: HashMap<String, RustType>,
    /// Encoded `FileDescriptorSet`s of definitions that come from `.proto` files.
    sets: Vec<&'static [u8]>,
    problems: Vec<String>,
}

/// Which Rust type a full name stands for.
#[derive(Debug, Clone, Copy)]
struct RustType {
    id: TypeId,
    name: &'static str,
}

impl Schema {
    /// A schema of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schema of one definition, and of what it mentions.
    pub fn of<T: Describe>() -> Self {
        Self::new().with::<T>()
    }

    /// Adds a definition, and what it mentions.
    #[must_use]
    pub fn with<T: Describe>(mut self) -> Self {
        T::describe(&mut self);
        self
    }

    /// Begins the message of the Rust type `T`; `None` if the schema has it already, which also ends a recursion.
    ///
    /// Its place among the definitions is fixed now; it is there once it comes back through
    /// [`add_message`](Self::add_message).
    pub fn begin_message<T: 'static>(&mut self, package: &str, name: &str) -> Option<MessageSchema> {
        let place = self.begin::<T>(package, name)?.reserve_message();
        Some(MessageSchema::new(package, name, place))
    }

    /// Adds a message that was begun.
    pub fn add_message(&mut self, message: MessageSchema) {
        let place = message.place;
        let package = message.package.clone();
        self.package(&package).put_message(place, message);
    }

    /// Begins the enum of the Rust type `T`; `None` if the schema has it already.
    pub fn begin_enum<T: 'static>(&mut self, package: &str, name: &str) -> Option<EnumSchema> {
        self.begin::<T>(package, name)?;
        Some(EnumSchema::new(package, name))
    }

    /// Adds an enum that was begun.
    pub fn add_enum(&mut self, item: EnumSchema) {
        let package = item.package.clone();
        self.package(&package).enums.push(item);
    }

    /// Adds a message or enum that a `.proto` file defines: the Rust type `T`, and the encoded `FileDescriptorSet`
    /// that holds the file and its imports (empty if code was generated without).
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

    /// Adds a message or enum of `google.protobuf` that is the Rust type `T`.
    pub fn add_well_known<T: 'static>(&mut self, full_name: &str) {
        self.add_compiled::<T>(full_name, set::WELL_KNOWN);
    }

    /// Adds a service, and the messages of its methods.
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

    /// Whether the name was free; another type's is a problem.
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
                "{full_name} is defined twice, by the Rust types `{}` and `{}`: give one of them another name \
                 with #[rpc(name = \"…\")]",
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
