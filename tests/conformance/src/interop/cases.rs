//! Unary test cases, and the table of all cases.

use std::time::Duration;

use rsrpc_runtime::tls::Tls;
use rsrpc_runtime::{Channel, Code, Compression, Metadata, Status};

use super::arguments::Arguments;
use super::proto::{
    EchoStatus, Empty, SimpleRequest, SimpleResponse, TestServiceClient, UnimplementedServiceClient,
};
use super::{ECHO_INITIAL, ECHO_TRAILING, certificates, compressed_cases, payload, stream_cases};
use crate::Failure;

pub(super) const LARGE_REQUEST: usize = 271_828;
pub(super) const LARGE_RESPONSE: usize = 314_159;
const SOAK_ITERATIONS: usize = 10;
/// Time limit of a soak iteration, as in grpc-go.
const SOAK_PATIENCE: Duration = Duration::from_secs(1);

pub(super) const INITIAL_VALUE: &str = "test_initial_metadata_value";
pub(super) const TRAILING_VALUE: &[u8] = b"\x0a\x0b\x0a\x0b\x0a\x0b";

/// Runs a test case.
///
/// # Errors The case is unknown, or its expectation is not met.
pub async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let channel = channel(arguments)?;
    let client = TestServiceClient::new(channel.clone());
    match arguments.test_case.as_str() {
        "empty_unary" => {
            client.empty_call(Empty {}).await?;
            Ok(())
        }
        "large_unary" => large_unary(&client).await,
        "client_streaming" => stream_cases::client_streaming(&client).await,
        "server_streaming" => stream_cases::server_streaming(&client).await,
        "ping_pong" => stream_cases::ping_pong(&client).await,
        "empty_stream" => stream_cases::empty_stream(&client).await,
        "timeout_on_sleeping_server" => stream_cases::timeout_on_sleeping_server(&client).await,
        "cancel_after_begin" => stream_cases::cancel_after_begin(&client).await,
        "cancel_after_first_response" => stream_cases::cancel_after_first_response(&client).await,
        "status_code_and_message" => status_code_and_message(&client).await,
        "special_status_message" => special_status_message(&client).await,
        "custom_metadata" => custom_metadata(&client).await,
        "unimplemented_method" => unimplemented(client.unimplemented_call(Empty {}).await),
        "unimplemented_service" => {
            let client = UnimplementedServiceClient::new(channel);
            unimplemented(client.unimplemented_call(Empty {}).await)
        }
        "client_compressed_unary" => compressed_cases::client_compressed_unary(&client).await,
        "client_compressed_streaming" => {
            compressed_cases::client_compressed_streaming(&channel, &client).await
        }
        "server_compressed_unary" => compressed_cases::server_compressed_unary(&channel, &client).await,
        "server_compressed_streaming" => {
            compressed_cases::server_compressed_streaming(&channel, &client).await
        }
        "rpc_soak" => soak(|| Ok(client.clone())).await,
        "channel_soak" => soak(|| Ok(TestServiceClient::new(self::channel(arguments)?))).await,
        "unary_once" => unary_once(&client).await,
        unknown => Err(format!("the test case {unknown} is not known here").into()),
    }
}

fn channel(arguments: &Arguments) -> Result<Channel, Failure> {
    let target = format!("{}:{}", arguments.server_host, arguments.port);
    let builder = Channel::builder(target).accept_compression([Compression::Gzip]);
    if !arguments.use_tls {
        return Ok(builder.plaintext().build()?);
    }
    let mut tls = if arguments.use_test_ca {
        Tls::roots(certificates::read("ca.pem")?)?
    } else {
        Tls::system()
    };
    if let Some(name) = &arguments.server_host_override {
        tls = tls.server_name(name)?;
    }
    Ok(builder.tls(tls).build()?)
}

/// Fails with a message unless `holds`.
pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

pub(super) fn large_request() -> SimpleRequest {
    SimpleRequest {
        response_size: LARGE_RESPONSE as i32,
        payload: payload(LARGE_REQUEST),
        ..SimpleRequest::default()
    }
}

pub(super) fn has_payload(reply: &SimpleResponse, size: usize) -> Result<(), Failure> {
    let found = reply.payload.as_ref().map_or(0, |payload| payload.body.len());
    ensure(found == size, || {
        format!("a reply of {found} bytes came, {size} were asked for")
    })
}

async fn large_unary(client: &TestServiceClient) -> Result<(), Failure> {
    has_payload(&client.unary_call(large_request()).await?, LARGE_RESPONSE)
}

/// Makes one call and prints its outcome last.
async fn unary_once(client: &TestServiceClient) -> Result<(), Failure> {
    const SIZE: usize = 300;
    let request = SimpleRequest {
        response_size: SIZE as i32,
        ..SimpleRequest::default()
    };
    let reply = client.unary_call(request).timeout(Duration::from_secs(5)).await?;
    has_payload(&reply, SIZE)?;
    println!("OK: a reply of {SIZE} bytes");
    Ok(())
}

pub(super) fn echo_status() -> Option<EchoStatus> {
    Some(EchoStatus {
        code: 2,
        message: "test status message".to_owned(),
    })
}

/// Checks that a call failed with a status.
pub(super) fn failed_as<T>(called: Result<T, Status>, wanted: &EchoStatus) -> Result<(), Failure> {
    let Err(status) = called else {
        return Err("the call succeeded, and was to fail".into());
    };
    let same = status.code() == Code::from_i32(wanted.code) && status.message() == wanted.message;
    ensure(same, || {
        format!("the call failed with {status:?}, and not with {wanted:?}")
    })
}

async fn status_code_and_message(client: &TestServiceClient) -> Result<(), Failure> {
    let request = SimpleRequest {
        response_status: echo_status(),
        ..SimpleRequest::default()
    };
    let wanted = echo_status().unwrap_or_default();
    failed_as(client.unary_call(request).await, &wanted)?;
    stream_cases::status_of_a_stream(client, &wanted).await
}

async fn special_status_message(client: &TestServiceClient) -> Result<(), Failure> {
    let wanted = EchoStatus {
        code: 2,
        message: "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n".to_owned(),
    };
    let request = SimpleRequest {
        response_status: Some(wanted.clone()),
        ..SimpleRequest::default()
    };
    failed_as(
        client.unary_call(request).timeout(Duration::from_secs(10)).await,
        &wanted,
    )
}

async fn custom_metadata(client: &TestServiceClient) -> Result<(), Failure> {
    let request = SimpleRequest {
        response_size: 1,
        payload: payload(1),
        ..SimpleRequest::default()
    };
    let response = client
        .unary_call(request)
        .metadata(ECHO_INITIAL, INITIAL_VALUE)
        .metadata_bin(ECHO_TRAILING, TRAILING_VALUE)
        .detailed()
        .await?;
    has_payload(&response.message, 1)?;
    echoed(&response.headers, &response.trailers)?;
    stream_cases::metadata_of_a_stream(client).await
}

/// Checks that the server echoed the metadata.
pub(super) fn echoed(headers: &Metadata, trailers: &Metadata) -> Result<(), Failure> {
    let initial: Vec<&str> = headers.get_all(ECHO_INITIAL).collect();
    ensure(initial == [INITIAL_VALUE], || {
        format!("the headers have {ECHO_INITIAL}: {initial:?}")
    })?;
    let trailing: Vec<Vec<u8>> = trailers.get_all_bin(ECHO_TRAILING).collect();
    ensure(trailing == [TRAILING_VALUE], || {
        format!("the trailers have {ECHO_TRAILING}: {trailing:?}")
    })
}

fn unimplemented(called: Result<Empty, Status>) -> Result<(), Failure> {
    let code = called.map_or_else(|status| status.code(), |_| Code::Ok);
    ensure(code == Code::Unimplemented, || {
        format!("the call ended with {code}, and not with {}", Code::Unimplemented)
    })
}

/// Makes large calls one after the other.
async fn soak(client: impl Fn() -> Result<TestServiceClient, Failure>) -> Result<(), Failure> {
    for _ in 0..SOAK_ITERATIONS {
        let client = client()?;
        let reply = client.unary_call(large_request()).timeout(SOAK_PATIENCE).await?;
        has_payload(&reply, LARGE_RESPONSE)?;
    }
    Ok(())
}
