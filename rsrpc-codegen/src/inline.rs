//! Generates code for macros: the tokens of all modules in one place, by the same pipeline that writes files.

use proc_macro2::{Ident, TokenStream};

use crate::generate::{CheckedRequest, PackageItems, descriptor_set};
use crate::input::Files;
use crate::model::{CodecSource, MethodKind, Package, Payload, Service};
use crate::{Diagnostics, Options, Request, emit, format};

/// Checked code that can be edited before it is turned into a macro's output.
pub struct Inline {
    options: Options,
    files: Files,
    packages: Vec<PackageItems>,
}

/// A service of a .proto file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceOutline {
    /// Full name, such as `helloworld.Greeter`.
    pub full_name: String,
    /// The module of its items, relative to the emitted tokens: `google::api`. Empty for the unnamed package.
    pub module: TokenStream,
    /// The import name of the defining file.
    pub file: String,
    /// The trait: `Greeter`.
    pub ident: Ident,
    /// In the order of the file.
    pub methods: Vec<MethodOutline>,
}

/// An rpc of a .proto file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MethodOutline {
    /// Such as `SayHello`.
    pub proto_name: String,
    /// The trait's method: `say_hello`.
    pub ident: Ident,
    /// Which sides stream.
    pub kind: MethodKind,
    /// The request, or each request of a stream.
    pub request: PayloadOutline,
    /// The reply, or each reply of a stream.
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
    /// Runs the pipeline up to code generation.
    ///
    /// # Errors
    /// Returns every error found in the input.
    pub fn new(request: &Request) -> Result<Self, Diagnostics> {
        let files = Files::load(request).map_err(Diagnostics::new)?;
        let input = CheckedRequest::new(&files, request).map_err(Diagnostics::new)?;
        let packages = input.package_items().map_err(Diagnostics::new)?;
        let CheckedRequest { options, .. } = input;
        Ok(Self {
            options,
            files,
            packages,
        })
    }

    /// Returns every generated service.
    pub fn services(&self) -> Vec<ServiceOutline> {
        let of_package = |code: &PackageItems| -> Vec<_> {
            let services = code.package.services.iter();
            services.map(|service| outline(&code.package, service)).collect()
        };
        self.packages.iter().flat_map(of_package).collect()
    }

    /// Removes the services for which `wanted` returns `false`.
    pub fn retain_services(&mut self, wanted: impl Fn(&ServiceOutline) -> bool) {
        for code in &mut self.packages {
            let services = std::mem::take(&mut code.package.services).into_iter();
            let wanted = services.filter(|service| wanted(&outline(&code.package, service)));
            code.package.services = wanted.collect();
        }
    }

    /// Sets the trait name of a service, which prefixes its other items.
    pub fn name_trait(&mut self, full_name: &str, ident: &Ident) {
        let packages = self.packages.iter_mut();
        for service in packages.flat_map(|code| &mut code.package.services) {
            if service.full_name == full_name {
                service.ident = ident.clone();
            }
        }
    }

    /// Returns the number of packages with code.
    pub fn package_count(&self) -> usize {
        self.packages.len()
    }

    /// Returns the outermost modules of the tokens, with an empty name for the unnamed package. With more than one,
    /// packages refer to each other by `super::`.
    pub fn roots(&self) -> Vec<String> {
        let packages = self.packages.iter();
        let mut roots: Vec<_> = packages
            .map(|code| code.package.modules.first().cloned().unwrap_or_default())
            .collect();
        roots.dedup();
        roots
    }

    /// Returns the nested modules; `edit` may change the items around the messages.
    ///
    /// # Errors
    /// Returns an error if the generator wrote invalid Rust.
    pub fn into_tokens(self, mut edit: impl FnMut(&mut syn::Item)) -> Result<TokenStream, Diagnostics> {
        let runtime = emit::runtime(&self.options);
        let mut modules = Vec::new();
        for code in &self.packages {
            let PackageItems { package, messages } = code;
            let options = &self.options;
            let descriptor = options
                .descriptor
                .then(|| emit::descriptor_constant(package, &descriptor_set(package, &self.files)));
            let mut items = format::parse(emit::items(package, options, &runtime, descriptor))
                .map_err(Diagnostics::from)?;
            items.iter_mut().for_each(&mut edit);
            modules.push((package, quote::quote!(#(#messages)* #(#items)*)));
        }
        Ok(emit::module_tree(modules))
    }
}

fn outline(package: &Package, service: &Service) -> ServiceOutline {
    let methods = service.methods.iter().map(|method| MethodOutline {
        proto_name: method.proto_name.clone(),
        ident: method.ident.clone(),
        kind: method.kind,
        request: payload(&method.request),
        reply: payload(&method.reply),
    });
    let segments = package.modules.iter().map(|module| crate::naming::ident(module));
    ServiceOutline {
        full_name: service.full_name.clone(),
        module: quote::quote!(#(#segments)::*),
        file: service.file.clone(),
        ident: service.ident.clone(),
        methods: methods.collect(),
    }
}

fn payload(payload: &Payload) -> PayloadOutline {
    PayloadOutline {
        full_name: match &payload.codec {
            CodecSource::Protobuf(name) => name.clone(),
            CodecSource::Expression(_) | CodecSource::Described(_) => String::new(),
        },
        ty: payload.ty.clone(),
    }
}
