//! Patches the published runner for Debian 12. The runner requires glibc 2.38 and the libstdc++ of GCC 13 only for
//! C23's `strtol` family and one `<iostream>` symbol that is never called. The patched copy uses the old functions
//! and drops the symbol.

use std::collections::HashMap;

use crate::Outcome;

const ISOC23: &str = "__isoc23_";
const NEVER_CALLED: &str = "_ZSt21ios_base_library_initv";
/// Symbol versions to make optional.
const NEW_VERSIONS: [&str; 2] = ["GLIBC_2.38", "GLIBCXX_3.4.32"];
/// Version of glibc's original functions on x86-64.
const OLDEST: &str = "GLIBC_2.2.5";

const SECTION_SIZE: usize = 64;
const SYMBOL_SIZE: usize = 24;
/// `SHT_DYNSYM`, `SHT_GNU_verneed`, `SHT_GNU_versym`.
const SYMBOLS: u64 = 11;
const NEEDED_VERSIONS: u64 = 0x6fff_fffe;
const SYMBOL_VERSIONS: u64 = 0x6fff_ffff;
/// `VER_FLG_WEAK`: the loader only warns if the version is missing.
const WEAK_VERSION: u8 = 2;
/// `STB_WEAK` in the upper half of a symbol's `st_info`.
const WEAK_SYMBOL: u8 = 2 << 4;
/// `VER_NDX_GLOBAL`: unversioned.
const NO_VERSION: u16 = 1;

/// Patches a 64-bit little-endian ELF program to run with glibc 2.34 and the libstdc++ of GCC 12.
pub(super) fn for_older_systems(program: Vec<u8>) -> Outcome<Vec<u8>> {
    let mut elf = Elf(program);
    let symbols = elf.section(SYMBOLS)?;
    let names = elf.number(symbols.header + 40, 4)?;
    let names = elf.section_at(names)?.offset;
    let oldest = elf.weaken_new_versions(names)?;
    let versions = elf.section(SYMBOL_VERSIONS)?.offset;
    let mut changed = 0;
    for index in 0..symbols.size / SYMBOL_SIZE {
        let symbol = symbols.offset + index * SYMBOL_SIZE;
        let name_at = elf.number(symbol, 4)?;
        let name = elf.text(names + name_at)?;
        let version = if name.starts_with(ISOC23) {
            let old = u32::try_from(name_at + ISOC23.len())?;
            elf.put(symbol, &old.to_le_bytes())?;
            oldest
        } else if name == NEVER_CALLED {
            let info = elf.number(symbol + 4, 1)? as u8;
            elf.put(symbol + 4, &[WEAK_SYMBOL | info & 0xf])?;
            NO_VERSION
        } else {
            continue;
        };
        elf.put(versions + 2 * index, &version.to_le_bytes())?;
        changed += 1;
    }
    if changed == 5 {
        return Ok(elf.0);
    }
    Err(format!("the runner has {changed} new symbols, not 5: it is another one").into())
}

struct Elf(Vec<u8>);

struct Section {
    header: usize,
    offset: usize,
    size: usize,
}

impl Elf {
    /// Returns the first section of a type.
    fn section(&self, kind: u64) -> Outcome<Section> {
        for index in 0..self.number(0x3c, 2)? {
            let section = self.section_at(index)?;
            if self.number(section.header + 4, 4)? as u64 == kind {
                return Ok(section);
            }
        }
        Err(format!("the runner has no section of type {kind:#x}").into())
    }

    fn section_at(&self, index: usize) -> Outcome<Section> {
        let header = self.number(0x28, 8)? + index * SECTION_SIZE;
        Ok(Section {
            header,
            offset: self.number(header + 24, 8)?,
            size: self.number(header + 32, 8)?,
        })
    }

    /// Marks the versions as weak. Returns the index of [`OLDEST`].
    fn weaken_new_versions(&mut self, names: usize) -> Outcome<u16> {
        let mut found = HashMap::new();
        let mut library = self.section(NEEDED_VERSIONS)?.offset;
        loop {
            let library_name = self.text(names + self.number(library + 4, 4)?)?;
            let mut version = library + self.number(library + 8, 4)?;
            loop {
                let name = self.text(names + self.number(version + 8, 4)?)?;
                if NEW_VERSIONS.contains(&name.as_str()) {
                    self.put(version + 4, &[WEAK_VERSION])?;
                }
                found.insert((library_name.clone(), name), self.number(version + 6, 2)?);
                match self.number(version + 12, 4)? {
                    0 => break,
                    next => version += next,
                }
            }
            match self.number(library + 12, 4)? {
                0 => break,
                next => library += next,
            }
        }
        let oldest = found.get(&("libc.so.6".to_owned(), OLDEST.to_owned()));
        Ok(u16::try_from(
            *oldest.ok_or("the runner needs nothing of the oldest glibc")?,
        )?)
    }

    fn number(&self, at: usize, size: usize) -> Outcome<usize> {
        let bytes = self.0.get(at..at + size).ok_or("the runner is cut off")?;
        let mut all = [0; 8];
        all[..size].copy_from_slice(bytes);
        Ok(usize::try_from(u64::from_le_bytes(all))?)
    }

    fn text(&self, at: usize) -> Outcome<String> {
        let bytes = self.0.get(at..).ok_or("the runner is cut off")?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn put(&mut self, at: usize, bytes: &[u8]) -> Outcome {
        let place = self.0.get_mut(at..at + bytes.len());
        place.ok_or("the runner is cut off")?.copy_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_refused() {
        for program in [vec![], vec![0; 64], b"\x7fELF and so on".repeat(100)] {
            assert!(for_older_systems(program).is_err());
        }
    }
}
