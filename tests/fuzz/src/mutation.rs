//! Changes inputs as a fuzzer does, without coverage to guide it: for a stable toolchain. The same seed and corpus give
//! the same inputs.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The longest input, in bytes; libFuzzer gets the same bound.
pub const LONGEST: usize = 4096;

/// Numbers at the edges of what parsers count with.
const NUMBERS: &[u64] = &[
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x0001_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x0001_0000_0000,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Texts that mean something to one parser or another.
const TOKENS: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\n---\n",
    b"\xff",
    b"\xc3\x28",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\x7f",
    b"\\u0000",
    b"\\ud800",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[",
    b",",
    b":",
    b"null",
    b"-0",
    b"1e999",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"0.1",
    b"%00",
    b"%2f",
    b"../",
    b"//",
    b"?",
    b"#",
    b"*",
    b"'",
    b"$'",
    b" -",
    b"(",
    b")",
];

/// An endless row of inputs.
pub struct Mutations<'a> {
    random: ChaCha8Rng,
    corpus: &'a [Vec<u8>],
}

impl<'a> Mutations<'a> {
    /// Those that come of this corpus, which may be empty.
    pub fn new(corpus: &'a [Vec<u8>], seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), corpus }
    }

    /// The next input: one of the corpus with one to four changes.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.pick().to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.next_u64() % bound.max(1) as u64).unwrap_or_default()
    }

    fn pick(&mut self) -> &'a [u8] {
        let at = self.below(self.corpus.len());
        self.corpus.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// A part of `bytes`, at most `most` long.
    fn part(&mut self, length: usize, most: usize) -> (usize, usize) {
        let from = self.below(length);
        let to = (from + 1 + self.below(most)).min(length);
        (from, to)
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        match self.below(9) {
            0 => {
                let bit = self.below(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            1 => {
                let new = self.random.next_u64().to_le_bytes()[0];
                if let Some(byte) = input.get_mut(at) {
                    *byte = new;
                }
            }
            2 => {
                let (count, byte) = (1 + self.below(8), self.random.next_u64().to_le_bytes()[0]);
                input.splice(at..at, std::iter::repeat_n(byte, count));
            }
            3 => {
                let (from, to) = self.part(input.len(), 32);
                input.drain(from..to);
            }
            4 => {
                let (from, to) = self.part(input.len(), 64);
                let again = input[from..to].to_vec();
                input.splice(at..at, again);
            }
            5 => self.put_number(input, at),
            6 => self.put_digits(input),
            7 => {
                let other = self.pick();
                let (from, to) = self.part(other.len(), other.len().max(1));
                input.truncate(at);
                input.extend_from_slice(&other[from..to]);
            }
            _ => {
                let token = TOKENS[self.below(TOKENS.len())];
                input.splice(at..at, token.iter().copied());
            }
        }
    }

    /// Overwrites bytes with a number of 1, 2, 4 or 8 bytes, in either order.
    fn put_number(&mut self, input: &mut [u8], at: usize) {
        let number = NUMBERS[self.below(NUMBERS.len())];
        let size = 1 << self.below(4);
        let little = number.to_le_bytes();
        let mut bytes = little[..size].to_vec();
        if self.below(2) == 0 {
            bytes.reverse();
        }
        for (place, byte) in input.iter_mut().skip(at).zip(bytes) {
            *place = byte;
        }
    }

    /// Replaces a number in digits with another.
    fn put_digits(&mut self, input: &mut Vec<u8>) {
        let starts: Vec<usize> = (0..input.len())
            .filter(|at| input[*at].is_ascii_digit() && (*at == 0 || !input[at - 1].is_ascii_digit()))
            .collect();
        let Some(&from) = starts.get(self.below(starts.len())) else { return };
        let to = input[from..].iter().position(|byte| !byte.is_ascii_digit()).map_or(input.len(), |len| from + len);
        let number = NUMBERS[self.below(NUMBERS.len())];
        input.splice(from..to, number.to_string().into_bytes());
    }
}
