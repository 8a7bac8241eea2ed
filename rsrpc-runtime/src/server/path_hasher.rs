//! A hasher for method paths.

use std::hash::Hasher;

/// Hashes method paths in few instructions. Only the program itself adds paths, so an attacker cannot choose
/// colliding ones.
#[derive(Default)]
pub(crate) struct PathHasher(u64);

impl PathHasher {
    /// Combines both halves of a product with an odd number, so each input bit affects high and low output bits.
    #[inline]
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for PathHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        self.add(rest.iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte)));
    }

    #[inline]
    fn write_u8(&mut self, _: u8) {
        // `str` appends a terminator, which adds no information here.
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher as _, BuildHasherDefault};

    use super::*;

    #[test]
    fn similar_paths_have_distinct_hashes() {
        let hashes: Vec<u64> = (0..1024)
            .map(|method| format!("/package.Service/Method{method}"))
            .map(|path| BuildHasherDefault::<PathHasher>::default().hash_one(path.as_str()))
            .collect();
        // A map of twice as many entries uses these bits of the hash.
        let places: HashSet<u64> = hashes.iter().map(|hash| hash % 2048).collect();
        assert!(places.len() > 600, "{}", places.len());
        let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(tags.len() > 100, "{}", tags.len());
    }
}
