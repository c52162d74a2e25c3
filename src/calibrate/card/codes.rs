//! The patterns inside the markers: 5×5 bits, far apart from each other however they are turned.
//!
//! They come from a search of their own: candidates are the low 25 bits of the splitmix64 sequence
//! from seed 0, and one is taken if 10 to 15 of its bits are set and it differs in at least
//! 12 bits from each of its own other three turns and from all turns of those taken
//! before. A test runs the search again.

/// Bits along a side.
pub const SIDE: usize = 5;
/// Bits by which two codes, or a code and itself turned, differ at least.
#[cfg(test)]
pub const LEAST_DISTANCE: u32 = 12;
/// Bits that may be misread: even twice as many leave no doubt which code it is.
pub const LARGEST_ERROR: u32 = 2;
/// One for each marker: bit `SIDE·row + column`, 1 is white.
pub const CODES: [u32; 4] = [0x1B9_65F4, 0x163_BAB0, 0x186_CF50, 0x14C_372E];

/// The pattern turned by a quarter, clockwise.
pub fn turned(code: u32) -> u32 {
    let bit = |row: usize, column: usize| (code >> (SIDE * row + column)) & 1;
    (0..SIDE * SIDE).fold(0, |out, k| {
        let (row, column) = (k / SIDE, k % SIDE);
        out | bit(SIDE - 1 - column, row) << k
    })
}

/// Which code was read, and by how many quarter turns clockwise it appears turned.
pub fn identify(read: u32) -> Option<(usize, u32)> {
    CODES.iter().enumerate().find_map(|(id, &code)| {
        let mut pattern = code;
        for turns in 0..4 {
            if (pattern ^ read).count_ones() <= LARGEST_ERROR {
                return Some((id, turns));
            }
            pattern = turned(pattern);
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(code: u32) -> [u32; 4] {
        let quarter = turned(code);
        let half = turned(quarter);
        [code, quarter, half, turned(half)]
    }

    fn splitmix64(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[test]
    fn the_search_finds_these_codes() {
        let mut found: Vec<u32> = Vec::new();
        let mut state = 0;
        while found.len() < CODES.len() {
            let code = (splitmix64(&mut state) & 0x01FF_FFFF) as u32;
            let far = |a: u32, b: u32| (a ^ b).count_ones() >= LEAST_DISTANCE;
            let apart = turns(code)[1..].iter().all(|&t| far(code, t))
                && found.iter().all(|&f| turns(f).iter().all(|&t| far(code, t)));
            if (10..=15).contains(&code.count_ones()) && apart {
                found.push(code);
            }
        }
        assert_eq!(found, CODES);
    }

    #[test]
    fn a_quarter_turn_takes_the_upper_left_to_the_upper_right() {
        assert_eq!(turned(1), 1 << 4);
        assert_eq!(turned(turned(turned(turned(CODES[0])))), CODES[0]);
    }

    #[test]
    fn codes_are_known_turned_and_with_two_bits_wrong_and_not_with_three() {
        for (id, &code) in CODES.iter().enumerate() {
            for (turn, pattern) in turns(code).into_iter().enumerate() {
                assert_eq!(identify(pattern ^ 0b1000_0100), Some((id, turn as u32)));
                assert_eq!(identify(pattern ^ 0b1000_0101), None);
            }
        }
    }
}
