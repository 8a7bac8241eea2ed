//! Calls with hand-made message framing on the channel's connection, so that each request chooses its compression and
//! each reply's compression is visible.

use std::io::{Read as _, Write as _};

use bytes::{Buf as _, BufMut as _, Bytes};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Full};
use rsrpc_runtime::Channel;
use rsrpc_runtime::prost::Message;
use tower_service::Service as _;

use crate::Failure;

/// Maximum size of a decompressed reply, in bytes.
const LARGEST: u64 = 1 << 20;

/// A message and whether it is compressed.
pub(super) struct Enveloped<M> {
    pub(super) message: M,
    pub(super) compressed: bool,
}

/// Makes a call by its path and reads all replies.
///
/// # Errors The call failed, or the replies are malformed.
pub(super) async fn call<Req: Message, Rep: Message + Default>(
    channel: &Channel,
    path: &'static str,
    requests: &[Enveloped<Req>],
) -> Result<Vec<Enveloped<Rep>>, Failure> {
    let mut body = Vec::new();
    for request in requests {
        put(request, &mut body)?;
    }
    let request = http::Request::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-encoding", "gzip")
        .header("grpc-accept-encoding", "identity,gzip")
        .body(Full::new(Bytes::from(body)))?;
    let response = channel.clone().call(request).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?;
    let trailers = body.trailers().unwrap_or(&head.headers);
    if trailers.get("grpc-status").is_none_or(|status| status != "0") {
        return Err(format!("the call ended with {trailers:?}").into());
    }
    let announced = head.headers.get("grpc-encoding");
    let mut bytes = body.to_bytes();
    let mut replies = Vec::new();
    while !bytes.is_empty() {
        let reply = take(&mut bytes)?;
        if reply.compressed && announced.is_none_or(|algorithm| algorithm != "gzip") {
            return Err(format!("a compressed reply came, and grpc-encoding is {announced:?}").into());
        }
        replies.push(reply);
    }
    Ok(replies)
}

fn put<M: Message>(request: &Enveloped<M>, body: &mut Vec<u8>) -> Result<(), Failure> {
    let mut message = request.message.encode_to_vec();
    if request.compressed {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&message)?;
        message = encoder.finish()?;
    }
    body.put_u8(u8::from(request.compressed));
    body.put_u32(u32::try_from(message.len())?);
    body.put_slice(&message);
    Ok(())
}

fn take<M: Message + Default>(bytes: &mut Bytes) -> Result<Enveloped<M>, Failure> {
    let flag = bytes.try_get_u8()?;
    let length = usize::try_from(bytes.try_get_u32()?)?;
    if length > bytes.len() {
        return Err(format!("a reply of {length} bytes ends after {}", bytes.len()).into());
    }
    let message = bytes.split_to(length);
    let message = match flag {
        0 => M::decode(message)?,
        1 => {
            let mut plain = Vec::new();
            GzDecoder::new(message.reader())
                .take(LARGEST)
                .read_to_end(&mut plain)?;
            M::decode(plain.as_slice())?
        }
        other => return Err(format!("a reply is flagged as {other}").into()),
    };
    Ok(Enveloped {
        message,
        compressed: flag == 1,
    })
}
