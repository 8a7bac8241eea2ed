//! What a method of the trait takes and gives: the one place that knows how a call's shape becomes parameters.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Argument, Arguments, Method, MethodKind};

/// The shape of a method in the trait and in what implements it.
pub(super) struct Signature<'a> {
    pub(super) name: &'a Ident,
    /// What stands behind `&self`: `cx: &Context, request: HelloRequest`.
    pub(super) parameters: TokenStream,
    /// What a call gives: `HelloReply`, or a stream of them.
    pub(super) reply: TokenStream,
    /// The reply or why there is none: `Result<HelloReply, Status>`.
    pub(super) result: TokenStream,
    /// Whether `cx` is one of the parameters.
    pub(super) context: bool,
    arguments: &'a Arguments,
    request: &'a TokenStream,
    /// What a call takes: the request, or a stream of them.
    input: TokenStream,
    streams_requests: bool,
}

impl<'a> Signature<'a> {
    pub(super) fn new(method: &'a Method, runtime: &TokenStream) -> Self {
        let (request, reply) = (&method.request.ty, &method.reply.ty);
        let streaming = |message: &TokenStream| quote!(#runtime::Streaming<#message>);
        let streams_requests = matches!(method.kind, MethodKind::ClientStreaming | MethodKind::Bidi);
        let streams_replies = matches!(method.kind, MethodKind::ServerStreaming | MethodKind::Bidi);
        let reply = if streams_replies {
            streaming(reply)
        } else {
            reply.clone()
        };
        let input = if streams_requests {
            streaming(request)
        } else {
            request.clone()
        };
        let context = method.context.then(|| quote!(cx: &#runtime::Context,));
        let arguments = match &method.arguments {
            Arguments::Request if streams_requests => quote!(requests: #input),
            Arguments::Request => quote!(request: #input),
            Arguments::Fields(fields) => parameters(fields),
            Arguments::Nothing => TokenStream::new(),
        };
        let result = match &method.written {
            Some(written) => written.result.clone(),
            None => quote!(::core::result::Result<#reply, #runtime::Status>),
        };
        Self {
            result,
            name: &method.ident,
            parameters: quote!(#context #arguments),
            reply,
            context: method.context,
            arguments: &method.arguments,
            request,
            input,
            streams_requests,
        }
    }

    /// The method in an implementation of the trait that names its future: a plain function with a nameable type is
    /// what costs the compiler least.
    pub(super) fn implemented(&self, future: TokenStream, body: TokenStream) -> TokenStream {
        let Self { name, parameters, .. } = self;
        quote!(fn #name(&self, #parameters) -> #future { #body })
    }

    /// The names of all parameters: `cx`, `request`.
    pub(super) fn names(&self) -> Vec<Ident> {
        let context = self.context.then(|| format_ident!("cx"));
        context.into_iter().chain(self.arguments()).collect()
    }

    /// The names of the parameters behind the context: `request`, `requests`, or those of plain arguments.
    pub(super) fn arguments(&self) -> Vec<Ident> {
        match self.arguments {
            Arguments::Request if self.streams_requests => vec![format_ident!("requests")],
            Arguments::Request => vec![format_ident!("request")],
            Arguments::Fields(fields) => fields.iter().map(|field| field.ident.clone()).collect(),
            Arguments::Nothing => Vec::new(),
        }
    }

    /// What a call of one request takes on the client: the parameters without a context.
    pub(super) fn client_parameters(&self) -> TokenStream {
        let request = self.request;
        match self.arguments {
            Arguments::Request => quote!(request: #request),
            Arguments::Fields(fields) => parameters(fields),
            Arguments::Nothing => TokenStream::new(),
        }
    }

    /// The request, made of the parameters that are in scope.
    pub(super) fn pack(&self) -> TokenStream {
        let request = self.request;
        match self.arguments {
            Arguments::Request if self.streams_requests => quote!(requests),
            Arguments::Request => quote!(request),
            Arguments::Fields(fields) => {
                let names = fields.iter().map(|field| &field.ident);
                quote!(#request { #(#names),* })
            }
            Arguments::Nothing => quote!(()),
        }
    }

    /// Whether it takes a context, and a request or a stream of them as it is: as every method of a .proto file does.
    pub(super) fn is_plain(&self) -> bool {
        self.context && matches!(self.arguments, Arguments::Request)
    }

    /// What the glue calls the input that [`unpack`](Self::unpack) takes apart, with its type: `request: HelloRequest`.
    pub(super) fn input(&self) -> TokenStream {
        let input = &self.input;
        match self.arguments {
            Arguments::Request if self.streams_requests => quote!(requests: #input),
            Arguments::Nothing => quote!(_: #input),
            _ => quote!(request: #input),
        }
    }

    /// The arguments behind the receiver, out of `cx`, a value that is borrowed, and `request` or `requests`.
    pub(super) fn unpack(&self) -> TokenStream {
        let context = self.context.then(|| quote!(&cx,));
        let arguments = match self.arguments {
            Arguments::Request if self.streams_requests => quote!(requests),
            Arguments::Request => quote!(request),
            Arguments::Fields(fields) => {
                let names = fields.iter().map(|field| &field.ident);
                quote!(#(request.#names),*)
            }
            Arguments::Nothing => TokenStream::new(),
        };
        quote!(#context #arguments)
    }
}

fn parameters(fields: &[Argument]) -> TokenStream {
    let fields = fields.iter().map(|Argument { ident, ty }| quote!(#ident: #ty));
    quote!(#(#fields),*)
}
