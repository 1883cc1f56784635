//! The tags of one object, asked by key.
//!
//! Objects have a handful of tags, so they are searched, not hashed. Values are foreign: nothing here interprets them.

/// Keys and values, in the order of the file; the first of a repeated key counts.
pub(crate) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    /// The value of the key that is made of two parts. Asked often, so the key is compared in parts and never made.
    pub(crate) fn get_joined(&self, first: &str, last: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known.strip_prefix(first) == Some(last)).map(|(_, value)| *value)
    }

    /// The value of the key that is made of these parts.
    pub(crate) fn get_parts(&self, parts: &[&str]) -> Option<&'a str> {
        let matches = |key: &str| parts.iter().try_fold(key, |rest, part| rest.strip_prefix(part)) == Some("");
        self.0.iter().find(|(known, _)| matches(known)).map(|(_, value)| *value)
    }

    /// Whether a key has this value.
    pub(crate) fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// Whether a key has one of these values.
    pub(crate) fn is_any(&self, key: &str, values: &[&str]) -> bool {
        self.get(key).is_some_and(|value| values.contains(&value))
    }

    /// Keys and values, in the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().copied()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any key satisfies `test`.
    pub(crate) fn any_key(&self, test: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|(key, _)| test(key))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}
