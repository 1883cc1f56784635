//! Query parameters as Azure's clients send them: names in any case, lists repeated or joined by commas, empty values as if
//! not given, and the same parameter twice only if both say the same.

use wire::Request;

use crate::error::Refused;

/// The parameters of one request, or of one item of a batch.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// The parameters of `request`.
    pub(crate) fn of(request: &Request) -> Self {
        Self { pairs: request.parameters() }
    }

    /// The names given, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// The one value of `name`.
    pub(crate) fn text<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Refused> {
        let mut values = self.values(name);
        let first = values.next();
        match (first, values.find(|&value| Some(value) != first)) {
            (Some(one), Some(other)) => {
                Err(Refused::bad(name, format!("{name} is given twice, as '{one}' and as '{other}'; give it once.")))
            }
            _ => Ok(first),
        }
    }

    /// All values of `name`, repeated or joined by commas.
    pub(crate) fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty())
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::get;

    #[test]
    fn lists_are_repeated_or_joined() {
        let query = Query::of(&get("/", "avoid=tollRoads,ferries&AVOID=motorways&avoid=&other=1"));
        assert_eq!(query.list("avoid").collect::<Vec<_>>(), ["tollRoads", "ferries", "motorways"]);
    }

    #[test]
    fn a_parameter_may_say_the_same_thing_twice() {
        let query = Query::of(&get("/", "api-version=1.0&api-version=1.0&traffic=true&traffic=false&report="));
        assert_eq!(query.text("api-version"), Ok(Some("1.0")));
        assert_eq!(query.text("report"), Ok(None));
        assert!(query.text("traffic").is_err());
    }
}
