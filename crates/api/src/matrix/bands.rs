//! A large matrix in bands: cut into rows that workers compute side by side, whose texts are the answer as they stand.
//!
//! A band is asked as a matrix of its own rows and of all columns, and a cell equals its route whatever stands around
//! it, so the cut changes no figure. What is prepared once for all columns is shared by all rows of a band. A band's
//! answer is the text of its rows of seconds, then that of its rows of metres; the whole is a list of those
//! ([`Join::Listed`]) with a few brackets between them, so nobody copies a matrix of a hundred million cells, and
//! nobody has it in memory.

use std::ops::Range;

use engine::{Budget, Cell, Engine, Tile};
use wire::{Cut, Failure, Join, Parts, Pieces, Request, Stage, Stretch};

use super::tiles::{damaged, is_large, parts, question, tile_of};
use super::travel;
use crate::problem::Problem;

/// Cells of a band: one to twenty megabytes of text. Smaller ones would cost the store, and what is prepared for all
/// columns, more than they are worth; larger ones would tell progress rarely.
const CELLS: Range<usize> = 125_000..2_000_000;

/// Bands that a matrix is cut into where these are neither too small nor too large: enough that some workers end at
/// about the same time.
const SHARES: usize = 16;

/// Rows that the router sweeps for at once.
const SWEPT: usize = 16;

/// How a matrix is cut.
pub(super) static BANDS: Parts = Parts { form: 5, is_large, cut, run, next: None, join: Join::Listed(list) };

/// How many bytes before the texts tell how long that of the seconds is.
const LENGTH: usize = size_of::<u64>();

fn cut(engine: &Engine, request: &Request, _: &Budget) -> Result<Stage, Failure> {
    let question = question(engine, request)?;
    let columns = question.destinations.len();
    let cuts: Vec<Cut> = bands(question.origins.len(), columns).map(|rows| cut_of(rows, columns)).collect();
    Ok(cuts.into())
}

fn cut_of(rows: Range<usize>, columns: usize) -> Cut {
    // A million cells weigh a hundred, so that the last band weighs what it is.
    let weight = (rows.len() * columns / 10_000).max(1) as u32;
    let bounds = [rows.start, rows.end, 0, columns];
    Cut { input: bounds.iter().flat_map(|bound| (*bound as u32).to_le_bytes()).collect(), weight, required: true }
}

/// The rows of each band.
fn bands(rows: usize, columns: usize) -> impl Iterator<Item = Range<usize>> {
    let cells = (rows.saturating_mul(columns) / SHARES).clamp(CELLS.start, CELLS.end);
    let at_once = (cells / columns.max(1)).max(1);
    parts(rows, if at_once > SWEPT { at_once.next_multiple_of(SWEPT) } else { at_once })
}

/// The length of the text of all seconds as a little-endian `u64`; that text, `[1,null],[2,3]`; the same of the metres.
fn run(engine: &Engine, request: &Request, input: &[u8], budget: &Budget) -> Result<Vec<u8>, Failure> {
    let (whole, tile) = tile_of(engine, request, input)?;
    let Tile { rows, columns } = &tile;
    // Most figures have four digits or fewer.
    let expected = 5 * rows.len() * columns.len();
    let (mut answer, mut metres) = (Vec::with_capacity(LENGTH + 2 * expected), Vec::with_capacity(expected));
    answer.extend([0; LENGTH]);
    let mut is_first = true;
    let mut write = |cells: &[Cell]| {
        if !std::mem::take(&mut is_first) {
            answer.push(b',');
            metres.push(b',');
        }
        write_row(cells, &mut answer, &mut metres);
    };
    engine.matrix_tile(&whole, &tile, budget, &mut write).map_err(|error| Problem::from(error).failure())?;
    let seconds = (answer.len() - LENGTH) as u64;
    answer[..LENGTH].copy_from_slice(&seconds.to_le_bytes());
    answer.append(&mut metres);
    Ok(answer)
}

fn list(engine: &Engine, request: &Request, pieces: &mut dyn Pieces, _: &Budget) -> Result<Vec<Stretch>, Failure> {
    let question = question(engine, request)?;
    let count = bands(question.origins.len(), question.destinations.len()).count();
    let (mut seconds, mut metres) = (Vec::with_capacity(2 * count), Vec::with_capacity(2 * count));
    for band in 0..count {
        let length = pieces.bytes(band, 0..LENGTH as u64)??.try_into().map_err(|_| damaged("a band's answer"))?;
        let (begin, end) = (LENGTH as u64, pieces.len(band)?);
        let middle = begin.checked_add(u64::from_le_bytes(length)).filter(|middle| *middle <= end);
        let middle = middle.ok_or_else(|| damaged("a band's answer"))?;
        for (half, bytes, before) in
            [(&mut seconds, begin..middle, "{\"durations\":["), (&mut metres, middle..end, "],\"distances\":[")]
        {
            half.push(Stretch::Text(if band == 0 { before } else { "," }.into()));
            half.push(Stretch::Of(band, bytes));
        }
    }
    metres.push(Stretch::Text("]}".into()));
    seconds.append(&mut metres);
    Ok(seconds)
}

/// Writes a row down as serde would, `[12,null,7]`, in less time: there are hundreds of millions of figures.
fn write_row(cells: &[Cell], seconds: &mut Vec<u8>, metres: &mut Vec<u8>) {
    let mut before = b'[';
    for way in cells.iter().map(travel) {
        match way {
            Some((duration_s, distance_m)) => {
                write_figure(before, duration_s, seconds);
                write_figure(before, distance_m, metres);
            }
            None => {
                for text in [&mut *seconds, &mut *metres] {
                    text.extend([before, b'n', b'u', b'l', b'l']);
                }
            }
        }
        before = b',';
    }
    seconds.push(b']');
    metres.push(b']');
}

/// Figures below it, and a byte before them, are eight bytes at most: one store of the processor.
const SHORT: u64 = 10_000_000;

fn write_figure(before: u8, figure: u64, text: &mut Vec<u8>) {
    if figure >= SHORT {
        text.push(before);
        text.extend_from_slice(figure.to_string().as_bytes());
        return;
    }
    // The last digit is put in first and ends up furthest from the low end, which is written first.
    let (mut bytes, mut unused, mut rest) = (0, size_of::<u64>() - 1, figure);
    loop {
        bytes = (bytes << 8) | (u64::from(b'0') + rest % 10);
        unused -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.extend_from_slice(&((bytes << 8) | u64::from(before)).to_le_bytes());
    text.truncate(text.len() - unused);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{METRES, Row, SECONDS};
    use crate::problem::json;

    #[test]
    fn bands_cover_the_rows_once_and_are_many_and_neither_small_nor_large() {
        for (rows, columns, count, first) in [
            (10_000, 10_000, 49, 208),
            (2000, 10_000, 16, 128),
            (1001, 501, 4, 256),
            (1_000_000, 1, 8, 125_008),
            (3, 400_000, 3, 1),
            (20, 1_000_000, 20, 1),
        ] {
            let cut: Vec<Range<usize>> = bands(rows, columns).collect();
            assert_eq!((cut.len(), cut[0].len()), (count, first), "{rows} x {columns}");
            assert!(cut.windows(2).all(|pair| pair[0].end == pair[1].start) && cut[0].start == 0);
            assert_eq!(cut[count - 1].end, rows);
        }
        let weights = bands(1001, 501).map(|rows| cut_of(rows, 501).weight);
        assert_eq!(weights.collect::<Vec<_>>(), [12, 12, 12, 11]);
    }

    #[test]
    fn a_row_reads_as_serde_writes_it() {
        let mut figures: Vec<u64> = (0..20).flat_map(|power| [10_u64.pow(power) - 1, 10_u64.pow(power)]).collect();
        figures.extend([u64::MAX, 1234, 80]);
        let mut row: Vec<Cell> =
            figures.iter().map(|&figure| Cell::Travel { duration_s: figure, distance_m: figure / 3 }).collect();
        row.insert(0, Cell::NoRoute);
        row.insert(5, Cell::OffRoad(engine::Side::Origin));
        for row in [&row[..], &row[1..], &row[..1]] {
            let (mut seconds, mut metres) = (b"x".to_vec(), Vec::new());
            write_row(row, &mut seconds, &mut metres);
            assert_eq!(seconds, [b"x".to_vec(), json(&Row { cells: row, figure: SECONDS })].concat());
            assert_eq!(metres, json(&Row { cells: row, figure: METRES }));
        }
    }
}
