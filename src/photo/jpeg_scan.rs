//! Whether a JPEG's scans hold every block that the header promises.
//!
//! A decoder, even a strict one, fills up silently with gray where the coded data end early but an
//! end-of-image marker follows (a file repaired or written only in part). So the codes are counted
//! here, without computing a coefficient, beside the decoding. Code order and the meaning of codes:
//! ITU-T T.81 annexes F (sequential) and G (progressive).

use crate::photo::huffman::{BitError, Bits, Table};
use crate::photo::jpeg_markers::{Event, Frame, Walk};

/// Coded bytes that may follow the last block of a scan (some encoders pad) before they count as
/// damage.
const LEFT_OVER_BYTES: usize = 64;
/// A coefficient that no scan has sent yet.
const UNSENT: u8 = 0xFF;

/// Checks all scans.
///
/// # Errors
/// One phrase on the first thing that is missing or broken.
pub(crate) fn check_scans(file: &[u8], walk: &Walk, frame: &Frame) -> Result<(), String> {
    let mut check = Check::new(frame);
    for event in &walk.events {
        match event {
            Event::Huffman(range) => check.take_tables(&file[range.clone()])?,
            Event::RestartInterval(interval) => check.restart_interval = usize::from(*interval),
            Event::Scan { header, data } => check.scan(&file[header.clone()], &file[data.clone()])?,
        }
    }
    check.all_sent()
}

/// The grid of 8×8 blocks of one component.
struct Grid {
    id: u8,
    /// Blocks per MCU when several components are interleaved.
    horizontal: usize,
    vertical: usize,
    /// Blocks that cover the component.
    columns: usize,
    rows: usize,
    /// Blocks per row including the padding to whole MCUs.
    stride: usize,
    /// Bit k: coefficient k is not zero so far. Kept for progressive files only.
    nonzero: Vec<u64>,
    /// For each coefficient the lowest bit that was sent, or [`UNSENT`].
    lowest_bit: [u8; 64],
}

struct Check {
    progressive: bool,
    mcu_columns: usize,
    mcu_rows: usize,
    grids: Vec<Grid>,
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart_interval: usize,
}

/// What a scan header says of one component: index of the grid, table numbers.
#[derive(Clone, Copy)]
struct Part {
    grid: usize,
    dc: usize,
    ac: usize,
}

/// Spectral selection and successive approximation of a scan.
#[derive(Clone, Copy)]
struct Band {
    first: u8,
    last: u8,
    high: u8,
    low: u8,
}

impl Check {
    fn new(frame: &Frame) -> Self {
        let progressive = frame.kind == 2;
        let most = |f: fn(&crate::photo::jpeg_markers::Component) -> u8| {
            frame.components.iter().map(f).max().map_or(1, usize::from)
        };
        let (h_most, v_most) = (most(|c| c.horizontal), most(|c| c.vertical));
        let (width, height) = (frame.size.width as usize, frame.size.height as usize);
        let (mcu_columns, mcu_rows) = (width.div_ceil(8 * h_most), height.div_ceil(8 * v_most));
        let grids = frame.components.iter().map(|c| {
            let (horizontal, vertical) = (usize::from(c.horizontal), usize::from(c.vertical));
            let stride = mcu_columns * horizontal;
            Grid {
                id: c.id,
                horizontal,
                vertical,
                columns: (width * horizontal).div_ceil(h_most).div_ceil(8),
                rows: (height * vertical).div_ceil(v_most).div_ceil(8),
                stride,
                nonzero: if progressive { vec![0; stride * mcu_rows * vertical] } else { Vec::new() },
                lowest_bit: [UNSENT; 64],
            }
        });
        Self {
            progressive,
            mcu_columns,
            mcu_rows,
            grids: grids.collect(),
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
        }
    }

    fn take_tables(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        let bad = || "a malformed Huffman table".to_owned();
        while let [head, rest @ ..] = bytes {
            let counts: &[u8; 16] = rest.first_chunk().ok_or_else(bad)?;
            let symbols: usize = counts.iter().map(|&c| usize::from(c)).sum();
            let table = rest.get(16..16 + symbols).and_then(|s| Table::new(counts, s)).ok_or_else(bad)?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(head & 0x0F)).ok_or_else(bad)? = Some(table);
            bytes = &rest[16 + symbols..];
        }
        Ok(())
    }

    fn scan(&mut self, header: &[u8], data: &[u8]) -> Result<(), String> {
        let (parts, band) = self.read_header(header).ok_or("a malformed scan header")?;
        for part in &parts {
            for k in band.first..=band.last {
                let bit = &mut self.grids[part.grid].lowest_bit[usize::from(k)];
                if self.progressive && band.high != 0 && *bit != band.high {
                    return Err("a refinement of coefficients that were never sent".to_owned());
                }
                *bit = band.low;
            }
        }
        let mut bits = Bits::new(data);
        let mut end_of_band_run = 0;
        // A single component is never interleaved, whatever its sampling factors.
        let single = parts.len() == 1;
        let first = &self.grids[parts[0].grid];
        let (columns, rows) =
            if single { (first.columns, first.rows) } else { (self.mcu_columns, self.mcu_rows) };
        let (mcus, interval) = (columns * rows, self.restart_interval);
        for mcu in 0..mcus {
            if interval > 0 && mcu > 0 && mcu % interval == 0 {
                end_of_band_run = 0;
                if !bits.restart(((mcu / interval - 1) % 8) as u8) {
                    return Err(format!("a restart marker is missing after {mcu} of {mcus} blocks"));
                }
            }
            let (column, row) = (mcu % columns, mcu / columns);
            for part in &parts {
                let grid = &self.grids[part.grid];
                let (across, down) = if single { (1, 1) } else { (grid.horizontal, grid.vertical) };
                for block in 0..across * down {
                    let x = column * across + block % across;
                    let y = row * down + block / across;
                    self.block(
                        &mut bits,
                        *part,
                        band,
                        y * self.grids[part.grid].stride + x,
                        &mut end_of_band_run,
                    )
                    .map_err(|error| match error {
                        BitError::Short => format!("picture data end after {mcu} of {mcus} blocks"),
                        BitError::NoSuchCode => format!("no such code after {mcu} of {mcus} blocks"),
                    })?;
                }
            }
        }
        match bits.left_over() {
            0..=LEFT_OVER_BYTES => Ok(()),
            bytes => Err(format!("{bytes} bytes of picture data beyond the last block")),
        }
    }

    /// Components, tables and band of a scan; `None` where the header makes no sense.
    fn read_header(&self, header: &[u8]) -> Option<(Vec<Part>, Band)> {
        let (&count, rest) = header.split_first()?;
        let count = usize::from(count);
        let (selectors, tail) = rest.split_at_checked(2 * count)?;
        let parts: Option<Vec<Part>> = selectors
            .chunks_exact(2)
            .map(|s| {
                let grid = self.grids.iter().position(|g| g.id == s[0])?;
                Some(Part { grid, dc: usize::from(s[1] >> 4), ac: usize::from(s[1] & 0x0F) })
            })
            .collect();
        let parts = parts.filter(|p| !p.is_empty())?;
        let [first, last, approximation, ..] = *tail else { return None };
        if !self.progressive {
            return Some((parts, Band { first: 0, last: 63, high: 0, low: 0 }));
        }
        let band = Band { first, last, high: approximation >> 4, low: approximation & 0x0F };
        let dc_only = first == 0 && last == 0;
        let ac_only = first > 0 && first <= last && last < 64 && parts.len() == 1;
        (dc_only || ac_only).then_some((parts, band))
    }

    /// Passes over one block.
    #[inline]
    fn block(
        &mut self,
        bits: &mut Bits,
        part: Part,
        band: Band,
        index: usize,
        run: &mut u32,
    ) -> Result<(), BitError> {
        let dc = self.dc.get(part.dc).and_then(Option::as_ref).ok_or(BitError::NoSuchCode);
        let ac = self.ac.get(part.ac).and_then(Option::as_ref).ok_or(BitError::NoSuchCode);
        if !self.progressive {
            return sequential_block(bits, dc?, ac?);
        }
        if band.first == 0 {
            // A refining DC scan is one bit per block, without a code.
            let size = if band.high > 0 { 1 } else { bits.symbol(dc?)? };
            return bits.skip(u32::from(size.min(16)));
        }
        let ac = ac?;
        let nonzero = self.grids[part.grid].nonzero.get_mut(index).ok_or(BitError::NoSuchCode)?;
        if band.high == 0 {
            first_pass_block(bits, ac, band, nonzero, run)
        } else {
            refining_block(bits, ac, band, nonzero, run)
        }
    }

    /// Whether every component got every coefficient down to its last bit.
    fn all_sent(&self) -> Result<(), String> {
        let missing = self.grids.iter().flat_map(|g| g.lowest_bit).filter(|&bit| bit != 0).count();
        if missing > 0 {
            return Err(format!("scans are missing ({missing} of {} coefficients)", 64 * self.grids.len()));
        }
        Ok(())
    }
}

/// T.81 F.2.2.
#[inline]
fn sequential_block(bits: &mut Bits, dc: &Table, ac: &Table) -> Result<(), BitError> {
    let size = bits.symbol(dc)?;
    bits.skip(u32::from(size.min(16)))?;
    let mut k = 1;
    while k < 64 {
        let symbol = bits.symbol(ac)?;
        let (run, size) = (symbol >> 4, symbol & 0x0F);
        if size == 0 {
            if run < 15 {
                break;
            }
            k += 16;
        } else {
            bits.skip(u32::from(size))?;
            k += u32::from(run) + 1;
        }
    }
    Ok(())
}

/// T.81 G.1.2.2: first scan of a band.
fn first_pass_block(
    bits: &mut Bits,
    ac: &Table,
    band: Band,
    nonzero: &mut u64,
    end_of_band_run: &mut u32,
) -> Result<(), BitError> {
    if *end_of_band_run > 0 {
        *end_of_band_run -= 1;
        return Ok(());
    }
    let mut k = band.first;
    while k <= band.last {
        let symbol = bits.symbol(ac)?;
        let (run, size) = (symbol >> 4, symbol & 0x0F);
        if size == 0 && run < 15 {
            *end_of_band_run = (1 << run) - 1 + bits.take(u32::from(run))?;
            break;
        }
        k += run;
        if size > 0 {
            bits.skip(u32::from(size))?;
            if k < 64 {
                *nonzero |= 1 << k;
            }
        }
        k += 1;
    }
    Ok(())
}

/// T.81 G.1.2.3: one more bit for a band.
fn refining_block(
    bits: &mut Bits,
    ac: &Table,
    band: Band,
    nonzero: &mut u64,
    end_of_band_run: &mut u32,
) -> Result<(), BitError> {
    let known = *nonzero;
    let mut k = band.first;
    while *end_of_band_run == 0 && k <= band.last {
        let symbol = bits.symbol(ac)?;
        let (mut run, size) = (symbol >> 4, symbol & 0x0F);
        if size == 0 && run < 15 {
            *end_of_band_run = (1 << run) + bits.take(u32::from(run))?;
            break;
        }
        if size > 0 {
            bits.skip(1)?;
        }
        // Coefficients known before get their bit in passing; zeros are counted off the run.
        while k <= band.last {
            if known >> k & 1 == 1 {
                bits.skip(1)?;
            } else if run == 0 {
                break;
            } else {
                run -= 1;
            }
            k += 1;
        }
        if size > 0 && k <= band.last {
            *nonzero |= 1 << k;
        }
        k += 1;
    }
    if *end_of_band_run > 0 {
        for k in k..=band.last {
            bits.skip(u32::from(known >> k & 1 == 1))?;
        }
        *end_of_band_run -= 1;
    }
    Ok(())
}
