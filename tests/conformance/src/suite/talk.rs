//! How the suite talks to the programs: messages on stdin and stdout, each behind its length, four bytes with the
//! highest first.

use rsrpc_runtime::prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::Failure;

/// The next message; `None` at the end of the input.
///
/// # Errors
/// The input cannot be read, ends within a message, or is no such message.
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

/// Writes a message, and whatever is written before it.
///
/// # Errors
/// The output cannot be written.
pub async fn write<M: Message>(output: &mut (impl AsyncWrite + Unpin), message: &M) -> Result<(), Failure> {
    let mut bytes = Vec::with_capacity(4 + message.encoded_len());
    bytes.extend_from_slice(&u32::try_from(message.encoded_len())?.to_be_bytes());
    message.encode(&mut bytes)?;
    output.write_all(&bytes).await?;
    Ok(output.flush().await?)
}
