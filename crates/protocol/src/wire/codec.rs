//! gRPC framing for messages of any type: one instance of the client and server machinery serves all calls.

use bytes::{Buf, Bytes};
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// A message to be sent.
pub(crate) trait Outgoing: Send + Sync + 'static {
    fn size(&self) -> usize;
    fn write(&self, buffer: &mut EncodeBuf<'_>) -> Result<(), Status>;
}

impl<M: Message + 'static> Outgoing for M {
    fn size(&self) -> usize {
        self.encoded_len()
    }

    fn write(&self, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        self.encode(buffer).map_err(|error| Status::internal(format!("cannot encode the message: {error}")))
    }
}

/// Sends any message and hands received ones over as bytes, without a copy.
#[derive(Clone, Copy, Default)]
pub(crate) struct RawCodec;

impl Codec for RawCodec {
    type Encode = Box<dyn Outgoing>;
    type Decode = Bytes;
    type Encoder = RawCodec;
    type Decoder = RawCodec;

    fn encoder(&mut self) -> RawCodec {
        RawCodec
    }

    fn decoder(&mut self) -> RawCodec {
        RawCodec
    }
}

impl Encoder for RawCodec {
    type Item = Box<dyn Outgoing>;
    type Error = Status;

    fn encode(&mut self, message: Box<dyn Outgoing>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(message.size());
        message.write(buffer)
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(512, 32 << 10)
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(512, 32 << 10)
    }
}
