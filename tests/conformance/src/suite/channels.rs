//! Channels of the client, shared by calls with the same settings.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rsrpc_runtime::client::GrpcWeb;
use rsrpc_runtime::transport::tls::{Identity, Tls};
use rsrpc_runtime::{Channel, Codec, Compression};

use super::proto::{
    ClientCompatRequest, Codec as AskedCodec, Compression as AskedCompression, HttpVersion, Protocol,
};
use super::{COMPRESSIONS, json_context};
use crate::Failure;

/// Settings of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    host: String,
    port: u32,
    protocol: i32,
    http_version: i32,
    codec: i32,
    compression: i32,
    limit: u32,
    server_cert: Vec<u8>,
    client_cert: Vec<u8>,
}

/// The channels created so far.
#[derive(Debug, Default)]
pub struct Channels {
    channels: Mutex<HashMap<Key, Channel>>,
}

impl Channels {
    /// Returns the channel for a call.
    ///
    /// # Errors The request asks for an unsupported protocol or setting.
    pub fn of(&self, request: &ClientCompatRequest) -> Result<Channel, Failure> {
        let client_creds = request.client_tls_creds.as_ref();
        let key = Key {
            host: request.host.clone(),
            port: request.port,
            protocol: request.protocol,
            http_version: request.http_version,
            codec: request.codec,
            compression: request.compression,
            limit: request.message_receive_limit,
            server_cert: request.server_tls_cert.clone(),
            client_cert: client_creds.map(|creds| creds.cert.clone()).unwrap_or_default(),
        };
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&key) {
            return Ok(channel.clone());
        }
        let channel = build(request)?;
        channels.insert(key, channel.clone());
        Ok(channel)
    }
}

fn build(request: &ClientCompatRequest) -> Result<Channel, Failure> {
    let is_tls = !request.server_tls_cert.is_empty();
    let scheme = if is_tls { "https" } else { "http" };
    let mut builder = Channel::builder(format!("{scheme}://{}:{}", request.host, request.port))
        .connect_timeout(Duration::from_secs(5))
        .json_context(json_context())
        .accept_compression(COMPRESSIONS)
        .compress_from(0);
    if is_tls {
        let mut tls = Tls::roots(&request.server_tls_cert)?;
        if let Some(creds) = &request.client_tls_creds {
            tls = tls.identity(Identity::from_pem(&creds.cert, &creds.key)?);
        }
        builder = builder.tls(tls);
    }
    builder = match (request.protocol(), request.http_version()) {
        (Protocol::Unspecified | Protocol::Grpc, _) => builder,
        (Protocol::GrpcWeb, HttpVersion::HttpVersion1) => builder.grpc_web(GrpcWeb::new()),
        (Protocol::GrpcWeb, HttpVersion::HttpVersion2) => builder.grpc_web(GrpcWeb::new().http2()),
        (protocol, version) => {
            let (protocol, version) = (protocol.as_str_name(), version.as_str_name());
            return Err(format!("{protocol} over {version} is not spoken here").into());
        }
    };
    match request.codec() {
        AskedCodec::Json => builder = builder.codec(Codec::Json),
        AskedCodec::Proto | AskedCodec::Unspecified => {}
    }
    builder = match request.compression() {
        AskedCompression::Unspecified | AskedCompression::Identity => builder,
        AskedCompression::Gzip => builder.send_compression(Compression::Gzip),
        AskedCompression::Deflate => builder.send_compression(Compression::Deflate),
        AskedCompression::Zstd => builder.send_compression(Compression::Zstd),
        other => return Err(format!("{} is not spoken here", other.as_str_name()).into()),
    };
    if request.message_receive_limit > 0 {
        builder = builder.max_reply_size(request.message_receive_limit as usize);
    }
    Ok(builder.build()?)
}
