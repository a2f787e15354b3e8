//! Bytes from another Towline: never a panic, and what was decoded is encoded as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use towline_holder::wire::{Decoder, FromHolder, ToHolder};
use towline_protocol::FrameDecoder;
use towline_protocol::v1::{ClientFrame, ServerFrame};

fuzz_target!(|input: (u8, &[u8])| {
    let (step, bytes) = input;
    let step = usize::from(step).max(1);
    clients_and_servers(step, bytes);
    holders(step, bytes);
});

fn clients_and_servers(step: usize, bytes: &[u8]) {
    let (mut client, mut server) = (FrameDecoder::new(), FrameDecoder::new());
    for piece in bytes.chunks(step) {
        client.extend(piece);
        while let Ok(Some(_)) = client.next::<ClientFrame>() {}
        server.extend(piece);
        while let Ok(Some(_)) = server.next::<ServerFrame>() {}
    }
}

fn holders(step: usize, bytes: &[u8]) {
    let (mut to, mut from) = (Decoder::new(), Decoder::new());
    for piece in bytes.chunks(step) {
        to.push(piece);
        while let Ok(Some(message)) = to.next::<ToHolder<'_>>() {
            let mut again = Vec::new();
            message.encode(&mut again);
            let mut decoder = Decoder::new();
            decoder.push(&again);
            assert_eq!(decoder.next::<ToHolder<'_>>(), Ok(Some(message)));
        }
        from.push(piece);
        while let Ok(Some(message)) = from.next::<FromHolder<'_>>() {
            let mut again = Vec::new();
            message.encode(&mut again);
            let mut decoder = Decoder::new();
            decoder.push(&again);
            assert_eq!(decoder.next::<FromHolder<'_>>(), Ok(Some(message)));
        }
    }
}
