//! Code for macros: the tokens of all modules at one place, by the pipeline that writes files for everybody else.

use proc_macro2::{Ident, TokenStream};

use crate::generate::{self, Code};
use crate::input::Files;
use crate::model::{Codec, MethodKind, Package, Payload, Service};
use crate::{Diagnostics, Options, Request, emit, format};

/// Code on its way into a macro's output: what is wrong with the definition is known already.
pub struct Inline {
    files: Files,
    /// With their messages and enums.
    packages: Vec<(Package, Vec<syn::Item>)>,
    options: Options,
}

/// A service as its .proto file has it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceOutline {
    /// Such as `helloworld.Greeter`.
    pub full_name: String,
    /// The proto package that it is in; may be empty.
    pub package: String,
    /// The file that defines it, as it is imported.
    pub file: String,
    /// The trait: `Greeter`.
    pub ident: Ident,
    /// In the order of the file.
    pub methods: Vec<MethodOutline>,
}

/// An rpc as its .proto file has it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MethodOutline {
    /// Such as `SayHello`.
    pub proto_name: String,
    /// The trait's method: `say_hello`.
    pub ident: Ident,
    /// Which sides stream.
    pub kind: MethodKind,
    /// What comes in; on a stream each of them.
    pub request: PayloadOutline,
    /// What goes out; on a stream each of them.
    pub reply: PayloadOutline,
}

/// A message of a method.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PayloadOutline {
    /// Such as `helloworld.HelloRequest`.
    pub full_name: String,
    /// The Rust type, as code in the package's module names it.
    pub ty: TokenStream,
}

impl Inline {
    /// Runs the pipeline up to where code is emitted.
    ///
    /// # Errors
    /// Everything that is wrong with the input.
    pub fn new(request: &Request) -> Result<Self, Diagnostics> {
        let code = Code::new(request).map_err(Diagnostics::new)?;
        Ok(Self {
            files: code.files,
            packages: generate::packages(code.parts),
            options: code.options,
        })
    }

    /// Every service that code is made for.
    pub fn services(&self) -> Vec<ServiceOutline> {
        let packages = self.packages.iter();
        let services = packages.flat_map(|(package, _)| {
            let services = package.services.iter();
            services.map(|service| outline(&package.name, service))
        });
        services.collect()
    }

    /// Leaves out the services that are not wanted.
    pub fn retain_services(&mut self, wanted: impl Fn(&ServiceOutline) -> bool) {
        for (Package { name, services, .. }, _) in &mut self.packages {
            services.retain(|service| wanted(&outline(name, service)));
        }
    }

    /// Names the trait of a service, and all that is named after it.
    pub fn name_trait(&mut self, full_name: &str, ident: &Ident) {
        let packages = self.packages.iter_mut();
        for service in packages.flat_map(|(package, _)| &mut package.services) {
            if service.full_name == full_name {
                service.ident = ident.clone();
            }
        }
    }

    /// The names of all packages, in order. Where they do not all begin with the same segment, code in one of them
    /// refers to others by the module that the tokens stand in.
    pub fn packages(&self) -> Vec<String> {
        let packages = self.packages.iter();
        packages.map(|(package, _)| package.name.clone()).collect()
    }

    /// The module that a package's items are in, from where the tokens stand: `google::api`, or nothing for the
    /// package without a name.
    pub fn module(package: &str) -> TokenStream {
        let segments: Vec<_> = package
            .split('.')
            .filter(|segment| !segment.is_empty())
            .map(|segment| crate::naming::ident(&crate::naming::snake(segment)))
            .collect();
        quote::quote!(#(#segments)::*)
    }

    /// The modules, nested; `edit` may change the items that stand around the messages.
    ///
    /// # Errors
    /// A mistake of the generator.
    pub fn into_tokens(self, mut edit: impl FnMut(&mut syn::Item)) -> Result<TokenStream, Diagnostics> {
        let mut modules = Vec::new();
        for (package, messages) in &self.packages {
            let descriptor = self.options.descriptor.then(|| {
                let set = generate::descriptor_set(package, &self.files);
                emit::descriptor_constant(package, &set)
            });
            let mut items =
                format::parse(emit::items(package, &self.options, descriptor)).map_err(Diagnostics::from)?;
            items.iter_mut().for_each(&mut edit);
            modules.push((package.name.as_str(), quote::quote!(#(#messages)* #(#items)*)));
        }
        Ok(emit::module_tree(modules))
    }
}

fn outline(package: &str, service: &Service) -> ServiceOutline {
    let methods = service.methods.iter().map(|method| MethodOutline {
        proto_name: method.proto_name.clone(),
        ident: method.ident.clone(),
        kind: method.kind,
        request: payload(&method.request),
        reply: payload(&method.reply),
    });
    ServiceOutline {
        full_name: service.full_name.clone(),
        package: package.to_owned(),
        file: service.file.clone(),
        ident: service.ident.clone(),
        methods: methods.collect(),
    }
}

fn payload(payload: &Payload) -> PayloadOutline {
    PayloadOutline {
        full_name: match &payload.codec {
            Codec::Protobuf(name) => name.clone(),
            Codec::Expression(_) | Codec::Described(_) => String::new(),
        },
        ty: payload.ty.clone(),
    }
}
