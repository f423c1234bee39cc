//! The heads and names of the files of signatures beside a history: nothing may panic, few deliveries are named, and
//! what was read comes back when it is written. The input is the number of the segment and a head; an odd first byte
//! gets it the checksum that it needs to be looked at.

use store::fuzzing;

/// Bytes of a head.
const HEAD: usize = 4096;
/// Where the deliveries begin that it names, each with 16 bytes.
const FIRST: usize = 32;
/// The most that it names.
const WITNESSES: usize = 65;

/// The body.
pub fn run(data: &[u8]) {
    if let Ok(name) = std::str::from_utf8(data)
        && let Some(number) = fuzzing::segment_number(name)
    {
        assert!(name.ends_with(".sign"));
        assert_eq!(fuzzing::segment_number(&format!("{number:08}.sign")), Some(number));
    }
    let _ = fuzzing::segment_head(data, 0);

    let [how, rest @ ..] = data else { return };
    let Some((number, content)) = rest.split_first_chunk() else { return };
    let number = i64::from_le_bytes(*number);
    let mut head = content[..content.len().min(HEAD)].to_vec();
    head.resize(HEAD, 0);
    if how % 2 == 1 {
        let count = head[24..FIRST].try_into().map(u64::from_le_bytes).unwrap();
        let end = FIRST + usize::try_from(count).unwrap_or(0).min(WITNESSES) * 16;
        let sum = crc32fast::hash(&head[..end]);
        head[HEAD - 4..].copy_from_slice(&sum.to_le_bytes());
    }
    let Some((sum, witnesses)) = fuzzing::segment_head(&head, number) else { return };
    assert!(witnesses.len() <= WITNESSES);
    let again = fuzzing::segment_head_bytes(number, &witnesses, sum);
    let end = FIRST + witnesses.len() * 16;
    assert_eq!((&again[..end], again.len()), (&head[..end], HEAD));
    assert_eq!(fuzzing::segment_head(&again, number), Some((sum, witnesses)));
}
