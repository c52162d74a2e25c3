//! Walks the segments of a JPEG file (ITU-T T.81 annex B) without decoding: what is in the header,
//! where each scan's data lie, and where the picture ends.

use crate::geometry::Size;

/// One component of the frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Component {
    pub id: u8,
    /// Sampling factors, 1–4.
    pub horizontal: u8,
    pub vertical: u8,
    /// Number of the quantization table.
    pub quantization: u8,
}

/// Something between the first scan's tables and the end that the completeness check needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Payload of a DHT segment.
    Huffman(std::ops::Range<usize>),
    /// Restart interval in MCUs; 0 is none.
    RestartInterval(u16),
    /// Payload of an SOS segment, and the entropy-coded bytes behind it.
    Scan { header: std::ops::Range<usize>, data: std::ops::Range<usize> },
}

/// The frame header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Low four bits of the SOF marker: 0 baseline, 1 extended, 2 progressive, 3 and up others.
    pub kind: u8,
    /// Bits per sample.
    pub precision: u8,
    pub size: Size,
    pub components: Vec<Component>,
}

/// What a walk over the file found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Walk {
    pub frame: Option<Frame>,
    /// Quantization tables 0–3 in zigzag order, the last definition of each.
    pub quantization: [Option<[u16; 64]>; 4],
    /// Payload of the first EXIF segment, after `Exif\0\0`.
    pub exif: Option<std::ops::Range<usize>>,
    /// ICC segments as (number, count, bytes).
    pub icc: Vec<(u8, u8, std::ops::Range<usize>)>,
    /// Color transform of the Adobe segment.
    pub adobe_transform: Option<u8>,
    /// Whether the file carries an HDR gain map.
    pub gain_map: bool,
    pub events: Vec<Event>,
    /// One past the EOI marker.
    pub end: usize,
}

/// Why a walk stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WalkError {
    /// The file ends inside something.
    Short(&'static str),
    /// The segments contradict each other.
    Bad(String),
}

const ICC_TAG: &[u8] = b"ICC_PROFILE\0";
const EXIF_TAG: &[u8] = b"Exif\0\0";
const GAIN_MAP_TAG: &[u8] = b"urn:iso:std:iso:ts:21496:-1\0";

/// Walks from SOI to EOI. Bytes behind EOI (further pictures, padding) do not matter.
///
/// # Errors
/// [`WalkError`] where the file ends before EOI or a segment is malformed.
pub(crate) fn walk(file: &[u8]) -> Result<Walk, WalkError> {
    let mut found = Walk::default();
    let mut at = 2;
    loop {
        let (marker, payload_start) = next_marker(file, at)?;
        match marker {
            0xD9 => {
                if !found.events.iter().any(|event| matches!(event, Event::Scan { .. })) {
                    return Err(WalkError::Bad("it ends before any scan".to_owned()));
                }
                found.end = payload_start;
                return Ok(found);
            }
            // Markers without a payload: TEM, stray restarts, a second SOI.
            0x01 | 0xD0..=0xD7 => at = payload_start,
            0xD8 => return Err(WalkError::Bad("a second picture starts inside the first".to_owned())),
            _ => {
                let payload = segment(file, payload_start)?;
                at = payload.end;
                if marker == 0xDA {
                    let data = at..scan_end(file, at)?;
                    at = data.end;
                    found.events.push(Event::Scan { header: payload, data });
                } else {
                    found.take(marker, file, payload)?;
                }
            }
        }
    }
}

/// The next marker at or behind `at`, and the position behind it. Fill bytes (0xFF) are skipped.
fn next_marker(file: &[u8], at: usize) -> Result<(u8, usize), WalkError> {
    let short = WalkError::Short("no end-of-image marker");
    let rest = file.get(at..).unwrap_or_default();
    let lead = rest.iter().position(|&b| b == 0xFF).ok_or_else(|| short.clone())?;
    let fill = rest[lead..].iter().position(|&b| b != 0xFF).ok_or(short)?;
    let marker = rest[lead + fill];
    if marker == 0 {
        return Err(WalkError::Bad("coded data between segments".to_owned()));
    }
    Ok((marker, at + lead + fill + 1))
}

/// The payload of the segment whose length field is at `at`.
fn segment(file: &[u8], at: usize) -> Result<std::ops::Range<usize>, WalkError> {
    let short = || WalkError::Short("it ends inside a header segment");
    let length = file.get(at..at + 2).ok_or_else(short)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length < 2 {
        return Err(WalkError::Bad(format!("a segment of length {length}")));
    }
    if at + length > file.len() {
        return Err(short());
    }
    Ok(at + 2..at + length)
}

/// Where the entropy-coded data from `at` end: at the first marker that is no restart.
fn scan_end(file: &[u8], mut at: usize) -> Result<usize, WalkError> {
    let short = || WalkError::Short("it ends inside the picture data (no end-of-image marker)");
    loop {
        at += file.get(at..).and_then(|r| r.iter().position(|&b| b == 0xFF)).ok_or_else(short)?;
        match file.get(at + 1).ok_or_else(short)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Ok(at),
        }
    }
}

impl Walk {
    fn take(&mut self, marker: u8, file: &[u8], payload: std::ops::Range<usize>) -> Result<(), WalkError> {
        let bytes = &file[payload.clone()];
        match marker {
            0xC4 => self.events.push(Event::Huffman(payload)),
            0xDD if bytes.len() >= 2 => {
                self.events.push(Event::RestartInterval(u16::from_be_bytes([bytes[0], bytes[1]])));
            }
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                if self.frame.is_some() {
                    return Err(WalkError::Bad("two frame headers".to_owned()));
                }
                self.frame = Some(frame(marker & 0x0F, bytes)?);
            }
            0xDB => self.take_quantization(bytes)?,
            0xE1 if bytes.starts_with(EXIF_TAG) && self.exif.is_none() => {
                self.exif = Some(payload.start + EXIF_TAG.len()..payload.end);
            }
            0xE2 if bytes.starts_with(ICC_TAG) && bytes.len() >= ICC_TAG.len() + 2 => {
                let (number, count) = (bytes[ICC_TAG.len()], bytes[ICC_TAG.len() + 1]);
                self.icc.push((number, count, payload.start + ICC_TAG.len() + 2..payload.end));
            }
            0xE2 if bytes.starts_with(GAIN_MAP_TAG) => self.gain_map = true,
            0xEE if bytes.starts_with(b"Adobe") && bytes.len() >= 12 => {
                self.adobe_transform = Some(bytes[11])
            }
            _ => {}
        }
        Ok(())
    }

    fn take_quantization(&mut self, mut bytes: &[u8]) -> Result<(), WalkError> {
        while let Some((&head, rest)) = bytes.split_first() {
            let (wide, slot) = (head >> 4 != 0, usize::from(head & 0x0F));
            let length = if wide { 128 } else { 64 };
            if slot > 3 || rest.len() < length {
                return Err(WalkError::Bad("a malformed quantization table".to_owned()));
            }
            self.quantization[slot] = Some(std::array::from_fn(|k| {
                if wide { u16::from_be_bytes([rest[2 * k], rest[2 * k + 1]]) } else { u16::from(rest[k]) }
            }));
            bytes = &rest[length..];
        }
        Ok(())
    }

    /// The ICC profile put together from its segments: `None` without any.
    ///
    /// # Errors
    /// What is wrong, where segments are missing, doubled or disagree on their count.
    pub(crate) fn icc_profile(&self, file: &[u8]) -> Option<Result<Vec<u8>, String>> {
        let (_, count, _) = *self.icc.first()?;
        let mut parts: Vec<_> = self.icc.iter().collect();
        parts.sort_by_key(|(number, _, _)| *number);
        let numbered = parts.iter().zip(1..).all(|(part, expected)| part.0 == expected && part.1 == count);
        if !numbered || parts.len() != usize::from(count) {
            return Some(Err(format!("{} of {count} profile segments", parts.len())));
        }
        Some(Ok(parts.iter().flat_map(|(_, _, range)| &file[range.clone()]).copied().collect()))
    }
}

/// Reads a frame header (T.81 B.2.2).
fn frame(kind: u8, bytes: &[u8]) -> Result<Frame, WalkError> {
    let bad = || WalkError::Bad("a malformed frame header".to_owned());
    let [precision, h1, h0, w1, w0, count, rest @ ..] = bytes else { return Err(bad()) };
    if rest.len() < 3 * usize::from(*count) || *count == 0 {
        return Err(bad());
    }
    let components: Vec<Component> = rest
        .chunks_exact(3)
        .take(usize::from(*count))
        .map(|c| Component { id: c[0], horizontal: c[1] >> 4, vertical: c[1] & 0x0F, quantization: c[2] })
        .collect();
    let sound = |c: &Component| (1..=4).contains(&c.horizontal) && (1..=4).contains(&c.vertical);
    if !components.iter().all(sound) {
        return Err(bad());
    }
    let size =
        Size::new(u32::from(u16::from_be_bytes([*w1, *w0])), u32::from(u16::from_be_bytes([*h1, *h0])));
    Ok(Frame { kind, precision: *precision, size, components })
}
