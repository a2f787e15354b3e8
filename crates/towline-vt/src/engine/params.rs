//! A control sequence taken apart.

/// Parameters kept per sequence; one with more is ignored.
const MAX_PARAMS: usize = 32;

/// A control sequence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Csi {
    pub(crate) params: [u16; MAX_PARAMS],
    pub(crate) len: usize,
    /// Bit n: parameter n was joined to the one before by a colon.
    pub(crate) colons: u32,
    /// `<`, `=`, `>` or `?` before the parameters, else 0.
    pub(crate) marker: u8,
    /// The intermediate byte, else 0.
    pub(crate) intermediate: u8,
    /// The byte that says what it is.
    pub(crate) last: u8,
}

impl Csi {
    /// Whether reading could have brought it about.
    pub(crate) fn is_sound(&self) -> bool {
        self.len <= MAX_PARAMS
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        // Those beyond the length are cleared when it grows.
        self.params[0] = 0;
        self.len = 1;
        self.colons = 0;
        self.marker = 0;
        self.intermediate = 0;
    }

    #[inline]
    pub(super) fn digit(&mut self, digit: u8) {
        if let Some(param) = self.params.get_mut(self.len.wrapping_sub(1)) {
            *param = param.saturating_mul(10).saturating_add(u16::from(digit));
        }
    }

    #[inline]
    pub(super) fn next(&mut self, colon: bool) -> bool {
        if self.len == MAX_PARAMS {
            return false;
        }
        self.params[self.len] = 0;
        self.colons |= u32::from(colon) << self.len;
        self.len += 1;
        true
    }

    /// All parameters; a missing one is 0.
    pub(super) fn params(&self) -> &[u16] {
        &self.params[..self.len]
    }

    /// Whether parameter `index` hangs on the one before by a colon.
    pub(super) fn is_sub(&self, index: usize) -> bool {
        self.colons & (1 << index) != 0
    }

    /// Parameter `index`, with 0 and missing meaning `default`.
    pub(super) fn param(&self, index: usize, default: u16) -> u16 {
        match self.params().get(index) {
            Some(&param) if param != 0 => param,
            _ => default,
        }
    }

    /// The first parameter as a count: at least 1.
    pub(super) fn count(&self) -> usize {
        usize::from(self.param(0, 1))
    }
}
