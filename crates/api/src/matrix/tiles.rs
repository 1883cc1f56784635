//! Tiles: the form of a large matrix before [`super::bands`], for those that were accepted by the release before.
//!
//! A tile is some of the rows and some of the columns, and its answer the text of its rows as it stands in the whole
//! ([`Half`]). The join lays rows side by side, band by band, so that a matrix of a hundred million cells is never in
//! memory. New matrices are not cut in this form; while two releases work side by side, workers of either may take any
//! part of an old one.

use std::io::Write;
use std::ops::Range;

use engine::{Budget, Cell, Engine, MatrixQuestion, Tile};
use wire::{Cut, Failure, Join, Parts, Pieces, Request, Stage};

use super::{METRES, Row, SECONDS, parse};
use crate::problem::{Problem, json};

/// Rows and columns of a tile: some ten megabytes. What is prepared once for all columns of a tile is worth some hundred rows; larger
/// tiles would save little of it and tell progress rarely, smaller ones would cost the store more than it keeps.
pub(super) const ROWS: usize = 500;
pub(super) const COLUMNS: usize = 2000;

/// Cells up to which a matrix is computed in one go.
const SMALL_CELLS: usize = 500_000;

/// How a matrix is cut.
pub(super) static TILES: Parts = Parts { form: 3, is_large, cut, run, next: None, join: Join::Written(join) };

pub(super) fn is_large(_: &Engine, request: &Request) -> bool {
    super::cells(request).is_some_and(|(rows, columns)| rows.saturating_mul(columns) > SMALL_CELLS)
}

/// Tiles by bands of rows, each band from left to right.
pub(super) fn cut(engine: &Engine, request: &Request, _: &Budget) -> Result<Stage, Failure> {
    let question = question(engine, request)?;
    let cuts: Vec<Cut> = tiles(question.origins.len(), question.destinations.len()).map(|tile| cut_of(&tile)).collect();
    Ok(cuts.into())
}

/// The lengths of all rows of seconds, then of all rows of metres, as little-endian `u32`s; then the texts of those rows.
fn run(engine: &Engine, request: &Request, input: &[u8], budget: &Budget) -> Result<Vec<u8>, Failure> {
    let (whole, tile) = tile_of(engine, request, input)?;
    let [mut seconds, mut metres] = [(); 2].map(|()| (Vec::new(), Vec::new()));
    let mut write = |cells: &[Cell]| {
        for ((lengths, text), figure) in [(&mut seconds, SECONDS), (&mut metres, METRES)] {
            let row = json(&Row { cells, figure });
            // The row goes on in the next tile, so its brackets are the join's to write.
            let figures = &row[1..row.len() - 1];
            lengths.extend((figures.len() as u32).to_le_bytes());
            text.extend_from_slice(figures);
        }
    };
    engine.matrix_tile(&whole, &tile, budget, &mut write).map_err(|error| Problem::from(error).failure())?;
    Ok([seconds.0, metres.0, seconds.1, metres.1].concat())
}

fn join(
    engine: &Engine,
    request: &Request,
    pieces: &mut dyn Pieces,
    _: &Budget,
    sink: &mut dyn Write,
) -> Result<(), Failure> {
    let question = question(engine, request)?;
    let (rows, columns) = (question.origins.len(), question.destinations.len());
    for (half, begin) in [(0, "{\"durations\":["), (1, "],\"distances\":[")] {
        write(sink, begin.as_bytes())?;
        let mut number = 0;
        for (index, band) in parts(rows, ROWS).enumerate() {
            let mut tiles = Vec::with_capacity(columns.div_ceil(COLUMNS));
            for _ in parts(columns, COLUMNS) {
                tiles.push(Half::of(pieces.piece(number)??, half, band.len())?);
                number += 1;
            }
            for row in 0..band.len() {
                write(sink, if index == 0 && row == 0 { b"[" } else { b",[" })?;
                for (place, tile) in tiles.iter().enumerate() {
                    write(sink, if place == 0 { b"" } else { b"," })?;
                    write(sink, tile.row(row))?;
                }
                write(sink, b"]")?;
            }
        }
    }
    write(sink, b"]}")
}

/// The seconds or the metres of a tile: the figures of its rows as text, `12,null,7`, one row behind the other.
struct Half {
    text: Vec<u8>,
    /// Where each row begins, and where the last one ends.
    bounds: Vec<usize>,
}

impl Half {
    fn of(mut tile: Vec<u8>, half: usize, rows: usize) -> Result<Self, Failure> {
        let lengths = tile.get(..8 * rows).ok_or_else(unusable)?.chunks_exact(4);
        let lengths: Vec<usize> =
            lengths.map(|length| u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize).collect();
        let (seconds, metres) = lengths.split_at(rows);
        let begin = 8 * rows + if half == 0 { 0 } else { seconds.iter().sum() };
        if tile.len() != 8 * rows + lengths.iter().sum::<usize>() {
            return Err(unusable());
        }
        let mut bounds = vec![0];
        bounds.extend([seconds, metres][half].iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        tile.drain(..begin);
        tile.truncate(bounds[rows]);
        Ok(Self { text: tile, bounds })
    }

    fn row(&self, row: usize) -> &[u8] {
        &self.text[self.bounds[row]..self.bounds[row + 1]]
    }
}

/// The matrix, and which tile of it is asked for.
pub(super) fn tile_of(engine: &Engine, request: &Request, input: &[u8]) -> Result<(MatrixQuestion, Tile), Failure> {
    let whole = question(engine, request)?;
    let tile = read(input).filter(|tile| tile.lies_within(whole.origins.len(), whole.destinations.len()));
    tile.map(|tile| (whole, tile)).ok_or_else(|| damaged("a tile's place"))
}

fn cut_of(tile: &Tile) -> Cut {
    let bounds = [tile.rows.start, tile.rows.end, tile.columns.start, tile.columns.end];
    let cells = tile.rows.len() * tile.columns.len();
    Cut {
        input: bounds.iter().flat_map(|bound| (*bound as u32).to_le_bytes()).collect(),
        // A full tile weighs a hundred, so that the last ones of a matrix weigh what they are.
        weight: (cells * 100 / (ROWS * COLUMNS)).max(1) as u32,
        required: true,
    }
}

/// The tile of that input.
fn read(input: &[u8]) -> Option<Tile> {
    let bound = |at: usize| Some(u32::from_le_bytes(input.get(4 * at..4 * at + 4)?.try_into().ok()?) as usize);
    Some(Tile { rows: bound(0)?..bound(1)?, columns: bound(2)?..bound(3)? })
}

fn tiles(rows: usize, columns: usize) -> impl Iterator<Item = Tile> {
    let of_band =
        move |rows: Range<usize>| parts(columns, COLUMNS).map(move |columns| Tile { rows: rows.clone(), columns });
    parts(rows, ROWS).flat_map(of_band)
}

pub(super) fn parts(places: usize, at_once: usize) -> impl Iterator<Item = Range<usize>> {
    (0..places).step_by(at_once).map(move |start| start..places.min(start + at_once))
}

pub(super) fn question(engine: &Engine, request: &Request) -> Result<MatrixQuestion, Failure> {
    parse(engine, request, super::MOST_LATER).map_err(Problem::failure)
}

pub(super) fn write(sink: &mut dyn Write, bytes: &[u8]) -> Result<(), Failure> {
    sink.write_all(bytes).map_err(|error| Failure::unwritten(&error))
}

fn unusable() -> Failure {
    damaged("a tile's answer")
}

pub(super) fn damaged(what: &str) -> Failure {
    Failure { code: "Internal".to_owned(), message: format!("{what} cannot be used"), retry: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_matrix_once() {
        let cut: Vec<Tile> = tiles(1200, 2001).collect();
        assert_eq!(cut.len(), 6);
        assert_eq!(cut[0], Tile { rows: 0..500, columns: 0..2000 });
        assert_eq!(cut[5], Tile { rows: 1000..1200, columns: 2000..2001 });
        assert_eq!(cut.iter().map(|tile| tile.rows.len() * tile.columns.len()).sum::<usize>(), 1200 * 2001);
        assert!(cut.iter().all(|tile| read(&cut_of(tile).input).as_ref() == Some(tile)));
        let weights: Vec<u32> = cut.iter().map(|tile| cut_of(tile).weight).collect();
        assert_eq!(weights, [100, 1, 100, 1, 40, 1]);
    }

    #[test]
    fn the_halves_of_a_tile_are_told_apart_and_what_is_torn_is_refused() {
        let lengths = [3_u32, 1, 7, 4].map(u32::to_le_bytes).concat();
        let tile = [&lengths[..], b"1,25null,80null"].concat();
        let rows = |half| {
            let half = Half::of(tile.clone(), half, 2).unwrap();
            [0, 1].map(|row| String::from_utf8_lossy(half.row(row)).into_owned())
        };
        assert_eq!(rows(0), ["1,2", "5"]);
        assert_eq!(rows(1), ["null,80", "null"]);
        for torn in [&tile[..15], &tile[..tile.len() - 1], &[&tile[..], b"1"].concat(), &[][..]] {
            assert!(Half::of(torn.to_vec(), 0, 2).is_err(), "{torn:?}");
        }
    }
}
