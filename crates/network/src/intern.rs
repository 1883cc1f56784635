//! What is said often and stored once: texts, and details of roads and nodes.
//!
//! Each gets a number when it is first added; number 0 is the empty one. The order of adding decides the numbers, so the
//! same calls give the same bytes.

use std::collections::HashMap;

use crate::build::TextId;
use crate::details::{Details, DetailsId};

/// All texts; number 0 is "".
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) first_byte: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
    number: HashMap<Box<str>, u32>,
}

impl Texts {
    pub(crate) fn new() -> Self {
        Self { first_byte: vec![0, 0], bytes: Vec::new(), number: HashMap::from([("".into(), 0)]) }
    }

    pub(crate) fn add(&mut self, text: &str) -> TextId {
        if let Some(&number) = self.number.get(text) {
            return TextId(number);
        }
        let number = (self.first_byte.len() - 1) as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.first_byte.push(self.bytes.len() as u32);
        self.number.insert(text.into(), number);
        TextId(number)
    }
}

/// All details; number 0 is none at all.
#[derive(Debug)]
pub(crate) struct AllDetails {
    pub(crate) all: Vec<Details>,
    number: HashMap<Details, u32>,
}

impl AllDetails {
    pub(crate) fn new() -> Self {
        Self { all: vec![Details::default()], number: HashMap::from([(Details::default(), 0)]) }
    }

    pub(crate) fn add(&mut self, details: &Details) -> DetailsId {
        if let Some(&number) = self.number.get(details) {
            return DetailsId(number);
        }
        let number = self.all.len() as u32;
        self.all.push(details.clone());
        self.number.insert(details.clone(), number);
        DetailsId(number)
    }

    pub(crate) fn get(&self, id: DetailsId) -> &Details {
        &self.all[id.0 as usize]
    }
}
