//! Which machine a program is for, by the head of its file.

/// What the head of an ELF file says. Other kinds of files (a script, a program of macOS) say nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Elf {
    /// The machine it is for, as `uname -m` has it; none where this module doesn't know the number.
    pub(super) machine: Option<&'static str>,
    /// It brings all it needs: no loader and no libraries of the system it runs on.
    pub(super) is_static: bool,
}

/// The program header that names the loader.
const PT_INTERP: u32 = 3;

/// Machines by their number in the file (the ELF specification's `e_machine`), with the name on Linux.
const MACHINES: [(u16, &str); 6] = [
    (3, "i686"),
    (21, "ppc64le"),
    (22, "s390x"),
    (62, "x86_64"),
    (183, "aarch64"),
    (243, "riscv64"),
];

/// Other names of the same machine.
const SAME: [(&str, &str); 3] = [("amd64", "x86_64"), ("arm64", "aarch64"), ("i386", "i686")];

impl Elf {
    /// Reads the head of a 64-bit little-endian ELF file.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let short = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        // Magic, 64 bits, little-endian.
        if bytes.get(..6)? != b"\x7fELF\x02\x01" {
            return None;
        }
        let number = short(18)?;
        let headers = u64::from_le_bytes(bytes.get(32..40)?.try_into().ok()?);
        let (size, count) = (usize::from(short(54)?), usize::from(short(56)?));
        let headers = usize::try_from(headers).ok()?;
        let kind = |index: usize| {
            let at = headers.checked_add(index.checked_mul(size)?)?;
            let word = bytes.get(at..at.checked_add(4)?)?;
            Some(u32::from_le_bytes(word.try_into().ok()?))
        };
        let interpreter = (0..count).any(|index| kind(index) == Some(PT_INTERP));
        let machine = MACHINES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
        Some(Self { machine, is_static: !interpreter })
    }

    /// Whether it can be a program of a machine, as `uname -sm` tells that.
    pub(super) fn is_for(self, system: &str, machine: &str) -> bool {
        let machine =
            SAME.iter().find(|(other, _)| *other == machine).map_or(machine, |(_, it)| *it);
        system == "Linux" && self.machine.is_none_or(|own| own == machine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_for_this_machine() {
        let own = std::fs::read("/proc/self/exe").unwrap();
        let elf = Elf::parse(&own).unwrap();
        assert!(elf.is_for("Linux", std::env::consts::ARCH));
        assert!(!elf.is_for("Darwin", std::env::consts::ARCH));
        assert!(!elf.is_for("Linux", "sparc"));
    }

    #[test]
    fn other_names_of_a_machine_are_known() {
        let elf = Elf { machine: Some("aarch64"), is_static: true };
        assert!(elf.is_for("Linux", "arm64") && elf.is_for("Linux", "aarch64"));
        assert!(Elf { machine: None, is_static: true }.is_for("Linux", "loongarch64"));
    }

    #[test]
    fn what_is_no_elf_file_says_nothing() {
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF\x02\x01", &[0xcf, 0xfa, 0xed, 0xfe]] {
            assert_eq!(Elf::parse(bytes), None);
        }
    }
}
