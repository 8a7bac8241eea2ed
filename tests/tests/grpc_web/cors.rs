//! CORS: allowed origins and preflight responses.

use rsrpc_runtime::Server;

use super::{UNARY, request, send, served};

const WEB: (&str, &str) = ("content-type", "application/grpc-web");
const EXPOSED: &str = "grpc-status, grpc-message, grpc-status-details-bin";

#[tokio::test]
async fn preflight_of_allowed_origins() {
    let open = served(Server::new().grpc_web().allow_origin("https://app.example")).await;
    let closed = served(Server::new().grpc_web()).await;
    let any = served(Server::new().grpc_web().allow_origin("*")).await;
    let check = async |address: &str, path: &str, origin: &str, status: u16| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-grpc-web,x-own"),
        ];
        let answer = send(address, &format!("OPTIONS {path}"), &headers, b"").await;
        assert_eq!(answer.status, status, "{path} {origin}: {answer:?}");
        let allowed = (status == 204).then_some(origin);
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        if allowed.is_some() {
            assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
            let headers = "content-type,x-grpc-web,x-own";
            assert_eq!(answer.header("access-control-allow-headers"), Some(headers));
            assert_eq!(answer.header("access-control-max-age"), Some("7200"));
            assert_eq!(
                answer.header("vary"),
                Some("origin, access-control-request-headers")
            );
        }
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    };
    check(&open, UNARY, "https://app.example", 204).await;
    check(&open, "/a.B/C", "https://app.example", 204).await;
    check(&open, UNARY, "http://app.example", 403).await;
    check(&open, UNARY, "https://app.example.evil", 403).await;
    check(&open, UNARY, "null", 403).await;
    check(&any, UNARY, "https://whoever.example", 204).await;
    check(&any, UNARY, "null", 204).await;
    check(&closed, UNARY, "https://app.example", 405).await;
}

#[tokio::test]
async fn cors_refuses_other_origins() {
    let server = Server::new().grpc_web().allow_origin("https://app.example");
    let address = served(server.allow_host("localhost").allow_host("127.0.0.1")).await;
    let own = format!("http://{address}");
    let check = async |path: &str, headers: &[(&str, &str)], expected: Result<Option<&str>, &str>| {
        let headers = [&[WEB], headers].concat();
        let answer = send(&address, &format!("POST {path}"), &headers, &request("")).await;
        let allowed = answer.header("access-control-allow-origin");
        match expected {
            Ok(page) => {
                assert_eq!((answer.status, allowed), (200, page), "{headers:?}");
                let exposed = answer.header("access-control-expose-headers");
                assert_eq!(answer.header("vary"), page.map(|_| "origin"));
                assert_eq!(exposed.is_some(), page.is_some(), "{headers:?}");
                assert!(
                    exposed.is_none_or(|exposed| exposed.starts_with(EXPOSED)),
                    "{exposed:?}"
                );
            }
            Err(reason) => {
                assert_eq!((answer.status, allowed), (403, None), "{headers:?}");
                assert_eq!(answer.body, reason.as_bytes());
            }
        }
    };
    let listed = ("origin", "https://app.example");
    check(UNARY, &[], Ok(None)).await;
    check(UNARY, &[("origin", &own)], Ok(None)).await;
    check(UNARY, &[listed], Ok(Some("https://app.example"))).await;
    // Errors carry the CORS headers, too.
    check("/a.B/C", &[listed], Ok(Some("https://app.example"))).await;
    let (no_page, no_host) = ("the origin is not allowed\n", "this host is not allowed\n");
    check(UNARY, &[("origin", "https://evil.example")], Err(no_page)).await;
    check(UNARY, &[("origin", "null")], Err(no_page)).await;
    // DNS rebinding: an attacker's host name that resolves to this server.
    check(
        UNARY,
        &[("host", "evil.example"), ("origin", "http://evil.example")],
        Err(no_host),
    )
    .await;
}
