//! Holds pictures of the window against those that are kept.
//!
//! What is compared is the mean colour of small squares, not pixels: how the edge of a letter is smoothed differs between
//! two machines and stays below what is allowed, and a word, a line or a colour that changes does not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ImageFormat, Rgb, RgbImage};

/// Gives the side of the squares, in pixels.
const SQUARE: u32 = 4;
/// Says how far apart two means may be in one of the colours, of 255: the edge of a letter moves them by less.
const APART: u8 = 20;
/// Says how many squares may be further apart than that: a digit is two or three, a word of a row about eight.
const FEW: usize = 6;
/// Says how many of those around a square differ as well if it counts: the stroke of an icon is drawn a shade otherwise now
/// and then, here and there, and what is gone or moved leaves squares beside each other.
const BESIDE: usize = 2;
/// Bounds the file that is kept, in bytes.
const LONGEST: usize = 180_000;
/// Parts the three pictures of an artifact, in pixels.
const GAP: u32 = 8;
const MARK: Rgb<u8> = Rgb([255, 0, 96]);

/// Names the variable that has pictures written instead of compared, if it is `write`.
pub const VARIABLE: &str = "POLLUX_PICTURES";

/// Gives the folder of screenshots and differences.
pub fn artifacts() -> PathBuf {
    std::env::var_os("POLLUX_ARTIFACTS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/artifacts")), PathBuf::from)
}

/// Holds what is wrong with the pictures that were taken.
pub struct Album {
    writes: bool,
    wrong: Vec<String>,
}

impl Album {
    /// Writes what is to be kept if the variable says so; otherwise compares with it.
    pub fn open() -> Self {
        Self { writes: std::env::var(VARIABLE).is_ok_and(|value| value == "write"), wrong: Vec::new() }
    }

    /// Compares a picture (PNG) with the kept one of that path, or writes it there.
    pub fn add(&mut self, kept: &Path, taken: &[u8]) {
        let name = kept.file_stem().unwrap().to_string_lossy().into_owned();
        let taken = image::load_from_memory_with_format(taken, ImageFormat::Png).unwrap().into_rgb8();
        if self.writes {
            if let Err(why) = keep(kept, &taken) {
                self.wrong.push(format!("{name}: {why}"));
            }
            return;
        }
        let Ok(bytes) = std::fs::read(kept) else {
            write(&artifacts().join(format!("picture-{name}.png")), &taken);
            self.wrong.push(format!("{name}: there is no kept picture at {}", kept.display()));
            return;
        };
        let kept = image::load_from_memory_with_format(&bytes, ImageFormat::Png).unwrap().into_rgb8();
        if let Some(difference) = compare(&kept, &taken) {
            let shown = artifacts().join(format!("picture-{name}-differs.png"));
            write(&shown, &side_by_side(&kept, &taken, &difference));
            write(&artifacts().join(format!("picture-{name}.png")), &taken);
            self.wrong.push(format!(
                "{name}: {}; kept, taken and the difference: {}",
                difference.words(),
                shown.display()
            ));
        }
    }

    /// Fails with all that is wrong, and says what to do.
    pub fn close(self) {
        assert!(
            self.wrong.is_empty(),
            "The window does not look as it was kept:\n  {}\nLook at the artifacts. If it is meant to look so, run \
             `make screenshots`, look at what it wrote, and commit it with the change.",
            self.wrong.join("\n  ")
        );
    }
}

/// Says how two pictures differ.
struct Difference {
    /// Holds the places of the squares that are too far apart.
    squares: Vec<(u32, u32)>,
    sizes: [(u32, u32); 2],
}

impl Difference {
    fn words(&self) -> String {
        let [kept, taken] = self.sizes;
        if kept != taken {
            return format!("it is {} × {} px, and {} × {} px is kept", taken.0, taken.1, kept.0, kept.1);
        }
        let edge = |of: fn(&(u32, u32)) -> u32| {
            let all = self.squares.iter().map(of);
            (all.clone().min().unwrap_or(0) * SQUARE, (all.max().unwrap_or(0) + 1) * SQUARE)
        };
        let ((left, right), (top, bottom)) = (edge(|at| at.0), edge(|at| at.1));
        format!("{} squares differ, from {left}, {top} to {right}, {bottom}", self.squares.len())
    }
}

/// Tells how they differ, if they do.
fn compare(kept: &RgbImage, taken: &RgbImage) -> Option<Difference> {
    let sizes = [kept.dimensions(), taken.dimensions()];
    if sizes[0] != sizes[1] {
        return Some(Difference { squares: Vec::new(), sizes });
    }
    let across = kept.width().div_ceil(SQUARE);
    let apart = means(kept).into_iter().zip(means(taken)).map(|(a, b)| (0..3).any(|c| a[c].abs_diff(b[c]) > APART));
    let all: BTreeSet<_> =
        (0_u32..).zip(apart).filter(|(_, apart)| *apart).map(|(at, _)| (at % across, at / across)).collect();
    let squares: Vec<_> = all.iter().copied().filter(|square| beside(&all, *square) >= BESIDE).collect();
    (squares.len() > FEW).then_some(Difference { squares, sizes })
}

/// Counts the squares around one that differ as well.
fn beside(all: &BTreeSet<(u32, u32)>, (x, y): (u32, u32)) -> usize {
    let around = |at: u32| at.saturating_sub(1)..=at + 1;
    around(x).flat_map(|x| around(y).map(move |y| (x, y))).filter(|at| *at != (x, y) && all.contains(at)).count()
}

/// Computes the mean colour of each square, row by row. In plain loops: the tests are not optimised.
fn means(picture: &RgbImage) -> Vec<[u8; 3]> {
    let (width, height) = picture.dimensions();
    let (across, down) = (width.div_ceil(SQUARE), height.div_ceil(SQUARE));
    let mut sums = vec![[0_u32; 4]; (across * down) as usize];
    let bytes = picture.as_raw();
    for y in 0..height {
        let (line, first) = ((y * width * 3) as usize, (y / SQUARE * across) as usize);
        for x in 0..width {
            let at = line + x as usize * 3;
            let sum = &mut sums[first + (x / SQUARE) as usize];
            sum[0] += u32::from(bytes[at]);
            sum[1] += u32::from(bytes[at + 1]);
            sum[2] += u32::from(bytes[at + 2]);
            sum[3] += 1;
        }
    }
    sums.into_iter().map(|[r, g, b, count]| [r, g, b].map(|sum| u8::try_from(sum / count.max(1)).unwrap())).collect()
}

/// Shows the kept one, the one that was taken, and the latter in grey with a mark on every square that differs.
fn side_by_side(kept: &RgbImage, taken: &RgbImage, difference: &Difference) -> RgbImage {
    let (width, height) = (kept.width().max(taken.width()), kept.height().max(taken.height()));
    let mut all = RgbImage::from_pixel(width * 3 + GAP * 2, height, MARK);
    let mut marked = taken.clone();
    for pixel in marked.pixels_mut() {
        let [r, g, b] = pixel.0.map(u16::from);
        let grey = u8::try_from((r + g + b) / 3 / 2 + 64).unwrap();
        *pixel = Rgb([grey; 3]);
    }
    for (left, top) in &difference.squares {
        for y in top * SQUARE..((top + 1) * SQUARE).min(marked.height()) {
            for x in left * SQUARE..((left + 1) * SQUARE).min(marked.width()) {
                marked.put_pixel(x, y, MARK);
            }
        }
    }
    for (index, picture) in [kept, taken, &marked].into_iter().enumerate() {
        let left = i64::from((width + GAP) * u32::try_from(index).unwrap());
        image::imageops::replace(&mut all, picture, left, 0);
    }
    all
}

/// Keeps a picture without the two lowest bits of its colours: nobody sees them, and a third of the file is theirs.
fn keep(path: &Path, picture: &RgbImage) -> Result<(), String> {
    let mut plain = picture.clone();
    for byte in plain.iter_mut() {
        *byte = (*byte & 0xfc) | (*byte >> 6);
    }
    let bytes = [FilterType::NoFilter, FilterType::Adaptive].map(|filter| encoded(&plain, filter));
    let shortest = bytes.into_iter().min_by_key(Vec::len).unwrap();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, &shortest).unwrap();
    if shortest.len() > LONGEST {
        return Err(format!("it takes {} bytes, and {LONGEST} is the most that is kept", shortest.len()));
    }
    Ok(())
}

fn encoded(picture: &RgbImage, filter: FilterType) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, filter)).unwrap();
    bytes
}

fn write(path: &Path, picture: &RgbImage) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.save_with_format(path, ImageFormat::Png).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws lines of text, as a window has them: dark letters of two pixels with soft edges.
    fn text(soft: u8) -> RgbImage {
        RgbImage::from_fn(320, 200, |x, y| match (y % 16 < 9, x % 7) {
            (true, 2 | 3) => Rgb([20; 3]),
            (true, 1 | 4) => Rgb([soft; 3]),
            _ => Rgb([244; 3]),
        })
    }

    fn with_box(mut picture: RgbImage, at: (u32, u32), size: (u32, u32), colour: Rgb<u8>) -> RgbImage {
        for y in at.1..at.1 + size.1 {
            for x in at.0..at.0 + size.0 {
                picture.put_pixel(x, y, colour);
            }
        }
        picture
    }

    #[test]
    fn letters_that_are_smoothed_otherwise_are_the_same() {
        assert!(compare(&text(120), &text(120)).is_none());
        assert!(compare(&text(120), &text(150)).is_none());
    }

    #[test]
    fn a_word_that_is_gone_and_a_colour_that_changed_are_told_with_their_place() {
        let before = text(120);
        let word = compare(&before, &with_box(before.clone(), (40, 48), (36, 9), Rgb([244; 3]))).unwrap();
        assert!(word.words().starts_with(&format!("{} squares differ, from 40, 48 to ", word.squares.len())));
        let pale = with_box(before.clone(), (100, 100), (12, 12), Rgb([200, 244, 244]));
        assert!(compare(&before, &pale).is_some());
        let digit = with_box(before.clone(), (40, 48), (4, 8), Rgb([244; 3]));
        assert!(compare(&before, &digit).is_none(), "a digit of a time is none");
    }

    #[test]
    fn single_squares_here_and_there_are_none() {
        let before = text(120);
        let spots = (0..12).fold(before.clone(), |picture, at| with_box(picture, (at * 24, 172), (4, 4), Rgb([90; 3])));
        assert!(compare(&before, &spots).is_none());
        let line = with_box(before.clone(), (40, 172), (44, 4), Rgb([90; 3]));
        assert!(compare(&before, &line).is_some());
    }

    #[test]
    fn another_size_is_told() {
        let differs = compare(&text(120), &RgbImage::new(10, 20)).unwrap();
        assert_eq!(differs.words(), "it is 10 × 20 px, and 320 × 200 px is kept");
    }

    #[test]
    fn what_is_kept_is_the_same_to_the_comparison() {
        let folder = tempfile::tempdir().unwrap();
        let (path, picture) = (folder.path().join("pictures/one.png"), text(121));
        keep(&path, &picture).unwrap();
        let read = image::open(&path).unwrap().into_rgb8();
        assert!(compare(&picture, &read).is_none());
        assert_eq!(read.get_pixel(0, 0), &Rgb([247; 3]), "244, with its highest bits in the place of the lowest");
    }

    #[test]
    fn a_picture_that_nobody_kept_fails_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("never.png");
        let mut album = Album { writes: false, wrong: Vec::new() };
        album.add(&path, &encoded(&text(120), FilterType::Adaptive));
        assert!(album.wrong[0].contains("there is no kept picture"), "{:?}", album.wrong);
        album.writes = true;
        album.wrong.clear();
        album.add(&path, &encoded(&text(120), FilterType::Adaptive));
        album.writes = false;
        album.add(&path, &encoded(&text(120), FilterType::Adaptive));
        assert_eq!(album.wrong, Vec::<String>::new());
    }
}
