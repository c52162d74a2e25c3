//! Builds EXIF blocks by hand: a TIFF structure with IFD0, the Exif IFD and the GPS IFD.

/// One entry: tag, type, values as big-endian bytes, count.
pub(super) struct Entry(pub u16, pub u16, pub Vec<u8>, pub u32);

pub(super) fn ascii(tag: u16, text: &str) -> Entry {
    let bytes = [text.as_bytes(), b"\0"].concat();
    let count = bytes.len() as u32;
    Entry(tag, 2, bytes, count)
}

pub(super) fn short(tag: u16, value: u16) -> Entry {
    Entry(tag, 3, value.to_be_bytes().to_vec(), 1)
}

pub(super) fn rational(tag: u16, values: &[(u32, u32)]) -> Entry {
    let bytes = values.iter().flat_map(|(n, d)| [n.to_be_bytes(), d.to_be_bytes()].concat()).collect();
    Entry(tag, 5, bytes, values.len() as u32)
}

pub(super) fn opaque(tag: u16, bytes: &[u8]) -> Entry {
    Entry(tag, 7, bytes.to_vec(), bytes.len() as u32)
}

/// The block, starting at the TIFF header.
pub(super) fn block(mut main: Vec<Entry>, exif: &[Entry], gps: &[Entry]) -> Vec<u8> {
    const HEADER: usize = 8;
    let pointers = usize::from(!exif.is_empty()) + usize::from(!gps.is_empty());
    let main_length = directory_length(&main) + 12 * pointers;
    let exif_at = HEADER + main_length;
    let gps_at = exif_at + if exif.is_empty() { 0 } else { directory_length(exif) };
    for (tag, at, entries) in [(0x8769, exif_at, exif), (0x8825, gps_at, gps)] {
        if !entries.is_empty() {
            main.push(Entry(tag, 4, (at as u32).to_be_bytes().to_vec(), 1));
        }
    }
    main.sort_by_key(|entry| entry.0);
    let mut out = b"MM\0\x2A\0\0\0\x08".to_vec();
    write_directory(&mut out, &main);
    for entries in [exif, gps] {
        if !entries.is_empty() {
            write_directory(&mut out, entries);
        }
    }
    out
}

fn directory_length(entries: &[Entry]) -> usize {
    let outside: usize = entries.iter().map(|e| if e.2.len() > 4 { e.2.len() } else { 0 }).sum();
    2 + 12 * entries.len() + 4 + outside
}

fn write_directory(out: &mut Vec<u8>, entries: &[Entry]) {
    let mut value_at = out.len() + 2 + 12 * entries.len() + 4;
    let mut values: Vec<u8> = Vec::new();
    out.extend((entries.len() as u16).to_be_bytes());
    for Entry(tag, kind, bytes, count) in entries {
        out.extend(tag.to_be_bytes());
        out.extend(kind.to_be_bytes());
        out.extend(count.to_be_bytes());
        if bytes.len() > 4 {
            out.extend((value_at as u32).to_be_bytes());
            value_at += bytes.len();
            values.extend(bytes);
        } else {
            let mut field = [0; 4];
            field[..bytes.len()].copy_from_slice(bytes);
            out.extend(field);
        }
    }
    out.extend(0u32.to_be_bytes());
    out.extend(values);
}
