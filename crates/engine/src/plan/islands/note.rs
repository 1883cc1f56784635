//! What passes between the rounds of a search, as bytes: little-endian numbers, and a version before them, since the workers of one
//! search may be of two releases.

use vrp::GivenTour;

use super::Round;

/// The form of what follows it.
const VERSION: u32 = 1;

/// Where a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// Islands of a round.
    pub(super) count: u32,
    /// Rounds in all.
    pub(super) rounds: u32,
    /// The present one, from 0.
    pub(super) round: u32,
    /// How long a round is; 0 where steps end it.
    pub(super) length_ms: u64,
    /// The age of the question at which it ends.
    pub(super) until_ms: u64,
    /// The steps of all rounds before.
    pub(super) steps_before: u64,
}

impl Course {
    /// The course that a note begins with.
    pub(super) fn read(note: &[u8]) -> Option<Self> {
        Reader(note).course()
    }

    /// The share of all steps that an island makes in this round.
    pub(super) fn share(&self, all: u64) -> u64 {
        let until = |round: u32| (u128::from(all) * u128::from(round) / u128::from(self.rounds.max(1))) as u64;
        until(self.round + 1) - until(self.round)
    }
}

/// A plan in the solver's indices, and how good it is: the least rank is the best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) rank: [i64; 3],
    pub(super) tours: Vec<GivenTour>,
}

/// What an island is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) course: Course,
    pub(super) island: u32,
    /// Where to go on from.
    pub(super) from: Option<Draft>,
}

/// What an island came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) course: Course,
    pub(super) steps: u64,
    pub(super) improved: bool,
    pub(super) best: Option<Draft>,
}

impl Task {
    /// The same for every island of the round.
    pub(super) fn for_all(self) -> Round {
        let Course { count, rounds, .. } = self.course;
        let tasks = (0..count).map(|island| Self { island, ..self.clone() }.to_bytes()).collect();
        Round { tasks, expected: (count * rounds) as usize }
    }

    /// What it came to if nothing was done.
    pub(super) fn untouched(self) -> Found {
        Found { course: self.course, steps: 0, improved: false, best: self.from }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut note = Note::begin(&self.course);
        note.short(self.island);
        note.draft(self.from.as_ref());
        note.0
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let mut task = Self { course: reader.course()?, island: reader.short()?, from: None };
        reader.draft(&mut task.from)?;
        reader.0.is_empty().then_some(task)
    }
}

impl Found {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut note = Note::begin(&self.course);
        note.long(self.steps);
        note.short(u32::from(self.improved));
        note.draft(self.best.as_ref());
        note.0
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let course = reader.course()?;
        let (steps, improved) = (reader.long()?, reader.short()? == 1);
        let mut found = Self { course, steps, improved, best: None };
        reader.draft(&mut found.best)?;
        reader.0.is_empty().then_some(found)
    }
}

struct Note(Vec<u8>);

impl Note {
    fn begin(course: &Course) -> Self {
        let Course { count, rounds, round, length_ms, until_ms, steps_before } = *course;
        let mut note = Self(Vec::new());
        for number in [VERSION, count, rounds, round] {
            note.short(number);
        }
        for number in [length_ms, until_ms, steps_before] {
            note.long(number);
        }
        note
    }

    fn short(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    fn long(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    fn draft(&mut self, draft: Option<&Draft>) {
        self.short(u32::from(draft.is_some()));
        let Some(Draft { rank, tours }) = draft else { return };
        for place in rank {
            self.0.extend(place.to_le_bytes());
        }
        self.short(tours.len() as u32);
        for tour in tours {
            for &number in [tour.vehicle, tour.shift, tour.jobs.len()].iter().chain(&tour.jobs) {
                self.short(number as u32);
            }
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn short(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn course(&mut self) -> Option<Course> {
        if self.short()? != VERSION {
            return None;
        }
        Some(Course {
            count: self.short()?,
            rounds: self.short()?,
            round: self.short()?,
            length_ms: self.long()?,
            until_ms: self.long()?,
            steps_before: self.long()?,
        })
    }

    /// Reads what may be there into `found`.
    fn draft(&mut self, found: &mut Option<Draft>) -> Option<()> {
        if self.short()? == 0 {
            return Some(());
        }
        let mut rank = [0; 3];
        for place in &mut rank {
            *place = i64::from_le_bytes(self.bytes()?);
        }
        // Not allocated by what is said of its length, which may be damaged.
        let (count, mut tours) = (self.short()?, Vec::new());
        for _ in 0..count {
            let (vehicle, shift, length) = (self.short()? as usize, self.short()? as usize, self.short()?);
            let mut jobs = Vec::new();
            for _ in 0..length {
                jobs.push(self.short()? as usize);
            }
            tours.push(GivenTour { vehicle, shift, jobs, fixed: 0 });
        }
        *found = Some(Draft { rank, tours });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let tour = |vehicle, jobs: &[usize]| GivenTour { vehicle, shift: 1, jobs: jobs.to_vec(), fixed: 0 };
        Draft { rank: [-500, 1234, 0], tours: vec![tour(0, &[3, 1, 2]), tour(7, &[])] }
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let course = Course { count: 2, rounds: 3, round: 1, length_ms: 20_000, until_ms: 61_000, steps_before: 99 };
        for from in [None, Some(draft())] {
            let task = Task { course, island: 1, from: from.clone() };
            let found = Found { course, steps: 5, improved: true, best: from };
            let (told, came_to) = (task.to_bytes(), found.to_bytes());
            assert_eq!((Task::read(&told), Found::read(&came_to)), (Some(task), Some(found)));
            assert!((0..told.len()).all(|end| Task::read(&told[..end]).is_none()));
            assert!(Task::read(&[&told[..], &[0]].concat()).is_none());
        }
    }
}
