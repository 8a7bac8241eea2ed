//! Maps the shape of a call to the parameters and results of the trait's method.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Argument, Arguments, Method, MethodKind};

/// The signature of a method in the trait and its implementations.
pub(super) struct Signature<'a> {
    pub(super) name: &'a Ident,
    /// The parameters after `&self`: `cx: &Context, request: HelloRequest`.
    pub(super) parameters: TokenStream,
    /// The value of a successful call: `HelloReply`, or a stream of replies.
    pub(super) reply: TokenStream,
    /// The method's return type: `Result<HelloReply, Status>`.
    pub(super) result: TokenStream,
    /// Set if `cx` is one of the parameters.
    pub(super) context: bool,
    arguments: &'a Arguments,
    request: &'a TokenStream,
    /// The input of a call: one request, or a stream of requests.
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

    /// Returns an implementation of the method with a named future type. A plain function with a nameable type is
    /// cheapest to compile.
    pub(super) fn implemented(&self, future: TokenStream, body: TokenStream) -> TokenStream {
        let Self { name, parameters, .. } = self;
        quote!(fn #name(&self, #parameters) -> #future { #body })
    }

    /// Returns the names of all parameters: `cx`, `request`.
    pub(super) fn names(&self) -> Vec<Ident> {
        let context = self.context.then(|| format_ident!("cx"));
        context.into_iter().chain(self.arguments()).collect()
    }

    /// Returns the names of the parameters after the context: `request`, `requests`, or plain arguments.
    pub(super) fn arguments(&self) -> Vec<Ident> {
        match self.arguments {
            Arguments::Request if self.streams_requests => vec![format_ident!("requests")],
            Arguments::Request => vec![format_ident!("request")],
            Arguments::Fields(fields) => fields.iter().map(|field| field.ident.clone()).collect(),
            Arguments::Nothing => Vec::new(),
        }
    }

    /// Returns the client's parameters for a single request, without the context.
    pub(super) fn client_parameters(&self) -> TokenStream {
        let request = self.request;
        match self.arguments {
            Arguments::Request => quote!(request: #request),
            Arguments::Fields(fields) => parameters(fields),
            Arguments::Nothing => TokenStream::new(),
        }
    }

    /// Returns an expression that builds the request from the parameters in scope.
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

    /// Returns whether the method takes a context and an unwrapped request or stream, as methods of .proto files do.
    pub(super) fn is_plain(&self) -> bool {
        self.context && matches!(self.arguments, Arguments::Request)
    }

    /// Returns the pattern and type of the input that [`unpack`](Self::unpack) destructures: `request: HelloRequest`.
    pub(super) fn input(&self) -> TokenStream {
        let input = &self.input;
        match self.arguments {
            Arguments::Request if self.streams_requests => quote!(requests: #input),
            Arguments::Nothing => quote!(_: #input),
            _ => quote!(request: #input),
        }
    }

    /// Returns the arguments after the receiver, taken from `cx` and from `request` or `requests`.
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
