//! One part of several that a batch is divided into, for several machines.

use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The K-th of N parts. A pair belongs to a part by the hash of its name: whatever else there is, and whoever looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    number: u32,
    of: u32,
}

impl Shard {
    /// Most parts.
    const MOST: u32 = 100_000;

    /// Whether the pair of this name belongs to it.
    pub fn holds(&self, pair: &str) -> bool {
        // Names differ in more than their case.
        let hash = Sha256::digest(pair.to_lowercase().as_bytes());
        let first: [u8; 8] = std::array::from_fn(|i| hash[i]);
        u64::from_be_bytes(first) % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-of-{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("found \"{text}\", expected K/N with K from 1 to N, and N to {}", Self::MOST);
        let (number, of) = text.split_once('/').ok_or_else(fault)?;
        let (number, of) = (number.parse().map_err(|_| fault())?, of.parse().map_err(|_| fault())?);
        if !(1..=of).contains(&number) || of > Self::MOST {
            return Err(fault());
        }
        Ok(Self { number, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_belongs_to_one_part_and_parts_are_alike() {
        let parts: Vec<Shard> = (1..=7).map(|k| format!("{k}/7").parse().unwrap()).collect();
        let mut counts = [0; 7];
        for pair in 0..7000 {
            let name = format!("P{pair}");
            let held: Vec<usize> = (0..7).filter(|&k| parts[k].holds(&name)).collect();
            assert_eq!(held.len(), 1);
            counts[held[0]] += 1;
            assert!(parts[held[0]].holds(&name.to_lowercase()));
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "1", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/100001"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2-of-4");
    }
}
