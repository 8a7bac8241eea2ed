//! Test cases of per-message compression:
//! <https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>.

use rsrpc_runtime::{Channel, Code, Compression, Status};

use super::cases::{LARGE_RESPONSE, ensure, has_payload, large_request};
use super::envelopes::{self, Enveloped};
use super::payload;
use super::proto::{
    BoolValue, ResponseParameters, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse, TestServiceClient,
    TestServiceMethods,
};
use crate::Failure;

/// Sizes of a compressed message and of the uncompressed one after it.
const REQUESTS: [usize; 2] = [27_182, 45_904];
const RESPONSES: [usize; 2] = [31_415, 92_653];

fn said(value: bool) -> Option<BoolValue> {
    Some(BoolValue { value })
}

/// Checks that the server detected a compression mismatch.
fn refused<T>(called: Result<T, Status>) -> Result<(), Failure> {
    let code = called.map_or_else(|status| status.code(), |_| Code::Ok);
    ensure(code == Code::InvalidArgument, || {
        format!(
            "the server took a request that is compressed otherwise than it says: the call ended with {code}, and not with {}",
            Code::InvalidArgument
        )
    })
}

pub(super) async fn client_compressed_unary(client: &TestServiceClient) -> Result<(), Failure> {
    let call = |says, compression: Option<Compression>| {
        let request = SimpleRequest {
            expect_compressed: said(says),
            ..large_request()
        };
        client.unary_call(request).compression(compression)
    };
    refused(call(true, None).await)?;
    for (says, compression) in [(true, Some(Compression::Gzip)), (false, None)] {
        has_payload(&call(says, compression).await?, LARGE_RESPONSE)?;
    }
    // Not in the description: without this, a server that refuses every `true` would pass.
    refused(call(false, Some(Compression::Gzip)).await)
}

pub(super) async fn client_compressed_streaming(
    channel: &Channel,
    client: &TestServiceClient,
) -> Result<(), Failure> {
    let request = |size, says| StreamingInputCallRequest {
        payload: payload(size),
        expect_compressed: said(says),
    };
    let [compressed, plain] = REQUESTS;
    let call = |says, compression: Option<Compression>| {
        let requests = [request(compressed, says)];
        client.streaming_input_call(requests).compression(compression)
    };
    refused(call(true, None).await)?;
    aggregated(&call(true, Some(Compression::Gzip)).await?, compressed)?;

    let requests = [(compressed, true), (plain, false)].map(|(size, compressed)| Enveloped {
        message: request(size, compressed),
        compressed,
    });
    let path = TestServiceMethods::STREAMING_INPUT_CALL.descriptor().path();
    let replies = envelopes::call(channel, path, &requests).await?;
    let [reply]: [Enveloped<StreamingInputCallResponse>; 1] = replies
        .try_into()
        .map_err(|replies: Vec<_>| format!("{} replies came to one call", replies.len()))?;
    aggregated(&reply.message, compressed + plain)
}

fn aggregated(reply: &StreamingInputCallResponse, sum: usize) -> Result<(), Failure> {
    let found = reply.aggregated_payload_size;
    ensure(usize::try_from(found) == Ok(sum), || {
        format!("{sum} bytes were sent, and {found} received")
    })
}

pub(super) async fn server_compressed_unary(
    channel: &Channel,
    client: &TestServiceClient,
) -> Result<(), Failure> {
    for compressed in [true, false] {
        let request = SimpleRequest {
            response_compressed: said(compressed),
            ..large_request()
        };
        has_payload(&client.unary_call(request.clone()).await?, LARGE_RESPONSE)?;
        let path = TestServiceMethods::UNARY_CALL.descriptor().path();
        let request = Enveloped {
            message: request,
            compressed: false,
        };
        let replies = envelopes::call::<_, SimpleResponse>(channel, path, &[request]).await?;
        flagged(&replies, &[compressed])?;
        for reply in replies {
            has_payload(&reply.message, LARGE_RESPONSE)?;
        }
    }
    Ok(())
}

pub(super) async fn server_compressed_streaming(
    channel: &Channel,
    client: &TestServiceClient,
) -> Result<(), Failure> {
    const COMPRESSED: [bool; 2] = [true, false];
    let parameters = RESPONSES.into_iter().zip(COMPRESSED);
    let request = StreamingOutputCallRequest {
        response_parameters: parameters
            .map(|(size, compressed)| ResponseParameters {
                size: i32::try_from(size).unwrap_or(i32::MAX),
                compressed: said(compressed),
                ..ResponseParameters::default()
            })
            .collect(),
        ..StreamingOutputCallRequest::default()
    };
    let mut replies = client.streaming_output_call(request.clone()).await?;
    let mut sizes = Vec::new();
    while let Some(reply) = replies.message().await? {
        sizes.push(size(&reply));
    }
    sized(&sizes)?;

    let path = TestServiceMethods::STREAMING_OUTPUT_CALL.descriptor().path();
    let request = Enveloped {
        message: request,
        compressed: false,
    };
    let replies = envelopes::call(channel, path, &[request]).await?;
    flagged(&replies, &COMPRESSED)?;
    let sizes: Vec<usize> = replies.iter().map(|reply| size(&reply.message)).collect();
    sized(&sizes)
}

fn size(reply: &StreamingOutputCallResponse) -> usize {
    reply.payload.as_ref().map_or(0, |payload| payload.body.len())
}

fn sized(found: &[usize]) -> Result<(), Failure> {
    ensure(found == RESPONSES, || {
        format!("replies of {found:?} bytes came, {RESPONSES:?} were asked for")
    })
}

fn flagged<M>(replies: &[Enveloped<M>], wanted: &[bool]) -> Result<(), Failure> {
    let found: Vec<bool> = replies.iter().map(|reply| reply.compressed).collect();
    ensure(found == wanted, || {
        format!("replies came that are compressed: {found:?}, and not {wanted:?}")
    })
}
