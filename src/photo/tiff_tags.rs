//! Reads the directories of a classic TIFF file (TIFF 6.0) without decoding: what kind of picture
//! it is, how many pages there are, and whether all picture data lie inside the file.

use crate::geometry::Size;

/// What the first directory says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directory {
    pub size: Size,
    pub bits: Vec<u32>,
    pub compression: u32,
    /// 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 and up Lab and others.
    pub photometric: u32,
    pub samples: u32,
    /// 1 unsigned, 2 signed, 3 float.
    pub sample_format: u32,
    /// 1 premultiplied alpha, 2 plain alpha, 0 something else.
    pub extra_samples: Vec<u32>,
    /// 1 the first pixel in the highest bits, 2 in the lowest.
    pub fill_order: u32,
    /// Where the ICC profile lies.
    pub icc_profile: Option<std::ops::Range<usize>>,
    /// Whether this is a reduced copy of another picture (thumbnail in front of a raw picture).
    pub is_reduced: bool,
    /// Whether the file is a camera's raw file (DNG version or sub-directories).
    pub is_raw: bool,
    /// Number of whole pictures in the file.
    pub pages: usize,
}

/// Why a directory could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TagError {
    /// Something lies beyond the end of the file.
    Short(&'static str),
    /// A required tag is missing or senseless.
    Bad(&'static str),
}

/// Directories that are followed before a file counts as endless.
const MAX_DIRECTORIES: usize = 1000;

struct Reader<'a> {
    file: &'a [u8],
    little: bool,
}

/// One entry: tag, type, count, position of the value or its offset.
type Entry = (u16, u16, usize, usize);

/// Reads all directories.
///
/// # Errors
/// [`TagError`] where a directory or the picture data lie outside the file, or a size is missing.
pub(crate) fn read_directories(file: &[u8]) -> Result<Directory, TagError> {
    let reader = Reader { file, little: file.starts_with(b"II") };
    let mut next = reader.long(4).ok_or(TagError::Short("it ends inside the header"))?;
    let mut first = None;
    let mut pages = 0;
    for count in 0.. {
        if next == 0 {
            break;
        }
        if count == MAX_DIRECTORIES {
            return Err(TagError::Bad("directories without end"));
        }
        let (entries, following) = reader.entries(next).ok_or(TagError::Short("a directory is missing"))?;
        // 1: reduced copy, 4: transparency mask.
        let kind = reader.number(&entries, 254).unwrap_or(0);
        pages += usize::from(kind & 0b101 == 0);
        if first.is_none() {
            first = Some(reader.directory(&entries, kind & 1 == 1)?);
        }
        next = following;
    }
    let first = first.ok_or(TagError::Bad("no directory"))?;
    Ok(Directory { pages, ..first })
}

impl Reader<'_> {
    fn short(&self, at: usize) -> Option<usize> {
        let b = self.file.get(at..at.checked_add(2)?)?;
        let b = [b[0], b[1]];
        Some(usize::from(if self.little { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) }))
    }

    fn long(&self, at: usize) -> Option<usize> {
        let b = self.file.get(at..at.checked_add(4)?)?;
        let b = [b[0], b[1], b[2], b[3]];
        Some((if self.little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) }) as usize)
    }

    /// Entries of the directory at `at`, and the offset of the next one.
    fn entries(&self, at: usize) -> Option<(Vec<Entry>, usize)> {
        let count = self.short(at)?;
        let entry = |k: usize| {
            let at = at + 2 + 12 * k;
            Some((self.short(at)? as u16, self.short(at + 2)? as u16, self.long(at + 4)?, at + 8))
        };
        let entries: Option<Vec<Entry>> = (0..count).map(entry).collect();
        Some((entries?, self.long(at + 2 + 12 * count)?))
    }

    /// Width of a number, and where the numbers of a tag of type BYTE, SHORT or LONG lie; `None` if
    /// the tag is absent or they lie outside the file.
    fn place(&self, entries: &[Entry], tag: u16) -> Option<(usize, std::ops::Range<usize>)> {
        let &(_, kind, count, field) = entries.iter().find(|entry| entry.0 == tag)?;
        let width = match kind {
            1 | 7 => 1,
            3 => 2,
            4 | 13 => 4,
            _ => return None,
        };
        let length = count.checked_mul(width)?;
        let at = if length <= 4 { field } else { self.long(field)? };
        let range = at..at.checked_add(length)?;
        self.file.get(range.clone()).map(|_| (width, range))
    }

    /// All numbers of a tag of type BYTE, SHORT or LONG; `None` if absent or outside the file.
    fn numbers(&self, entries: &[Entry], tag: u16) -> Option<Vec<u32>> {
        let (width, range) = self.place(entries, tag)?;
        let (at, count) = (range.start, range.len() / width);
        let value = |k: usize| match width {
            1 => Some(u32::from(self.file[at + k])),
            2 => self.short(at + 2 * k).map(|v| v as u32),
            _ => self.long(at + 4 * k).map(|v| v as u32),
        };
        (0..count).map(value).collect()
    }

    fn number(&self, entries: &[Entry], tag: u16) -> Option<u32> {
        self.numbers(entries, tag)?.first().copied()
    }

    fn directory(&self, entries: &[Entry], is_reduced: bool) -> Result<Directory, TagError> {
        let number = |tag: u16| self.number(entries, tag);
        let has = |tag: u16| entries.iter().any(|entry| entry.0 == tag);
        let (Some(width), Some(height)) = (number(256), number(257)) else {
            return Err(TagError::Bad("no width or height"));
        };
        if width == 0 || height == 0 {
            return Err(TagError::Bad("a picture without pixels"));
        }
        self.data_inside(entries)?;
        let icc_profile = self.place(entries, 34675).map(|(_, range)| range);
        if has(34675) && icc_profile.is_none() {
            return Err(TagError::Short("the color profile is missing"));
        }
        Ok(Directory {
            size: Size::new(width, height),
            bits: self.numbers(entries, 258).filter(|b| !b.is_empty()).unwrap_or_else(|| vec![1]),
            compression: number(259).unwrap_or(1),
            photometric: number(262).ok_or(TagError::Bad("no photometric interpretation"))?,
            samples: number(277).unwrap_or(1),
            sample_format: number(339).unwrap_or(1),
            extra_samples: self.numbers(entries, 338).unwrap_or_default(),
            fill_order: number(266).unwrap_or(1),
            icc_profile,
            is_reduced,
            is_raw: has(50706) || has(330) && is_reduced,
            pages: 0,
        })
    }

    /// Whether all strips or tiles lie inside the file.
    fn data_inside(&self, entries: &[Entry]) -> Result<(), TagError> {
        let pair = |offsets, counts| self.numbers(entries, offsets).zip(self.numbers(entries, counts));
        let (offsets, counts) =
            pair(273, 279).or_else(|| pair(324, 325)).ok_or(TagError::Bad("no strips or tiles"))?;
        if offsets.is_empty() || offsets.len() != counts.len() {
            return Err(TagError::Bad("strips without lengths"));
        }
        let length = self.file.len() as u64;
        let inside = |(&at, &count): (&u32, &u32)| count > 0 && u64::from(at) + u64::from(count) <= length;
        if offsets.iter().zip(&counts).all(inside) {
            Ok(())
        } else {
            Err(TagError::Short("picture data are missing"))
        }
    }
}
