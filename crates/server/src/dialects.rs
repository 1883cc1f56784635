//! The dialects that this program speaks, and the long questions in their tables.

use std::collections::HashMap;

use wire::{Dialect, Handler, LongQuestion};

/// All dialects; the first that owns a path answers it.
static DIALECTS: [&Dialect; 3] = [&bing::DIALECT, &azure::DIALECT, &api::DIALECT];

/// The dialect that answers `path`, if one does.
pub(crate) fn owner(path: &str) -> Option<&'static Dialect> {
    DIALECTS.into_iter().find(|dialect| (dialect.owns)(path))
}

/// Every long question by its kind, the name under which the store keeps it.
pub(crate) fn long_questions() -> HashMap<&'static str, &'static LongQuestion> {
    let endpoints = DIALECTS.into_iter().flat_map(|dialect| dialect.endpoints);
    let long = endpoints.filter_map(|endpoint| match endpoint.handler {
        Handler::Accept(question) => Some((question.kind, question)),
        Handler::Answer(_)
        | Handler::Poll(_)
        | Handler::List(_)
        | Handler::Cancel(_)
        | Handler::Watch(_)
        | Handler::Catalogue(_) => None,
    });
    long.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored questions carry their kind, so a kind that means two things would be run as the wrong one.
    #[test]
    fn a_kind_names_one_question() {
        let mut seen: HashMap<&str, *const LongQuestion> = HashMap::new();
        for endpoint in DIALECTS.into_iter().flat_map(|dialect| dialect.endpoints) {
            if let Handler::Accept(question) = endpoint.handler {
                let first = *seen.entry(question.kind).or_insert(std::ptr::from_ref(question));
                let (known, this) = (long_questions()[question.kind], question);
                assert!(std::ptr::eq(first, this) || known.run as usize == this.run as usize, "{}", question.kind);
            }
        }
        assert!(!seen.is_empty());
    }

    /// A worker is given no question in a later form than it says it knows.
    #[test]
    fn every_form_that_is_cut_is_claimed() {
        let forms = || long_questions().into_values().flat_map(|question| question.parts).map(|parts| parts.form);
        assert!(forms().all(|form| form <= crate::serve::FORM), "{:?}", forms().collect::<Vec<_>>());
        assert_eq!(forms().max(), Some(crate::serve::FORM));
    }
}
