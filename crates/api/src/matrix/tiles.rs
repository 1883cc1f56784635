//! A large matrix in tiles: cut into rectangles that workers compute side by side, and written row by row from what they came to.
//!
//! A tile is asked as a matrix of its own rows and columns, and a cell equals its route whatever stands around it, so the cut
//! changes no figure. A tile's answer is its seconds, then its metres, as little-endian `u32`s by rows ([`NO_WAY`] where there is
//! no way): megabytes that need no parsing. The answer is written band by band, so that a matrix of a hundred million cells
//! is never in memory, neither as figures nor as text.

use std::io::Write;
use std::ops::Range;

use engine::{Budget, Cell, Engine, MatrixQuestion, Tile};
use wire::{Cut, Failure, Parts, Pieces, Request, Stage};

use super::{parse, travel};
use crate::problem::Problem;

/// Rows and columns of a tile: eight megabytes. What is prepared once for all columns of a tile is worth some hundred rows; larger
/// tiles would save little of it and tell progress rarely, smaller ones would cost the store more than it keeps.
const ROWS: usize = 500;
const COLUMNS: usize = 2000;

/// Cells up to which a matrix is computed in one go.
const SMALL_CELLS: usize = 500_000;

/// A cell without a way.
const NO_WAY: u32 = u32::MAX;

/// How a matrix is cut.
pub(super) static TILES: Parts = Parts { form: 1, is_large, cut, run, next: None, join };

fn is_large(_: &Engine, request: &Request) -> bool {
    super::cells(request).is_some_and(|(rows, columns)| rows.saturating_mul(columns) > SMALL_CELLS)
}

/// Tiles by bands of rows, each band from left to right.
fn cut(engine: &Engine, request: &Request, _: &Budget) -> Result<Stage, Failure> {
    let question = question(engine, request)?;
    let cuts: Vec<Cut> = tiles(question.origins.len(), question.destinations.len()).map(|tile| cut_of(&tile)).collect();
    Ok(cuts.into())
}

fn run(engine: &Engine, request: &Request, input: &[u8], budget: &Budget) -> Result<Vec<u8>, Failure> {
    let whole = question(engine, request)?;
    let tile = read(input).filter(|tile| tile.lies_within(whole.origins.len(), whole.destinations.len()));
    let tile = tile.ok_or_else(|| damaged("a tile's place"))?;
    let cells = tile.rows.len() * tile.columns.len();
    let (mut seconds, mut metres) = (Vec::with_capacity(8 * cells), Vec::with_capacity(4 * cells));
    let mut written = Ok(());
    let mut write = |row: &[Cell]| {
        for way in row.iter().map(travel) {
            match (figure(way.map(|way| way.0)), figure(way.map(|way| way.1))) {
                (Ok(duration_s), Ok(distance_m)) => {
                    seconds.extend(duration_s);
                    metres.extend(distance_m);
                }
                (Err(failure), _) | (_, Err(failure)) => written = Err(failure),
            }
        }
    };
    engine.matrix_tile(&whole, &tile, budget, &mut write).map_err(|error| Problem::from(error).failure())?;
    written?;
    seconds.append(&mut metres);
    Ok(seconds)
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
            let mut band_tiles = Vec::with_capacity(columns.div_ceil(COLUMNS));
            for width in parts(columns, COLUMNS).map(|columns| columns.len()) {
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

fn parts(places: usize, at_once: usize) -> impl Iterator<Item = Range<usize>> {
    (0..places).step_by(at_once).map(move |start| start..places.min(start + at_once))
}

fn question(engine: &Engine, request: &Request) -> Result<MatrixQuestion, Failure> {
    parse(engine, request, super::MOST_LATER).map(|(question, _)| question).map_err(Problem::failure)
}

fn write(sink: &mut dyn Write, bytes: &[u8]) -> Result<(), Failure> {
    sink.write_all(bytes).map_err(|error| Failure::unwritten(&error))
}

fn damaged(what: &str) -> Failure {
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
    fn a_row_is_read_through_the_tiles_of_its_band() {
        let tile =
            |figures: &[Option<u64>]| figures.iter().map(|way| figure(*way).unwrap()).collect::<Vec<_>>().concat();
        let band = [(2, tile(&[Some(1), Some(2), Some(5), None])), (1, tile(&[Some(3), Some(70_000)]))];
        assert_eq!(line(&band, 0), b"1,2,3");
        assert_eq!(line(&band, 1), b"5,null,70000");
        assert!(figure(Some(u64::from(u32::MAX))).is_err() && half_of(vec![0; 7], 0, 1).is_err());
    }
}
