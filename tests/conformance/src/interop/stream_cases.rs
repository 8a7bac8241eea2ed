//! Streaming test cases.

use std::time::Duration;

use rsrpc_runtime::{Code, Status, StreamSender, Streaming};

use super::cases::{INITIAL_VALUE, TRAILING_VALUE, echo_status, echoed, ensure, failed_as};
use super::proto::{
    EchoStatus, ResponseParameters, StreamingInputCallRequest, StreamingOutputCallRequest,
    StreamingOutputCallResponse, TestServiceClient,
};
use super::{ECHO_INITIAL, ECHO_TRAILING, payload};
use crate::Failure;

const REQUESTS: [usize; 4] = [27_182, 8, 1_828, 45_904];
const RESPONSES: [usize; 4] = [31_415, 9, 2_653, 58_979];

pub(super) async fn client_streaming(client: &TestServiceClient) -> Result<(), Failure> {
    let requests = REQUESTS.map(|size| StreamingInputCallRequest {
        payload: payload(size),
        ..StreamingInputCallRequest::default()
    });
    let reply = client.streaming_input_call(requests).await?;
    let (found, sum) = (reply.aggregated_payload_size, REQUESTS.iter().sum::<usize>());
    ensure(usize::try_from(found) == Ok(sum), || {
        format!("{sum} bytes were sent, and {found} received")
    })
}

pub(super) async fn server_streaming(client: &TestServiceClient) -> Result<(), Failure> {
    let request = StreamingOutputCallRequest {
        response_parameters: RESPONSES.map(parameters).to_vec(),
        ..StreamingOutputCallRequest::default()
    };
    let mut replies = client.streaming_output_call(request).await?;
    for size in RESPONSES {
        next(&mut replies, size).await?;
    }
    ended(&mut replies).await
}

fn parameters(size: usize) -> ResponseParameters {
    ResponseParameters {
        size: i32::try_from(size).unwrap_or(i32::MAX),
        ..ResponseParameters::default()
    }
}

fn asking(request: usize, response: usize) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: vec![parameters(response)],
        payload: payload(request),
        ..StreamingOutputCallRequest::default()
    }
}

/// Reads a reply of this size.
async fn next(replies: &mut Streaming<StreamingOutputCallResponse>, size: usize) -> Result<(), Failure> {
    let reply = replies
        .message()
        .await?
        .ok_or("the stream ended before its last reply")?;
    let found = reply.payload.map_or(0, |payload| payload.body.len());
    ensure(found == size, || {
        format!("a reply of {found} bytes came, {size} were asked for")
    })
}

async fn ended(replies: &mut Streaming<StreamingOutputCallResponse>) -> Result<(), Failure> {
    let more = replies.message().await?;
    ensure(more.is_none(), || {
        "more replies came than were asked for".to_owned()
    })
}

pub(super) async fn ping_pong(client: &TestServiceClient) -> Result<(), Failure> {
    let (mut sender, mut replies) = client.full_duplex_call().open().await?;
    for (request, response) in REQUESTS.into_iter().zip(RESPONSES) {
        sender.send(asking(request, response)).await?;
        next(&mut replies, response).await?;
    }
    sender.finish();
    ended(&mut replies).await
}

pub(super) async fn empty_stream(client: &TestServiceClient) -> Result<(), Failure> {
    let (sender, mut replies) = client.full_duplex_call().open().await?;
    sender.finish();
    ended(&mut replies).await
}

pub(super) async fn timeout_on_sleeping_server(client: &TestServiceClient) -> Result<(), Failure> {
    let called = async {
        let call = client.full_duplex_call().timeout(Duration::from_millis(1));
        let (mut sender, mut replies) = call.open().await?;
        let request = StreamingOutputCallRequest {
            payload: payload(27_182),
            ..StreamingOutputCallRequest::default()
        };
        // The call may have ended; the reply stream has its status.
        let _ = sender.send(request).await;
        replies.message().await.map(drop)
    };
    ended_with(called.await, Code::DeadlineExceeded)
}

/// Cancels the call right after it began, by dropping it.
pub(super) async fn cancel_after_begin(client: &TestServiceClient) -> Result<(), Failure> {
    let (sender, requests) = Streaming::channel(1);
    let call = client.streaming_input_call(requests);
    let begun = tokio::time::timeout(Duration::from_millis(100), call.into_future()).await;
    drop(sender);
    ensure(begun.is_err(), || {
        "the call ended before it was cancelled".to_owned()
    })?;
    // The connection stays usable after a cancelled call.
    Ok(client.empty_call(super::proto::Empty {}).await.map(drop)?)
}

/// Cancels the call after its first reply by dropping the sender.
pub(super) async fn cancel_after_first_response(client: &TestServiceClient) -> Result<(), Failure> {
    let (mut sender, mut replies): (StreamSender<_>, _) = client.full_duplex_call().open().await?;
    sender.send(asking(27_182, 31_415)).await?;
    next(&mut replies, 31_415).await?;
    drop(sender);
    ended_with(replies.message().await.map(drop), Code::Cancelled)
}

fn ended_with(called: Result<(), Status>, wanted: Code) -> Result<(), Failure> {
    let code = called.as_ref().map_or_else(Status::code, |()| Code::Ok);
    ensure(code == wanted, || {
        format!("the call ended with {called:?}, and not with {wanted}")
    })
}

pub(super) async fn status_of_a_stream(
    client: &TestServiceClient,
    wanted: &EchoStatus,
) -> Result<(), Failure> {
    let (mut sender, mut replies) = client.full_duplex_call().open().await?;
    let request = StreamingOutputCallRequest {
        response_status: echo_status(),
        ..StreamingOutputCallRequest::default()
    };
    sender.send(request).await?;
    sender.finish();
    failed_as(replies.message().await, wanted)
}

pub(super) async fn metadata_of_a_stream(client: &TestServiceClient) -> Result<(), Failure> {
    let call = client
        .full_duplex_call()
        .metadata(ECHO_INITIAL, INITIAL_VALUE)
        .metadata_bin(ECHO_TRAILING, TRAILING_VALUE);
    let (mut sender, mut replies) = call.open().await?;
    sender.send(asking(1, 1)).await?;
    let headers = replies.headers().await?.clone();
    next(&mut replies, 1).await?;
    sender.finish();
    ended(&mut replies).await?;
    let trailers = replies.trailers().cloned().unwrap_or_default();
    echoed(&headers, &trailers)
}
