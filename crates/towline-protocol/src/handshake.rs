//! What two sides of a connection agree on before anything else.

use crate::v1::ClientHello;

/// What each side sends first. Noise in front of it (printed by a shell's start-up files) can be skipped
/// up to here; it holds a byte that no text has.
pub const PREAMBLE: [u8; 8] = *b"TOWLINE\x00";

/// A range of protocol versions, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProtocolRange {
    /// The oldest version spoken.
    pub min: u32,
    /// The newest version spoken.
    pub max: u32,
}

/// The versions this build speaks.
pub const SUPPORTED: ProtocolRange = ProtocolRange { min: 1, max: 1 };

/// Optional abilities, as bits in the hello messages. Each is used only where both sides have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features(pub u64);

impl Features {
    /// `Follow.redraw` is understood.
    pub const FOLLOW_REDRAW: Self = Self(1 << 0);
    /// `Watch` is understood.
    pub const WATCH: Self = Self(1 << 1);
    /// `Subscribe` and the client's heartbeat are understood.
    pub const SUBSCRIBE: Self = Self(1 << 2);
    /// All that this build has.
    pub const ALL: Self = Self(Self::FOLLOW_REDRAW.0 | Self::WATCH.0 | Self::SUBSCRIBE.0);

    /// Whether every bit of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The outcome of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// The version both sides speak.
    pub protocol: u32,
    /// What both sides can do.
    pub features: Features,
}

/// The newest version that both `ours` and the client speak, with the common features; `None` where the
/// ranges don't meet or the client's is empty.
pub fn negotiate(ours: ProtocolRange, hello: &ClientHello) -> Option<Negotiated> {
    let protocol = ours.max.min(hello.protocol_max);
    let lowest = ours.min.max(hello.protocol_min);
    (protocol >= lowest && hello.protocol_min <= hello.protocol_max)
        .then_some(Negotiated { protocol, features: Features(hello.features & Features::ALL.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(min: u32, max: u32) -> ClientHello {
        ClientHello {
            protocol_min: min,
            protocol_max: max,
            features: u64::MAX,
            ..Default::default()
        }
    }

    #[test]
    fn the_newest_common_version_wins() {
        let ours = ProtocolRange { min: 2, max: 4 };
        for (min, max, expected) in [
            (1, 1, None),
            (1, 2, Some(2)),
            (3, 3, Some(3)),
            (4, 9, Some(4)),
            (5, 9, None),
            (4, 3, None),
        ] {
            let got = negotiate(ours, &hello(min, max)).map(|n| n.protocol);
            assert_eq!(got, expected, "client {min}..={max}");
        }
    }

    #[test]
    fn only_common_features_are_used() {
        let agreed = negotiate(SUPPORTED, &hello(1, 1)).unwrap();
        assert_eq!(agreed.features, Features::ALL);
        assert!(!Features(0).has(Features::WATCH));
    }
}
