//! Tiles of numbers: the first form of a matrix in parts, for those that were accepted by the release before.
//!
//! The cut is that of [`super::tiles`]. A tile's answer is its seconds, then its metres, as little-endian `u32`s by rows ([`NO_WAY`] where
//! there is no way), and the join writes all the text. New matrices are not cut in this form; while two releases work side by side,
//! workers of either may take any part of an old one.

use std::io::Write;

use engine::{Budget, Cell, Engine};
use wire::{Failure, Parts, Pieces, Request};

use super::tiles::{COLUMNS, ROWS, cut, damaged, is_large, parts, question, tile_of, write};
use super::travel;
use crate::problem::Problem;

/// A cell without a way.
const NO_WAY: u32 = u32::MAX;

/// How a matrix was cut.
pub(super) static TILES: Parts = Parts { form: 1, is_large, cut, run, next: None, join };

fn run(engine: &Engine, request: &Request, input: &[u8], budget: &Budget) -> Result<Vec<u8>, Failure> {
    let (whole, tile) = tile_of(engine, request, input)?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
