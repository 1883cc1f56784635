//! The common shape of TSPLIB and VRPLIB files: `KEY: value` lines, then sections of numbered rows.
//!
//! **Why.** Several sets of instances share it and differ in what they say with it (Gerhard Reinelt, "TSPLIB 95", 1995; the
//! further sections are those of PyVRP's dialect of VRPLIB). **How.** One pass splits the text; readers then ask for what they
//! know, and [`File::finish`] refuses a file that says more, so that no constraint is overlooked. **What never happens:** a
//! section read twice with different meanings.

use super::plane::{self, Point, Rule};
use super::{FormatError, Line};

/// Keys that say nothing about the problem.
const IDLE_KEYS: [&str; 4] = ["NAME", "COMMENT", "DISPLAY_DATA_TYPE", "NODE_COORD_TYPE"];

/// A file, split.
pub(super) struct File<'a> {
    headers: Vec<Header<'a>>,
    sections: Vec<Section<'a>>,
    last_line: usize,
}

struct Header<'a> {
    key: &'a str,
    value: &'a str,
    line: usize,
    read: bool,
}

/// A section's rows; each begins with its number.
pub(super) struct Section<'a> {
    name: &'a str,
    line: usize,
    rows: Vec<Line<'a>>,
    read: bool,
}

impl<'a> File<'a> {
    /// Splits a text; what the keys and rows mean is not looked at.
    pub(super) fn split(text: &'a str) -> Result<Self, FormatError> {
        let mut file = Self { headers: Vec::new(), sections: Vec::new(), last_line: 0 };
        for line in Line::all(text) {
            file.last_line = line.number;
            let first = line.words[0];
            if first == "EOF" {
                break;
            }
            let name = first.trim_end_matches(':');
            if name.ends_with("_SECTION") {
                file.sections.push(Section { name, line: line.number, rows: Vec::new(), read: false });
            } else if let Some((key, value)) = line.text.split_once(':') {
                file.headers.push(Header { key: key.trim(), value: value.trim(), line: line.number, read: false });
            } else {
                let section = file
                    .sections
                    .last_mut()
                    .ok_or_else(|| line.wrong(first, "key with a colon or name of a section"))?;
                section.rows.push(line);
            }
        }
        Ok(file)
    }

    /// The value of a key, with a line to name when it is wrong.
    pub(super) fn header(&mut self, key: &str) -> Option<(Line<'a>, &'a str)> {
        let header = self.headers.iter_mut().find(|header| header.key == key)?;
        header.read = true;
        let words = header.value.split_whitespace().collect();
        Some((Line { number: header.line, text: header.value, words }, header.value))
    }

    /// A key that must be there.
    pub(super) fn needed(&mut self, key: &'static str) -> Result<(Line<'a>, &'a str), FormatError> {
        self.header(key).ok_or(FormatError::Ends { wanted: key })
    }

    /// The rows of a section.
    pub(super) fn section(&mut self, name: &str) -> Option<&Section<'a>> {
        let section = self.sections.iter_mut().find(|section| section.name == name)?;
        section.read = true;
        Some(section)
    }

    /// The points, one for each number from 1 to the dimension; the file must say that it means straight lines.
    pub(super) fn points(&mut self) -> Result<Vec<Point>, FormatError> {
        let (line, text) = self.needed("DIMENSION")?;
        let dimension = line.count(text)? as usize;
        plane::bounded(dimension)?;
        let (line, kind) = self.needed("EDGE_WEIGHT_TYPE")?;
        if kind != "EUC_2D" {
            return Err(line.wrong(kind, "edge weight type that is known; give EUC_2D with coordinates"));
        }
        let wanted = "NODE_COORD_SECTION";
        let section = self.section(wanted).ok_or(FormatError::Ends { wanted })?;
        section.numbered(dimension, "a place", 3, |line| plane::point(line, line.words[1], line.words[2]))
    }

    /// A number of each place: from the section of this name, or the same for all from the key; the depots have none of the
    /// latter.
    pub(super) fn by_place(
        &mut self,
        name: &'static str,
        places: usize,
        depots: usize,
        scale: i64,
    ) -> Result<Option<Vec<i64>>, FormatError> {
        if let Some((line, text)) = self.header(name) {
            let all = line.decimal(text, scale)?;
            return Ok(Some((0..places).map(|place| if place < depots { 0 } else { all }).collect()));
        }
        let Some(section) = self.section(&format!("{name}_SECTION")) else { return Ok(None) };
        section.numbered(places, "a row", 2, |line| line.decimal(line.words[1], scale)).map(Some)
    }

    /// A number of each vehicle, likewise.
    pub(super) fn by_vehicle(
        &mut self,
        name: &'static str,
        vehicles: usize,
        scale: i64,
    ) -> Result<Option<Vec<i64>>, FormatError> {
        self.by_place(name, vehicles, 0, scale)
    }

    /// Opening and closing of each place.
    pub(super) fn windows(&mut self, places: usize, rule: Rule) -> Result<Option<Vec<(i64, i64)>>, FormatError> {
        let Some(section) = self.section("TIME_WINDOW_SECTION") else { return Ok(None) };
        let window = |line: &Line<'_>| line.window(line.words[1], line.words[2], rule.scale);
        section.numbered(places, "a time window", 3, window).map(Some)
    }

    /// How many depots there are: they stand first among the places.
    pub(super) fn depots(&mut self, places: usize) -> Result<usize, FormatError> {
        let last_line = self.last_line;
        let Some(section) = self.section("DEPOT_SECTION") else { return Ok(1) };
        let mut depots = 0;
        for row in section.rows.iter().take_while(|row| row.words[0] != "-1") {
            depots += 1;
            if row.count(row.words[0])? as usize != depots {
                return Err(
                    row.wrong(row.words[0], "depot in its place: depots are the first places, in rising order from 1")
                );
            }
        }
        if depots == 0 || depots > places {
            return Err(FormatError::Count { line: last_line, what: "depots", found: depots, expected: 1 });
        }
        Ok(depots)
    }

    /// The name that the file gives itself.
    pub(super) fn name(&mut self) -> String {
        self.header("NAME").map(|(_, name)| name.to_owned()).unwrap_or_default()
    }

    /// For each vehicle the places that it may visit, in rising order; nothing where all may visit all.
    pub(super) fn allowed(&mut self, vehicles: usize, places: usize) -> Result<Option<Vec<Vec<u32>>>, FormatError> {
        let Some(section) = self.section("VEHICLES_ALLOWED_CLIENTS_SECTION") else { return Ok(None) };
        let row = |line: &Line<'_>| {
            let place = |text: &&str| {
                let place = line.count(text)?;
                let known = (1..=places as u32).contains(&place);
                if known { Ok(place) } else { Err(line.wrong(text, "place of the file")) }
            };
            let mut allowed = line.words[1..].iter().map(place).collect::<Result<Vec<u32>, FormatError>>()?;
            allowed.sort_unstable();
            Ok(allowed)
        };
        section.numbered(vehicles, "the places of a vehicle", 1, row).map(Some)
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(&self) -> Result<(), FormatError> {
        let idle = |header: &&Header<'_>| header.read || IDLE_KEYS.contains(&header.key);
        let header = self.headers.iter().find(|header| !idle(header)).map(|header| (header.line, header.key));
        let section = self.sections.iter().find(|section| !section.read).map(|section| (section.line, section.name));
        match header.or(section) {
            Some((line, text)) => Err(FormatError::Unknown { line, text: text.to_owned() }),
            None => Ok(()),
        }
    }
}

impl<'a> Section<'a> {
    /// The rows, which must be as many and be numbered from 1 on.
    pub(super) fn numbered<T>(
        &self,
        count: usize,
        wanted: &'static str,
        columns: usize,
        read: impl Fn(&Line<'a>) -> Result<T, FormatError>,
    ) -> Result<Vec<T>, FormatError> {
        if self.rows.len() != count {
            return Err(FormatError::Count { line: self.line, what: "rows", found: self.rows.len(), expected: count });
        }
        let rows = self.rows.iter().enumerate().map(|(index, row)| {
            if row.count(row.words[0])? as usize != index + 1 {
                return Err(row.wrong(row.words[0], "number of its row: rows are numbered from 1 on"));
            }
            row.word(columns - 1, wanted, columns)?;
            read(row)
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = "NAME : tiny\nTYPE: CVRP\nDIMENSION: 2\nEDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3.5 -4\n\
        SERVICE_TIME: 7\nDEMAND_SECTION\n1 0\n2 5\nDEPOT_SECTION\n1\n-1\nEOF\nrubbish after the end\n";

    #[test]
    fn keys_and_sections_are_found_and_the_rest_refused() {
        let mut file = File::split(TINY).unwrap();
        assert_eq!(file.points().unwrap(), [(0, 0), (3_500_000, -4_000_000)]);
        assert_eq!(file.by_place("SERVICE_TIME", 2, 1, 10).unwrap(), Some(vec![0, 70]));
        assert_eq!(file.by_place("DEMAND", 2, 1, 1).unwrap(), Some(vec![0, 5]));
        assert_eq!(file.by_place("PRIZE", 2, 1, 1).unwrap(), None);
        assert_eq!(file.depots(2).unwrap(), 1);
        assert_eq!(file.finish(), Err(FormatError::Unknown { line: 2, text: "TYPE".to_owned() }));
        assert!(file.needed("TYPE").is_ok());
        assert_eq!(file.finish(), Ok(()));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        assert!(matches!(File::split("1 2 3\n"), Err(FormatError::Number { line: 1, .. })));
        let points = |text: &str| File::split(text).unwrap().points();
        assert_eq!(points("NAME: x\n"), Err(FormatError::Ends { wanted: "DIMENSION" }));
        assert!(matches!(points(&TINY.replace("EUC_2D", "GEO")), Err(FormatError::Number { line: 4, .. })));
        assert!(matches!(
            points(&TINY.replace("DIMENSION: 2", "DIMENSION: 3")),
            Err(FormatError::Count { line: 5, .. })
        ));
        assert!(matches!(points(&TINY.replace("2 3.5", "3 3.5")), Err(FormatError::Number { line: 7, .. })));
        assert!(matches!(points(&TINY.replace("DIMENSION: 2", "DIMENSION: 99999999")), Err(FormatError::Many { .. })));
        let mut file = File::split("DEPOT_SECTION\n2\n-1\n").unwrap();
        assert!(matches!(file.depots(5), Err(FormatError::Number { line: 2, .. })));
    }
}
