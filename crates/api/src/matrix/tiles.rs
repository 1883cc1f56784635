//! A large matrix in tiles: cut into squares that workers compute side by side, and written row by row from what they came to.
//!
//! A tile is asked as a matrix of its own rows and columns, and a cell equals its route whatever stands around it, so the cut
//! changes no figure. A tile's answer is its seconds, then its metres, as little-endian `u32`s by rows ([`NO_WAY`] where there is
//! no way): two megabytes that need no parsing. The answer is written band by band, so that a matrix of a hundred million cells
//! is never in memory, neither as figures nor as text.

use std::io::Write;
use std::ops::Range;

use engine::{Budget, Engine, MatrixQuestion};
use wire::{Cut, Failure, Parts, Pieces, Request};

use super::{parse, travel};
use crate::problem::Problem;

/// Places along one side of a tile. Larger tiles would save little of what is prepared once per tile, and tell progress rarely;
/// smaller ones would cost the store more than it keeps.
const SIDE: usize = 500;

/// Cells up to which a matrix is computed in one go.
const SMALL_CELLS: usize = 2 * SIDE * SIDE;

/// A cell without a way.
const NO_WAY: u32 = u32::MAX;

/// How a matrix is cut.
pub(super) static TILES: Parts = Parts { is_large, cut, run, join };

fn is_large(request: &Request) -> bool {
    super::cells(request).is_some_and(|(rows, columns)| rows.saturating_mul(columns) > SMALL_CELLS)
}

/// Tiles by bands of rows, each band from left to right.
fn cut(engine: &Engine, request: &Request) -> Result<Vec<Cut>, Failure> {
    let question = question(engine, request)?;
    Ok(tiles(question.origins.len(), question.destinations.len()).map(Tile::into_cut).collect())
}

fn run(engine: &Engine, request: &Request, input: &[u8], budget: &Budget) -> Result<Vec<u8>, Failure> {
    let whole = question(engine, request)?;
    let tile = Tile::read(input, &whole).ok_or_else(|| damaged("a tile's place"))?;
    let part = MatrixQuestion {
        origins: whole.origins[tile.rows].to_vec(),
        destinations: whole.destinations[tile.columns].to_vec(),
        ..whole
    };
    let answer = engine.matrix(&part, budget).map_err(|error| Problem::from(error).failure())?;
    let cells = || answer.rows.iter().flatten().map(travel);
    let seconds = cells().map(|way| way.map(|(duration_s, _)| duration_s));
    let metres = cells().map(|way| way.map(|(_, distance_m)| distance_m));
    seconds.chain(metres).map(figure).collect::<Result<Vec<_>, _>>().map(|figures| figures.concat())
}

fn join(engine: &Engine, request: &Request, pieces: &mut dyn Pieces, sink: &mut dyn Write) -> Result<(), Failure> {
    let question = question(engine, request)?;
    let (rows, columns) = (question.origins.len(), question.destinations.len());
    for (half, begin) in [(0, "{\"durations\":["), (1, "],\"distances\":[")] {
        write(sink, begin.as_bytes())?;
        let mut number = 0;
        for (index, band) in bands(rows).enumerate() {
            let mut band_tiles = Vec::with_capacity(columns.div_ceil(SIDE));
            for width in bands(columns).map(|columns| columns.len()) {
                band_tiles.push((width, half_of(pieces.piece(number)??, half, band.len() * width)?));
                number += 1;
            }
            for row in 0..band.len() {
                write(sink, if index == 0 && row == 0 { b"[" } else { b",[" })?;
                write(sink, &line(&band_tiles, row))?;
                write(sink, b"]")?;
            }
        }
    }
    write(sink, b"]}")
}

/// One row's figures as text, through all tiles of its band.
fn line(tiles: &[(usize, Vec<u8>)], row: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for (width, figures) in tiles {
        for figure in figures[4 * row * width..4 * (row + 1) * width].chunks_exact(4) {
            if !text.is_empty() {
                text.push(b',');
            }
            match u32::from_le_bytes([figure[0], figure[1], figure[2], figure[3]]) {
                NO_WAY => text.extend_from_slice(b"null"),
                figure => text.extend_from_slice(figure.to_string().as_bytes()),
            }
        }
    }
    text
}

/// The seconds or the metres of a tile.
fn half_of(mut tile: Vec<u8>, half: usize, cells: usize) -> Result<Vec<u8>, Failure> {
    if tile.len() != 8 * cells {
        return Err(damaged("a tile's answer"));
    }
    let second = tile.split_off(4 * cells);
    Ok(if half == 0 { tile } else { second })
}

fn figure(figure: Option<u64>) -> Result<[u8; 4], Failure> {
    let figure = figure.map_or(Some(NO_WAY), |figure| u32::try_from(figure).ok().filter(|figure| *figure != NO_WAY));
    figure.map(u32::to_le_bytes).ok_or_else(|| damaged("a way of more than four billion seconds or metres"))
}

/// A rectangle of the matrix.
#[derive(Debug, PartialEq, Eq)]
struct Tile {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Tile {
    fn into_cut(self) -> Cut {
        let bounds = [self.rows.start, self.rows.end, self.columns.start, self.columns.end];
        let cells = self.rows.len() * self.columns.len();
        Cut {
            input: bounds.iter().flat_map(|bound| (*bound as u32).to_le_bytes()).collect(),
            // A full tile weighs a hundred, so that the last ones of a matrix weigh what they are.
            weight: (cells * 100 / (SIDE * SIDE)).max(1) as u32,
            required: true,
        }
    }

    /// The tile of that input, if it lies within `whole`.
    fn read(input: &[u8], whole: &MatrixQuestion) -> Option<Self> {
        let bound = |at: usize| Some(u32::from_le_bytes(input.get(4 * at..4 * at + 4)?.try_into().ok()?) as usize);
        let tile = Self { rows: bound(0)?..bound(1)?, columns: bound(2)?..bound(3)? };
        let lies_within = |part: &Range<usize>, all: usize| part.start < part.end && part.end <= all;
        let fits = lies_within(&tile.rows, whole.origins.len()) && lies_within(&tile.columns, whole.destinations.len());
        fits.then_some(tile)
    }
}

fn tiles(rows: usize, columns: usize) -> impl Iterator<Item = Tile> {
    bands(rows).flat_map(move |rows| bands(columns).map(move |columns| Tile { rows: rows.clone(), columns }))
}

fn bands(places: usize) -> impl Iterator<Item = Range<usize>> {
    (0..places).step_by(SIDE).map(move |start| start..places.min(start + SIDE))
}

fn question(engine: &Engine, request: &Request) -> Result<MatrixQuestion, Failure> {
    parse(engine, request, super::MOST_LATER).map(|(question, _)| question).map_err(Problem::failure)
}

fn write(sink: &mut dyn Write, bytes: &[u8]) -> Result<(), Failure> {
    sink.write_all(bytes).map_err(|error| Failure {
        code: "ResultNotWritten".to_owned(),
        message: format!("the answer could not be written: {error}"),
        retry: true,
    })
}

fn damaged(what: &str) -> Failure {
    Failure { code: "Internal".to_owned(), message: format!("{what} cannot be used"), retry: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_matrix_once() {
        let cut: Vec<Tile> = tiles(1200, 501).collect();
        assert_eq!(cut.len(), 6);
        assert_eq!(cut[0], Tile { rows: 0..500, columns: 0..500 });
        assert_eq!(cut[5], Tile { rows: 1000..1200, columns: 500..501 });
        assert_eq!(cut.iter().map(|tile| tile.rows.len() * tile.columns.len()).sum::<usize>(), 1200 * 501);
        let weights: Vec<u32> = cut.into_iter().map(|tile| tile.into_cut().weight).collect();
        assert_eq!(weights, [100, 1, 100, 1, 40, 1]);
    }

    #[test]
    fn a_row_is_read_through_the_tiles_of_its_band() {
        let tile =
            |figures: &[Option<u64>]| figures.iter().map(|way| figure(*way).unwrap()).collect::<Vec<_>>().concat();
        let band = [(2, tile(&[Some(1), Some(2), Some(5), None])), (1, tile(&[Some(3), Some(70_000)]))];
        assert_eq!(line(&band, 0), b"1,2,3");
        assert_eq!(line(&band, 1), b"5,null,70000");
        assert!(figure(Some(u64::from(u32::MAX))).is_err() && half_of(vec![0; 7], 0, 1).is_err());
    }
}
