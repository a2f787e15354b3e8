//! How a record writes numbers, texts and lists: little, and read without trust.

use super::RecordError;
use std::collections::BTreeMap;

/// Bytes being read.
pub(super) struct Source<'a> {
    rest: &'a [u8],
}

impl<'a> Source<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Source { rest }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(RecordError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, RecordError> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

/// What a record can hold.
pub(super) trait Codec: Sized {
    fn write(&self, to: &mut Vec<u8>);
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError>;
}

/// Seven bits a byte, the low ones first; the last byte is below 128.
pub(super) fn write_number(mut number: u64, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

pub(super) fn read_number(from: &mut Source<'_>) -> Result<u64, RecordError> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = from.byte()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(RecordError::Malformed)
}

macro_rules! numbers {
    ($($type:ty),*) => { $(
        impl Codec for $type {
            fn write(&self, to: &mut Vec<u8>) {
                write_number(*self as u64, to);
            }
            fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
                read_number(from)?.try_into().map_err(|_| RecordError::Malformed)
            }
        }
    )* };
}
numbers!(u8, u16, u32, u64, usize);

impl Codec for bool {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(RecordError::Malformed),
        }
    }
}

impl Codec for char {
    fn write(&self, to: &mut Vec<u8>) {
        u32::from(*self).write(to);
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        char::from_u32(Codec::read(from)?).ok_or(RecordError::Malformed)
    }
}

impl Codec for String {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        to.extend_from_slice(self.as_bytes());
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        let length = usize::read(from)?;
        let bytes = from.take(length)?.to_vec();
        String::from_utf8(bytes).map_err(|_| RecordError::Malformed)
    }
}

impl<T: Codec> Codec for Option<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.is_some().write(to);
        if let Some(value) = self {
            value.write(to);
        }
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        bool::read(from)?.then(|| T::read(from)).transpose()
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        self.iter().for_each(|item| item.write(to));
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        // An item takes a byte at least, so no length buys more memory than the record is long.
        (0..usize::read(from)?).map(|_| T::read(from)).collect()
    }
}

impl<T: Codec + Copy + Default, const N: usize> Codec for [T; N] {
    fn write(&self, to: &mut Vec<u8>) {
        self.iter().for_each(|item| item.write(to));
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        let mut all = [T::default(); N];
        for item in &mut all {
            *item = T::read(from)?;
        }
        Ok(all)
    }
}

impl<K: Codec + Ord, V: Codec> Codec for BTreeMap<K, V> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        for (key, value) in self {
            key.write(to);
            value.write(to);
        }
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        (0..usize::read(from)?).map(|_| Ok((K::read(from)?, V::read(from)?))).collect()
    }
}

impl<A: Codec, B: Codec> Codec for (A, B) {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
        self.1.write(to);
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        Ok((A::read(from)?, B::read(from)?))
    }
}

impl<A: Codec, B: Codec, C: Codec> Codec for (A, B, C) {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
        self.1.write(to);
        self.2.write(to);
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        Ok((A::read(from)?, B::read(from)?, C::read(from)?))
    }
}

/// A struct as its fields in this order. It is taken apart, so that a new field is not forgotten.
macro_rules! fields {
    ($type:ty { $($field:ident),* $(,)? }) => {
        impl Codec for $type {
            fn write(&self, to: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $(Codec::write($field, to);)*
            }
            fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
                Ok(Self { $($field: Codec::read(from)?),* })
            }
        }
    };
}

/// An enum without contents as a byte. The numbers stay for ever.
macro_rules! choices {
    ($type:ty { $($name:ident = $number:literal),* $(,)? }) => {
        impl Codec for $type {
            fn write(&self, to: &mut Vec<u8>) {
                to.push(match self { $(Self::$name => $number),* });
            }
            fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
                match from.byte()? {
                    $($number => Ok(Self::$name),)*
                    _ => Err(RecordError::Malformed),
                }
            }
        }
    };
}

pub(super) use {choices, fields};
