//! Reads an error enum.

use heck::ToShoutySnakeCase as _;
use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, LitStr, Path, Type};

use super::attributes::{EnumAttributes, FieldStorage, VariantAttributes};

/// An error enum.
pub(super) struct ErrorEnum {
    pub(super) runtime: Path,
    pub(super) variants: Vec<ErrorVariant>,
}

/// A variant.
pub(super) struct ErrorVariant {
    pub(super) ident: Ident,
    pub(super) fields: Vec<VariantField>,
    pub(super) kind: VariantKind,
}

pub(super) enum VariantKind {
    /// Converts like its inner error.
    Transparent,
    /// Has its own code.
    Coded {
        code: Ident,
        reason: String,
        /// Error domain; `None` for the crate's name.
        domain: Option<LitStr>,
        /// Message; `None` for the `Display` text.
        message: Option<LitStr>,
    },
}

pub(super) struct VariantField {
    /// Name; `None` in a tuple variant.
    pub(super) ident: Option<Ident>,
    pub(super) ty: Type,
    /// Key in the metadata.
    pub(super) key: String,
    pub(super) storage: FieldStorage,
}

/// Reads the enum and all of its errors.
pub(super) fn read(item: &DeriveInput) -> (Option<ErrorEnum>, Vec<syn::Error>) {
    let mut errors = Vec::new();
    let Data::Enum(data) = &item.data else {
        let message = "`RpcError` is derived for an enum, with a variant for each way to fail";
        return (None, vec![syn::Error::new(item.ident.span(), message)]);
    };
    let attributes = EnumAttributes::read(&item.attrs, &mut errors);
    let runtime = match &attributes.runtime {
        None => syn::parse_quote!(::rsrpc_runtime),
        Some(path) => path.parse().unwrap_or_else(|_| {
            let message = format!(
                "`crate` takes a path such as `::rsrpc_runtime`, not `{}`",
                path.value()
            );
            errors.push(syn::Error::new(path.span(), message));
            syn::parse_quote!(::rsrpc_runtime)
        }),
    };
    let mut variants: Vec<ErrorVariant> = Vec::new();
    for variant in &data.variants {
        let Some(variant) = self::variant(variant, &attributes, &mut errors) else {
            continue;
        };
        if let VariantKind::Coded { reason, domain, .. } = &variant.kind {
            let same = variants.iter().find(|other| {
                matches!(&other.kind, VariantKind::Coded { reason: there, domain: of, .. }
                    if there == reason && of.as_ref().map(LitStr::value) == domain.as_ref().map(LitStr::value))
            });
            if let Some(other) = same {
                let message = format!(
                    "`{}` and `{}` have the same reason, `{reason}`: a caller could not tell them apart",
                    other.ident, variant.ident
                );
                errors.push(syn::Error::new(variant.ident.span(), message));
            }
        }
        variants.push(variant);
    }
    (Some(ErrorEnum { runtime, variants }), errors)
}

fn variant(
    variant: &syn::Variant,
    of_enum: &EnumAttributes,
    errors: &mut Vec<syn::Error>,
) -> Option<ErrorVariant> {
    let ident = &variant.ident;
    let before = errors.len();
    let attributes = VariantAttributes::read(&variant.attrs, errors);
    let fields = variant
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| VariantField {
            ident: field.ident.clone(),
            ty: field.ty.clone(),
            key: match &field.ident {
                Some(ident) => ident.unraw().to_string(),
                None => format!("field{index}"),
            },
            storage: if attributes.transparent.is_some() {
                FieldStorage::Skip
            } else {
                FieldStorage::read(field, errors)
            },
        });
    let fields: Vec<_> = fields.collect();
    let kind = if let Some(span) = attributes.transparent {
        let given = attributes.code.is_some()
            || [&attributes.reason, &attributes.domain, &attributes.message]
                .into_iter()
                .any(Option::is_some);
        if given {
            errors.push(syn::Error::new(
                span,
                "a `transparent` variant takes its code, reason, domain and message from its field; remove the other keys",
            ));
        }
        if fields.len() != 1 {
            errors.push(syn::Error::new(
                span,
                "a `transparent` variant has one field: a `Status`, or another error that derives `RpcError`",
            ));
        }
        VariantKind::Transparent
    } else {
        let Some(code) = attributes.code else {
            // After an error the intent is unclear.
            if errors.len() == before {
                let message =
                    format!("`{ident}` has no code; write one before it, as in `#[rpc(not_found)]`");
                errors.push(syn::Error::new(ident.span(), message));
            }
            return None;
        };
        let reason = match &attributes.reason {
            Some(reason) => {
                if !is_reason(&reason.value()) {
                    let message = format!(
                        "the reason `{}` is not in UPPER_SNAKE_CASE, or longer than 63 characters",
                        reason.value()
                    );
                    errors.push(syn::Error::new(reason.span(), message));
                }
                reason.value()
            }
            None => ident.unraw().to_string().to_shouty_snake_case(),
        };
        VariantKind::Coded {
            code,
            reason,
            domain: attributes.domain.or_else(|| of_enum.domain.clone()),
            message: attributes
                .message
                .map(|message| name_tuple_fields(&message, &variant.fields)),
        }
    };
    Some(ErrorVariant {
        ident: ident.clone(),
        fields,
        kind,
    })
}

/// Checks the form `[A-Z][A-Z0-9_]+[A-Z0-9]`, at most 63 characters (`google/rpc/error_details.proto`).
fn is_reason(reason: &str) -> bool {
    let bytes = reason.as_bytes();
    let valid = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(valid)
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
        && bytes.last() != Some(&b'_')
}

/// Renames tuple fields in a format string, `0` to `_0`, which are names in scope.
fn name_tuple_fields(message: &LitStr, fields: &Fields) -> LitStr {
    if !matches!(fields, Fields::Unnamed(_)) {
        return message.clone();
    }
    let text = message.value();
    let mut named = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        named.push(character);
        if character != '{' {
            continue;
        }
        match characters.peek() {
            Some('{') => named.extend(characters.next()),
            Some(next) if next.is_ascii_digit() => named.push('_'),
            _ => {}
        }
    }
    LitStr::new(&named, message.span())
}
