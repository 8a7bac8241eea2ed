//! Bearer token authentication ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)) for servers and channels.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq as _;

use crate::call::{Metadata, Status};
use crate::interceptor::{Call, Interceptor, Next, Reply};

/// Rejects calls without a valid bearer token.
///
/// Fails closed. A call without an `authorization` header, with several, with another scheme, or with an invalid token
/// fails with UNAUTHENTICATED. This happens before its body is read, or over JSON-RPC before its `params` are decoded.
/// A check that panics rejects the call, too.
///
/// ```
/// use rsrpc_runtime::interceptor::BearerAuth;
/// use rsrpc_runtime::Status;
///
/// #[derive(Clone)]
/// struct User(String);
///
/// let fixed = BearerAuth::tokens(["secret"]);
/// let checked = BearerAuth::verify(|token: String| async move {
///     // Later interceptors and the handler find it as `cx.extension::<User>()`.
///     token.strip_prefix("user:").map(|name| User(name.into())).ok_or(Status::unauthenticated("who?"))
/// });
/// ```
pub struct BearerAuth {
    check: Arc<dyn TokenCheck>,
}

/// A token check. It adds its result to the call's extensions.
trait TokenCheck: Send + Sync {
    fn check(&self, token: String, call: Call) -> BoxFuture<'static, Result<Call, Status>>;
}

impl BearerAuth {
    /// Accepts these tokens, compared in constant time.
    pub fn tokens(tokens: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            check: Arc::new(FixedTokens(tokens.into_iter().map(Into::into).collect())),
        }
    }

    /// Accepts tokens for which `verify` returns an identity. The identity becomes an extension of the call.
    ///
    /// An error from `verify` is returned to the caller.
    pub fn verify<F, Fut, Identity>(verify: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Identity, Status>> + Send + 'static,
        Identity: Clone + Send + Sync + 'static,
    {
        Self {
            check: Arc::new(VerifyFn(verify)),
        }
    }
}

impl Interceptor for BearerAuth {
    async fn intercept(&self, call: Call, next: Next) -> Result<Reply, Status> {
        let token = bearer_token(call.metadata()).ok_or_else(invalid_token)?;
        let call = self.check.check(token, call).await?;
        next.run(call).await
    }
}

/// Returns the same status for every failure, so it does not reveal the reason.
fn invalid_token() -> Status {
    Status::unauthenticated("missing or invalid bearer token")
}

/// Returns the token of the `authorization` header; `None` if the header is repeated.
fn bearer_token(metadata: &Metadata) -> Option<String> {
    let mut values = metadata.as_headers().get_all(AUTHORIZATION).into_iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok()?,
        _ => return None,
    };
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

struct FixedTokens(Vec<String>);

impl TokenCheck for FixedTokens {
    fn check(&self, token: String, call: Call) -> BoxFuture<'static, Result<Call, Status>> {
        // Every token is compared, so the duration does not reveal a partial match.
        let known = self.0.iter().fold(subtle::Choice::from(0), |known, one| {
            known | one.as_bytes().ct_eq(token.as_bytes())
        });
        Box::pin(std::future::ready(if known.into() {
            Ok(call)
        } else {
            Err(invalid_token())
        }))
    }
}

struct VerifyFn<F>(F);

impl<F, Fut, Identity> TokenCheck for VerifyFn<F>
where
    F: Fn(String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Identity, Status>> + Send + 'static,
    Identity: Clone + Send + Sync + 'static,
{
    fn check(&self, token: String, mut call: Call) -> BoxFuture<'static, Result<Call, Status>> {
        let verified = (self.0)(token);
        Box::pin(async move {
            call.extensions_mut().insert(verified.await?);
            Ok(call)
        })
    }
}

impl fmt::Debug for BearerAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerAuth").finish_non_exhaustive()
    }
}

/// Sends a bearer token with every call of a channel.
///
/// In plaintext the token can be read on the network. A channel to another machine uses plaintext only if it was
/// configured to.
pub struct BearerToken(HeaderValue);

impl BearerToken {
    /// Sends this token. Returns `None` if it contains characters that are invalid in a token.
    pub fn new(token: &str) -> Option<Self> {
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .ok()
            .filter(|_| is_token)?;
        value.set_sensitive(true);
        Some(Self(value))
    }
}

impl Interceptor for BearerToken {
    async fn intercept(&self, mut call: Call, next: Next) -> Result<Reply, Status> {
        call.metadata_mut()
            .headers_mut()
            .insert(AUTHORIZATION, self.0.clone());
        next.run(call).await
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn exactly_one_bearer_header_is_accepted() {
        let check = |values: &[&'static str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(
                bearer_token(&Metadata::from_headers(headers)).as_deref(),
                expected,
                "{values:?}"
            );
        };
        check(&["Bearer a.b"], Some("a.b"));
        check(&["bearer  a"], Some("a"));
        check(&[], None);
        check(&["Bearer"], None);
        check(&["Bearer "], None);
        check(&["Basic a"], None);
        check(&["Bearer a", "Bearer a"], None);
        check(&["a"], None);
    }

    #[test]
    fn bearer_token_is_validated_and_hidden() {
        assert!(BearerToken::new("a b").is_none());
        assert!(BearerToken::new("").is_none());
        assert!(BearerToken::new("a\n").is_none());
        assert_eq!(
            format!("{:?}", BearerToken::new("abc").unwrap()),
            "BearerToken(hidden)"
        );
    }
}
