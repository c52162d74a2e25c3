//! Room for large vectors: mapped by the system each for itself, and given back to it when they go.
//!
//! The C library of most Linux systems takes what is smaller than some threshold from heaps, one for each thread, that keep what they once had, in
//! pieces. The threshold rises to the size of what is freed, up to [`MOST_IN_HEAPS`]: beside a pair of 3 MP, heaps kept 200 MB. Pages
//! that nobody touches are not there, so that more room than is needed costs nothing.

/// Bytes of a vector that is worth a mapping of its own.
const LARGE: usize = 1 << 20;
/// Bytes from which the C library always maps.
const MOST_IN_HEAPS: usize = 32 << 20;

/// An empty vector with room for `len` elements.
pub(crate) fn with_room<T>(len: usize) -> Vec<T> {
    Vec::with_capacity(room(size_of::<T>(), len))
}

/// As many zeros, of pages that nobody has touched yet where they are many.
pub(crate) fn zeros(len: usize) -> Vec<u32> {
    let mut values = vec![0; room(size_of::<u32>(), len)];
    values.truncate(len);
    values
}

fn room(bytes: usize, len: usize) -> usize {
    let is_mapped = cfg!(target_env = "gnu") && bytes * len >= LARGE;
    if is_mapped { len.max((MOST_IN_HEAPS + LARGE) / bytes) } else { len }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_vectors_have_the_room_they_need_and_large_ones_lie_beyond_heaps() {
        assert_eq!(with_room::<u16>(1000).capacity(), 1000);
        let zeros = zeros(1 << 20);
        assert_eq!((zeros.len(), zeros.iter().max()), (1 << 20, Some(&0)));
        if cfg!(target_env = "gnu") {
            assert!(4 * zeros.capacity() > MOST_IN_HEAPS);
            assert!(8 * with_room::<f64>(1 << 18).capacity() > MOST_IN_HEAPS);
        }
    }
}
