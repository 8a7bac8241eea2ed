//! The suite's protocol for programs under test: messages on stdin and stdout, each after its length in four bytes,
//! big-endian.

use rsrpc_runtime::prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::Failure;

/// Reads the next message. Returns `None` at the end of the input.
///
/// # Errors The input cannot be read, ends within a message, or is invalid.
pub async fn read<M: Message + Default>(input: &mut (impl AsyncRead + Unpin)) -> Result<Option<M>, Failure> {
    let length = match input.read_u32().await {
        Ok(length) => length as usize,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes).await?;
    Ok(Some(M::decode(bytes.as_slice())?))
}

/// Writes a message and flushes.
///
/// # Errors The output cannot be written.
pub async fn write<M: Message>(output: &mut (impl AsyncWrite + Unpin), message: &M) -> Result<(), Failure> {
    let mut bytes = Vec::with_capacity(4 + message.encoded_len());
    bytes.extend_from_slice(&u32::try_from(message.encoded_len())?.to_be_bytes());
    message.encode(&mut bytes)?;
    output.write_all(&bytes).await?;
    Ok(output.flush().await?)
}
