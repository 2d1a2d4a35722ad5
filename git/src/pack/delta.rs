//! Deltas: how one object is made of another.

/// The sizes of what a delta applies to and of what comes out, and how many bytes say so.
pub(crate) fn sizes(delta: &[u8]) -> Option<(u64, u64, usize)> {
    let (base, first) = size(delta)?;
    let (result, second) = size(delta.get(first..)?)?;
    Some((base, result, first + second))
}

/// Seven bits a byte, the lowest first.
fn size(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f);
        let shifted = bits.checked_shl(7 * at as u32).filter(|all| all >> (7 * at) == bits)?;
        size |= shifted;
        if byte & 0x80 == 0 {
            return Some((size, at + 1));
        }
    }
    None
}

/// What `delta` makes of `base`; `None` where it makes no sense. The caller has held the size it
/// announces to a limit.
pub(crate) fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let (base_size, result_size, start) = sizes(delta)?;
    if base_size != base.len() as u64 {
        return None;
    }
    let result_size = usize::try_from(result_size).ok()?;
    let mut result = Vec::with_capacity(result_size);
    let mut rest = delta.get(start..)?;
    while let Some((command, after)) = rest.split_first() {
        rest = after;
        let piece = match command {
            0 => return None,
            command if command & 0x80 == 0 => {
                let (piece, after) = rest.split_at_checked(usize::from(*command))?;
                rest = after;
                piece
            }
            command => {
                let (offset, after) = number(rest, *command, 4)?;
                let (length, after) = number(after, *command >> 4, 3)?;
                rest = after;
                let length = if length == 0 { 0x10000 } else { length };
                base.get(offset..offset.checked_add(length)?)?
            }
        };
        if result.len() + piece.len() > result_size {
            return None;
        }
        result.extend_from_slice(piece);
    }
    (result.len() == result_size).then_some(result)
}

/// The bytes of a number that `flags` say are there, the lowest first.
fn number(mut rest: &[u8], flags: u8, bytes: u32) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for at in (0..bytes).filter(|at| flags & (1 << at) != 0) {
        let (byte, after) = rest.split_first()?;
        number |= usize::from(*byte) << (8 * at);
        rest = after;
    }
    Some((number, rest))
}

/// Two sizes of ten bytes.
pub(crate) const LONGEST_SIZES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_copied_and_inserted() {
        let base = b"the quick brown fox";
        let delta = [&[19, 11, 0x90, 4][..], &[3], b"odd", &[0x91, 15, 4]].concat();
        assert_eq!(apply(base, &delta).unwrap(), b"the odd fox");
        assert_eq!(apply(b"", &[0, 0]).unwrap(), b"");
    }

    #[test]
    fn what_makes_no_sense_is_nothing() {
        for delta in [
            &[][..],
            &[3],
            &[4, 1, 1, b'x'],          // another base
            &[3, 2, 1, b'x'],          // too short
            &[3, 1, 2, b'x', b'y'],    // too long
            &[3, 1, 5, b'x'],          // cut off
            &[3, 1, 0],                // reserved
            &[3, 4, 0x90, 4],          // copies past the end
            &[3, 1, 0xff, 0xff, 0xff], // copies from nowhere
            &[0xff; 12],               // a size without an end
        ] {
            assert_eq!(apply(b"xyz", delta), None, "{delta:?}");
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_no_sizes() {
        assert_eq!(
            size(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
            Some((u64::MAX, 10))
        );
        assert_eq!(size(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None);
    }
}
