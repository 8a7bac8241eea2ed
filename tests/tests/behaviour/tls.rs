//! TLS: verified peers, SNI, ALPN, and certificate reload.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::SanType;
use rsrpc_runtime::interceptor::{Call, Next, Reply};
use rsrpc_runtime::tls::{Identity, ServerTls, Tls};
use rsrpc_runtime::transport::memory;
use rsrpc_runtime::{Channel, Interceptor, Protocol, Server, Status, TlsPeer};
use rsrpc_tests::certificates::{Authority, Issued, LOCALHOST};
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::soon;
use rsrpc_tests::steered::Steered;
use rsrpc_tests::testing::{TestingClient, TestingServer};
use rustls::ProtocolVersion;

use super::text;

/// Records the TLS peer of each call.
#[derive(Clone, Default)]
struct Peers(Arc<Mutex<Option<TlsPeer>>>);

impl Interceptor for Peers {
    async fn intercept(&self, call: Call, next: Next) -> Result<Reply, Status> {
        *self.0.lock().unwrap() = call.peer().tls().cloned();
        next.run(call).await
    }
}

fn client(channel: rsrpc_runtime::client::ChannelBuilder) -> TestingClient {
    TestingClient::new(channel.build().unwrap())
}

async fn unary(channel: rsrpc_runtime::client::ChannelBuilder) -> Result<(), Status> {
    let client = client(channel);
    soon(client.unary(text("hello")).into_future()).await.map(drop)
}

fn a_client() -> Issued {
    LOCALHOST.authority.issue_with(&["client.example"], |params| {
        let spiffe = "spiffe://example/client".try_into().unwrap();
        params.subject_alt_names.push(SanType::URI(spiffe));
    })
}

#[tokio::test]
async fn handler_sees_the_verified_tls_peer() {
    let peers = Peers::default();
    let roots = LOCALHOST.authority.pem();
    let check = async |server: ServerTls, shown: Option<Issued>, protocol: Protocol, alpn: &[u8]| {
        let seen = peers.clone();
        let setup =
            Setup::default().server(move |builder| builder.tls(server.clone()).intercept(seen.clone()));
        let fixture = setup.start(Transport::Tcp).await;
        let mut tls = LOCALHOST.tls().server_name("localhost").unwrap();
        if let Some(shown) = &shown {
            tls = tls.identity(shown.identity());
        }
        unary(fixture.channel().tls(tls).protocol(protocol))
            .await
            .unwrap();
        let peer = peers.0.lock().unwrap().take().expect("a peer over TLS");
        assert_eq!(peer.server_name(), Some("localhost"));
        assert_eq!(peer.alpn_protocol(), Some(alpn));
        assert_eq!(peer.version(), Some(ProtocolVersion::TLSv1_3));
        fixture.stop().await;
        peer
    };
    for (protocol, alpn) in [(Protocol::Grpc, &b"h2"[..]), (Protocol::JsonRpc, b"http/1.1")] {
        let requires = LOCALHOST.server_tls().require_client_certificates(roots).unwrap();
        let requests = LOCALHOST.server_tls().request_client_certificates(roots).unwrap();
        for asks in [requires, requests.clone()] {
            let peer = check(asks, Some(a_client()), protocol, alpn).await;
            assert_eq!(peer.certificates().len(), 1);
            assert_eq!(peer.certificate(), Some(&*peer.certificates()[0]));
            assert_eq!(peer.dns_names(), ["client.example"]);
            assert_eq!(peer.uri_names(), ["spiffe://example/client"]);
        }
        for (asks, shown) in [(requests, None), (LOCALHOST.server_tls(), Some(a_client()))] {
            let peer = check(asks, shown, protocol, alpn).await;
            assert_eq!((peer.certificate(), peer.dns_names()), (None, Vec::new()));
        }
    }
}

#[tokio::test]
async fn sni_selects_the_certificate() {
    let authority = &LOCALHOST.authority;
    let server = LOCALHOST
        .server_tls()
        .identity_for("*.b.example", authority.issue(&["*.b.example"]).identity())
        .identity_for("A.example", authority.issue(&["a.example"]).identity());
    let fixture = Setup::default()
        .server(move |builder| builder.tls(server.clone()))
        .start(Transport::Tcp)
        .await;
    let check = async |name: &str| {
        let tls = LOCALHOST.tls().server_name(name).unwrap();
        unary(fixture.channel().tls(tls)).await.is_ok()
    };
    assert!(check("localhost").await);
    assert!(check("a.example").await);
    assert!(check("x.b.example").await);
    assert!(
        !check("x.a.example").await,
        "it is shown the certificate for localhost"
    );
    assert!(!check("b.example").await);
    fixture.stop().await;
}

#[tokio::test]
async fn certificate_reload_keeps_running_calls() {
    let identity = LOCALHOST.server.identity();
    let shown = identity.clone();
    let fixture = Setup::default()
        .server(move |builder| builder.tls(ServerTls::with_identity(shown.clone())))
        .start(Transport::Tcp)
        .await;
    let (mut sender, mut replies) = client(fixture.channel().tls(LOCALHOST.tls()))
        .bidi()
        .open()
        .await
        .unwrap();
    sender.send(text("before")).await.unwrap();
    assert_eq!(replies.message().await.unwrap().unwrap().text, "before");

    let others = Authority::new("another root");
    let next = others.issue(&["127.0.0.1"]);
    // An identity whose certificate and key do not match leaves the previous one in place.
    identity
        .replace(&next.certificate, &LOCALHOST.server.key)
        .unwrap_err();
    unary(fixture.channel().tls(LOCALHOST.tls())).await.unwrap();
    identity.replace(&next.certificate, &next.key).unwrap();

    sender.send(text("after")).await.unwrap();
    assert_eq!(replies.message().await.unwrap().unwrap().text, "after");
    sender.finish();
    assert!(replies.message().await.unwrap().is_none());
    unary(fixture.channel().tls(Tls::roots(others.pem()).unwrap()))
        .await
        .unwrap();
    unary(fixture.channel().tls(LOCALHOST.tls())).await.unwrap_err();
    fixture.stop().await;
}

#[tokio::test(start_paused = true)]
async fn changed_certificate_files_are_reloaded() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("tls.crt"), folder.path().join("tls.key")];
    let write = |issued: &Issued| {
        std::fs::write(&paths[0], &issued.certificate).unwrap();
        std::fs::write(&paths[1], &issued.key).unwrap();
    };
    let [first, second] = ["first", "second"].map(Authority::new);
    write(&first.issue(&["localhost"]));
    let identity = Identity::from_files(&paths[0], &paths[1]).unwrap();
    let (listener, connector) = memory();
    let server = Server::new()
        .add_service(TestingServer::new(Steered::default()))
        .tls(ServerTls::with_identity(identity.clone()))
        .listen(listener)
        .unwrap();
    let server = tokio::spawn(server.serve());
    let trusts = async |authority: &Authority| {
        let tls = Tls::roots(authority.pem()).unwrap();
        let channel = Channel::builder("memory:").connector(connector.clone()).tls(tls);
        unary(channel).await.is_ok()
    };
    assert!(trusts(&first).await);

    // Only the certificate file is replaced: the pair does not match and is not loaded, even after a minute.
    let issued = second.issue(&["localhost", "second.example"]);
    std::fs::write(&paths[0], &issued.certificate).unwrap();
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(trusts(&first).await);
    // The key file follows. It is read a minute after the last check.
    std::fs::write(&paths[1], &issued.key).unwrap();
    assert!(trusts(&first).await);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(trusts(&second).await);
    assert!(!trusts(&first).await);
    // `reload` reads the files at once.
    write(&first.issue(&["localhost"]));
    identity.reload().unwrap();
    assert!(trusts(&first).await);
    server.abort();
}

/// Runs this test program again with a root in the environment.
#[test]
fn system_roots_from_environment() {
    const PORT: &str = "RSRPC_TEST_TLS_PORT";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Ok(port) = std::env::var(PORT) {
        let channel = Channel::builder(format!("https://127.0.0.1:{port}"));
        return runtime.block_on(unary(channel)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, LOCALHOST.authority.pem()).unwrap();
    let fixture = runtime.block_on(Setup::default().start(Transport::Tls));
    let target = fixture.channel().build().unwrap().target().to_string();
    let ended = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::system_roots_from_environment"])
        .env("SSL_CERT_FILE", &roots)
        .env(PORT, target.rsplit_once(':').unwrap().1)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(
        ended.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
    runtime.block_on(fixture.stop());
}

/// rustls's own configuration types.
mod own {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ClientConfig, RootCertStore, ServerConfig};

    use super::*;

    fn provider() -> Arc<rustls::crypto::CryptoProvider> {
        Arc::new(rustls::crypto::ring::default_provider())
    }

    pub(super) fn server() -> ServerConfig {
        let issued = &LOCALHOST.server;
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
        ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS12])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap()
    }

    pub(super) fn client() -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(LOCALHOST.authority.pem().as_bytes()).unwrap();
        roots.add(root).unwrap();
        ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

#[tokio::test]
async fn rustls_configuration_is_kept_except_alpn() {
    let peers = Peers::default();
    let seen = peers.clone();
    let fixture = Setup::default()
        .server(move |builder| {
            builder
                .tls(ServerTls::from_rustls(own::server()))
                .intercept(seen.clone())
        })
        .start(Transport::Tcp)
        .await;
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let channel = fixture.channel().tls(Tls::from_rustls(own::client()));
        unary(channel.protocol(protocol)).await.unwrap();
        let peer = peers.0.lock().unwrap().take().unwrap();
        assert_eq!(peer.version(), Some(ProtocolVersion::TLSv1_2));
    }
    fixture.stop().await;
}

/// JSON-RPC over HTTP/2 and gRPC on one port; also HTTP/2 without ALPN, detected by its preface.
#[tokio::test]
async fn jsonrpc_and_grpc_over_one_tls_port() {
    let fixture = Setup::default().start(Transport::Tls).await;
    unary(fixture.channel()).await.unwrap();
    let target = fixture.channel().build().unwrap().target().to_string();
    for alpn in [vec![b"h2".to_vec()], Vec::new()] {
        let mut config = own::client();
        config.alpn_protocols = alpn;
        let socket = tokio::net::TcpStream::connect(target.as_str()).await.unwrap();
        let name = "127.0.0.1".try_into().unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let socket = soon(connector.connect(name, socket)).await.unwrap();
        let (mut sender, connection) = h2::client::handshake(socket).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::post("https://127.0.0.1/")
            .header("content-type", "application/json")
            .body(())
            .unwrap();
        let (response, mut body) = sender.send_request(request, false).unwrap();
        let call =
            r#"{"jsonrpc":"2.0","id":1,"method":"rsrpc.testing.Testing/Unary","params":{"text":"hello"}}"#;
        body.send_data(call.into(), true).unwrap();
        let mut answer = soon(response).await.unwrap().into_body();
        let answer = soon(answer.data()).await.unwrap().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["result"]["text"], "hello", "{answer}");
        drop(sender);
        connection.abort();
    }
    fixture.stop().await;
}
