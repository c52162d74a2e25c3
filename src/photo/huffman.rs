//! Huffman tables and the bit reader of a JPEG's entropy-coded data (ITU-T T.81 annexes C and F),
//! as far as counting needs them: coefficients are skipped, never computed.

/// Bits that the direct lookup covers; longer codes take the canonical search.
const LOOKUP_BITS: u32 = 9;

/// The data ended before the codes did, or hold no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BitError {
    Short,
    NoSuchCode,
}

/// One Huffman table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Code length (0: longer than the lookup) and symbol, by the next nine bits.
    lookup: Vec<(u8, u8)>,
    /// For each length: first code, one past the last code, index of the first symbol.
    ranges: [(u32, u32, usize); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// Builds a table from the 16 counts of codes of each length, and the symbols in code order.
    /// `None` where the counts cannot be a prefix code.
    pub(crate) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut ranges = [(0, 0, 0); 17];
        let mut lookup = vec![(0, 0); 1 << LOOKUP_BITS];
        let (mut code, mut index) = (0u32, 0usize);
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            ranges[length as usize] = (code, code + count, index);
            if code + count > 1 << length || index + count as usize > symbols.len() {
                return None;
            }
            for _ in 0..count {
                if length <= LOOKUP_BITS {
                    let first = (code << (LOOKUP_BITS - length)) as usize;
                    lookup[first..][..1 << (LOOKUP_BITS - length)].fill((length as u8, symbols[index]));
                }
                code += 1;
                index += 1;
            }
            code <<= 1;
        }
        Some(Self { lookup, ranges, symbols: symbols.to_vec() })
    }
}

/// Reads bits, most significant first, up to the next marker.
pub(crate) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// Unread bits, left-aligned; zeros behind them.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, held: 0, count: 0 }
    }

    /// Holds at least 56 bits, or all there are up to the next marker.
    fn refill(&mut self) {
        while self.count <= 56 {
            let byte = match self.data.get(self.at..) {
                Some([0xFF, 0x00, ..]) => {
                    self.at += 2;
                    0xFF
                }
                Some([0xFF, ..] | []) | None => return,
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Drops `bits` bits (at most 32).
    #[inline]
    pub(crate) fn skip(&mut self, bits: u32) -> Result<(), BitError> {
        if bits > self.count {
            self.refill();
            if bits > self.count {
                return Err(BitError::Short);
            }
        }
        self.held <<= bits;
        self.count -= bits;
        Ok(())
    }

    /// The next `bits` bits (at most 16) as a number.
    pub(crate) fn take(&mut self, bits: u32) -> Result<u32, BitError> {
        if bits == 0 {
            return Ok(0);
        }
        if bits > self.count {
            self.refill();
        }
        let value = (self.held >> (64 - bits)) as u32;
        self.skip(bits)?;
        Ok(value)
    }

    /// The next symbol.
    #[inline]
    pub(crate) fn symbol(&mut self, table: &Table) -> Result<u8, BitError> {
        if self.count < 32 {
            self.refill();
        }
        let (length, symbol) = table.lookup[(self.held >> (64 - LOOKUP_BITS)) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Ok(symbol);
        }
        self.long_symbol(table)
    }

    #[cold]
    fn long_symbol(&mut self, table: &Table) -> Result<u8, BitError> {
        for length in 1..=16u32 {
            let code = (self.held >> (64 - length)) as u32;
            let (first, end, index) = table.ranges[length as usize];
            if (first..end).contains(&code) {
                self.skip(length)?;
                return Ok(table.symbols[index + (code - first) as usize]);
            }
        }
        // Zeros stand behind the last bit: what is no code there is data that ran out.
        Err(if self.count < 16 { BitError::Short } else { BitError::NoSuchCode })
    }

    /// Passes a restart marker. `false` if something else comes next.
    pub(crate) fn restart(&mut self, number: u8) -> bool {
        self.refill();
        if self.count >= 8 {
            return false;
        }
        (self.held, self.count) = (0, 0);
        let fill = self.data[self.at..].iter().take_while(|&&b| b == 0xFF).count();
        let passed = fill > 0 && self.data.get(self.at + fill) == Some(&(0xD0 + number));
        self.at += fill + 1;
        passed
    }

    /// Unread bytes of coded data that are not padding.
    pub(crate) fn left_over(&self) -> usize {
        let rest = self.data.get(self.at..).unwrap_or_default();
        (self.count / 8) as usize + rest.iter().filter(|&&b| b != 0x00 && b != 0xFF).count()
    }
}
