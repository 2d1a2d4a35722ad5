//! Where uids and generated names come from.

use std::hash::{BuildHasher, RandomState};

/// A stream of identities: unpredictable by default, repeatable when seeded.
#[derive(Debug)]
pub(crate) struct Ids {
    state: u64,
}

impl Ids {
    pub(crate) fn random() -> Self {
        Self { state: RandomState::new().hash_one(std::process::id()) }
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A version 4 UUID.
    pub(crate) fn uid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        let bits = (bits & !(0xf << 76) | (0x4 << 76)) & !(0x3 << 62) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// `prefix` cut to 58 characters and five more that spell no word.
    pub(crate) fn name(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut name: String = prefix.chars().take(58).collect();
        let mut bits = self.next();
        for _ in 0..5 {
            let letter = LETTERS[(bits % LETTERS.len() as u64) as usize];
            name.push(char::from(letter));
            bits /= LETTERS.len() as u64;
        }
        name
    }

    /// `SplitMix64`: identities have to differ, not to be secret.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_a_version_4_uuid() {
        let uid = Ids::random().uid();
        assert_eq!(uid.len(), 36);
        assert_eq!(&uid[14..15], "4");
        assert!("89ab".contains(&uid[19..20]));
    }

    #[test]
    fn the_same_seed_gives_the_same_identities() {
        assert_eq!(Ids::seeded(7).uid(), Ids::seeded(7).uid());
        assert_ne!(Ids::seeded(7).uid(), Ids::seeded(8).uid());
    }

    #[test]
    fn a_generated_name_fits_a_label() {
        assert_eq!(Ids::seeded(1).name(&"a".repeat(80)).len(), 63);
        assert_eq!(Ids::seeded(1).name("web-").len(), 9);
    }
}
