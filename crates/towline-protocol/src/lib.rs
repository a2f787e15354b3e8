//! The protocol between a Towline server and its clients: messages, framing, handshake.
//!
//! This crate does no I/O: [`FrameDecoder`] is fed bytes and yields frames, [`encode_frame`] appends a
//! frame to a buffer, and [`negotiate`] decides what two sides speak. See `docs/protocol.md`.

mod framing;
mod handshake;

pub use framing::{FRAME_CAP, FrameDecoder, FrameError, STREAM_CHUNK, encode_frame};
pub use handshake::{Features, Negotiated, PREAMBLE, ProtocolRange, SUPPORTED, negotiate};

/// The messages between clients and servers, generated from `proto/towline.proto`.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/towline.v1.rs"));
}

/// What a holder is started with, generated from `proto/holder.proto`.
#[allow(missing_docs, clippy::all)]
pub mod holder {
    include!(concat!(env!("OUT_DIR"), "/towline.holder.v1.rs"));
}

pub use prost::Message;
