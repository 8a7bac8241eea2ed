//! `#[rpc(…)]` attributes of an error enum, its variants and their fields.

use proc_macro2::{Ident, Span};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token};

/// gRPC codes except OK: the written name and the runtime's variant.
const CODES: [(&str, &str); 16] = [
    ("cancelled", "Cancelled"),
    ("unknown", "Unknown"),
    ("invalid_argument", "InvalidArgument"),
    ("deadline_exceeded", "DeadlineExceeded"),
    ("not_found", "NotFound"),
    ("already_exists", "AlreadyExists"),
    ("permission_denied", "PermissionDenied"),
    ("resource_exhausted", "ResourceExhausted"),
    ("failed_precondition", "FailedPrecondition"),
    ("aborted", "Aborted"),
    ("out_of_range", "OutOfRange"),
    ("unimplemented", "Unimplemented"),
    ("internal", "Internal"),
    ("unavailable", "Unavailable"),
    ("data_loss", "DataLoss"),
    ("unauthenticated", "Unauthenticated"),
];

/// Attributes of the enum.
#[derive(Default)]
pub(super) struct EnumAttributes {
    pub(super) domain: Option<LitStr>,
    pub(super) runtime: Option<LitStr>,
}

/// Attributes of a variant.
#[derive(Default)]
pub(super) struct VariantAttributes {
    /// Variant of the runtime's `Code`.
    pub(super) code: Option<Ident>,
    /// Span of `transparent`: the variant converts like its inner error.
    pub(super) transparent: Option<Span>,
    pub(super) reason: Option<LitStr>,
    pub(super) domain: Option<LitStr>,
    pub(super) message: Option<LitStr>,
}

/// Storage of a field in the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldStorage {
    /// In the metadata.
    Metadata,
    /// Not stored; restored as the default.
    Default,
    /// Not stored; a variant with it is not restored.
    Skip,
}

impl EnumAttributes {
    pub(super) fn read(attributes: &[Attribute], errors: &mut Vec<syn::Error>) -> Self {
        let mut found = Self::default();
        for part in rpc_items(attributes, errors) {
            let result = match key(&part).as_str() {
                "domain" => set_string(&mut found.domain, &part),
                "crate" => set_string(&mut found.runtime, &part),
                other => {
                    let message = format!(
                        "unknown key `{other}` on an enum; write `domain = \"example.com\"` or `crate = \"::path\"`"
                    );
                    Err(syn::Error::new(part.span(), message))
                }
            };
            errors.extend(result.err());
        }
        found
    }
}

impl VariantAttributes {
    pub(super) fn read(attributes: &[Attribute], errors: &mut Vec<syn::Error>) -> Self {
        let mut found = Self::default();
        for part in rpc_items(attributes, errors) {
            let key = key(&part);
            let code = CODES.iter().find(|(code, _)| *code == key);
            let result = match (key.as_str(), code, &part) {
                (_, Some((_, code)), Meta::Path(path)) => match &found.code {
                    Some(_) => Err(syn::Error::new(
                        path.span(),
                        "a variant has exactly one code; remove this one",
                    )),
                    None => {
                        found.code = Some(Ident::new(code, path.span()));
                        Ok(())
                    }
                },
                ("transparent", _, Meta::Path(path)) => {
                    found.transparent = Some(path.span());
                    Ok(())
                }
                ("reason", ..) => set_string(&mut found.reason, &part),
                ("domain", ..) => set_string(&mut found.domain, &part),
                ("message", ..) => set_string(&mut found.message, &part),
                _ => Err(syn::Error::new(part.span(), unknown_variant_key(&key))),
            };
            errors.extend(result.err());
        }
        found
    }
}

impl FieldStorage {
    /// Reads the attributes of a field. A source as thiserror defines it stays on the server.
    pub(super) fn read(field: &syn::Field, errors: &mut Vec<syn::Error>) -> Self {
        let is_cause = |name: &str| {
            field
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident(name))
        };
        let is_called_source = field.ident.as_ref().is_some_and(|ident| ident == "source");
        let mut storage = if is_called_source || ["source", "from", "backtrace"].into_iter().any(is_cause) {
            Self::Skip
        } else {
            Self::Metadata
        };
        for part in rpc_items(&field.attrs, errors) {
            match (key(&part).as_str(), &part) {
                ("skip", Meta::Path(_)) => storage = Self::Skip,
                ("default", Meta::Path(_)) => storage = Self::Default,
                (other, _) => errors.push(syn::Error::new(
                    part.span(),
                    format!("unknown key `{other}` on a field; write `skip` or `default`"),
                )),
            }
        }
        storage
    }
}

fn unknown_variant_key(key: &str) -> String {
    let codes: Vec<_> = CODES.iter().map(|(code, _)| *code).collect();
    format!(
        "unknown key `{key}` on a variant; write a code ({}), `reason = \"…\"`, `domain = \"…\"`, `message = \"…\"`, or \
         `transparent`",
        codes.join(", ")
    )
}

/// Returns the items of all `#[rpc(…)]` attributes.
fn rpc_items(attributes: &[Attribute], errors: &mut Vec<syn::Error>) -> Vec<Meta> {
    let mut found = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("rpc"))
    {
        match attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
            Ok(parts) => found.extend(parts),
            Err(error) => errors.push(error),
        }
    }
    found
}

fn key(part: &Meta) -> String {
    part.path().get_ident().map_or_else(String::new, Ident::to_string)
}

/// Stores the value of `key = "text"`.
fn set_string(place: &mut Option<LitStr>, part: &Meta) -> Result<(), syn::Error> {
    let key = key(part);
    let Meta::NameValue(pair) = part else {
        return Err(syn::Error::new(part.span(), format!("write `{key} = \"…\"`")));
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text), ..
    }) = &pair.value
    else {
        return Err(syn::Error::new(
            pair.value.span(),
            format!("write `{key} = \"…\"`"),
        ));
    };
    if place.replace(text.clone()).is_some() {
        return Err(syn::Error::new(part.span(), format!("`{key}` is given twice")));
    }
    Ok(())
}
