//! Stubs of a service with a broken definition, so that code that refers to it causes no further errors.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use rsrpc_codegen::Options;
use syn::ItemTrait;

/// Emits the trait without methods, and an empty server and client.
pub(super) fn service(item: &ItemTrait, options: &Options) -> TokenStream {
    let ItemTrait { vis, ident, .. } = item;
    let runtime: TokenStream = options.runtime_path.parse().unwrap_or_default();
    let server = options.server.then(|| {
        let server = format_ident!("{ident}Server");
        quote! {
            #[allow(dead_code)]
            #vis struct #server<T>(::core::marker::PhantomData<fn(T)>);

            #[allow(dead_code)]
            impl<T> #server<T> {
                #vis fn new(_: T) -> Self {
                    Self(::core::marker::PhantomData)
                }

                #vis fn from_arc(_: ::std::sync::Arc<T>) -> Self {
                    Self(::core::marker::PhantomData)
                }
            }

            impl<T: 'static> #runtime::generated::Service for #server<T> {
                fn register(self, _: &mut #runtime::generated::Routes) {}
            }
        }
    });
    let client = options.client.then(|| {
        let client = format_ident!("{ident}Client");
        quote! {
            #[allow(dead_code)]
            #[derive(Debug, Clone)]
            #vis struct #client;

            #[allow(dead_code)]
            impl #client {
                #vis fn new(_: #runtime::Channel) -> Self {
                    Self
                }
            }

            impl #ident for #client {}
        }
    });
    quote! {
        #[allow(dead_code)]
        #vis trait #ident {}
        #server
        #client
    }
}
