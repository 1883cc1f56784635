//! Takes raw values out by key, checks each, and remembers what was asked for: the keys that exist are the keys that were
//! read, so that no second list can disagree with the first.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::StoreUrl;
use super::nearest::nearest;
use super::raw::{Origin, Raw};

/// A key with the value in force.
pub(crate) struct Effective {
    pub(crate) key: &'static str,
    /// `None`: unset.
    pub(crate) value: Option<toml::Value>,
    pub(crate) origin: Origin,
}

pub(super) struct Reader {
    given: BTreeMap<String, (toml::Value, Origin)>,
    effective: Vec<Effective>,
    faults: Vec<String>,
}

impl Reader {
    pub(super) fn new(raw: Raw) -> Self {
        Self { given: raw.values, effective: Vec::new(), faults: Vec::new() }
    }

    /// What was read, or every fault found; a key that was given and never read is unknown.
    pub(super) fn finish(mut self) -> Result<Vec<Effective>, Vec<String>> {
        for (key, (_, origin)) in &self.given {
            let hint = nearest(key, self.effective.iter().map(|row| row.key)).map_or_else(
                || "`roundsman config show` lists the keys".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            self.faults.push(format!("unknown key {key} ({origin}): {hint}"));
        }
        if self.faults.is_empty() { Ok(self.effective) } else { Err(self.faults) }
    }

    pub(super) fn count(&mut self, key: &'static str, default: usize, range: RangeInclusive<usize>) -> usize {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(key, &wanted, |value| whole(value).filter(|count| range.contains(count)))
            .unwrap_or_else(|| self.default(key, default, (default as i64).into()))
    }

    pub(super) fn optional_count(&mut self, key: &'static str, range: RangeInclusive<usize>) -> Option<usize> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(key, &wanted, |value| whole(value).filter(|count| range.contains(count))).or_else(|| self.unset(key))
    }

    pub(super) fn number(&mut self, key: &'static str, default: f64, range: RangeInclusive<f64>) -> f64 {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        self.read(key, &wanted, |value| number(value).filter(|number| range.contains(number)))
            .unwrap_or_else(|| self.default(key, default, default.into()))
    }

    pub(super) fn optional_number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        self.read(key, &wanted, |value| number(value).filter(|number| range.contains(number)))
            .or_else(|| self.unset(key))
    }

    pub(super) fn switch(&mut self, key: &'static str, default: bool) -> bool {
        self.read(key, "true or false", |value| value.as_bool().or_else(|| parsed(value)))
            .unwrap_or_else(|| self.default(key, default, default.into()))
    }

    pub(super) fn address(&mut self, key: &'static str, default: &str) -> SocketAddr {
        self.read(key, "an address with a port, such as 127.0.0.1:8080 or [::1]:0", address).unwrap_or_else(|| {
            let address = default.parse().expect("the default is an address");
            self.default(key, address, default.into())
        })
    }

    pub(super) fn optional_text(&mut self, key: &'static str) -> Option<String> {
        self.read(key, "a text", |value| {
            value.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        })
        .or_else(|| self.unset(key))
    }

    pub(super) fn optional_store(&mut self, key: &'static str) -> Option<StoreUrl> {
        let store = |value: &toml::Value| {
            let text = value.as_str()?.trim();
            let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
            let folder = text.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"));
            match folder.filter(|path| !path.is_empty()) {
                Some(path) => Some(StoreUrl::Sqlite(path.into())),
                None => is_postgres.then(|| StoreUrl::Postgres(text.to_owned())),
            }
        };
        let found = self.read(key, "sqlite:FOLDER or postgres://USER@HOST/DATABASE", store);
        // It may carry a password.
        if let (Some(row), Some(StoreUrl::Postgres(_))) = (self.effective.last_mut(), &found) {
            row.value = Some("(set)".into());
        }
        found.or_else(|| self.unset(key))
    }

    pub(super) fn optional_blobs(&mut self, key: &'static str) -> Option<String> {
        let is_url = |text: &&str| {
            ["file:", "s3://"].iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        };
        self.read(key, "file:FOLDER or s3://BUCKET/PREFIX", |value| {
            value.as_str().map(str::trim).filter(is_url).map(str::to_owned)
        })
        .or_else(|| self.unset(key))
    }

    /// The same, of what nobody is shown.
    pub(super) fn optional_secret(&mut self, key: &'static str) -> Option<String> {
        let secret = self.optional_text(key);
        if let (Some(row), Some(_)) = (self.effective.last_mut(), &secret) {
            row.value = Some("(set)".into());
        }
        secret
    }

    /// A URL without a slash at its end.
    pub(super) fn optional_url(&mut self, key: &'static str) -> Option<String> {
        self.read(key, "a URL that begins with http:// or https://, without a query", |value| {
            let text = value.as_str()?.trim_end_matches('/');
            let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
            (!rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || "?#\"<>".contains(c)))
                .then(|| text.to_owned())
        })
        .or_else(|| self.unset(key))
    }

    /// The value given for `key`, if one was given and it is right; a wrong one is a fault, and the default goes on.
    fn read<T>(&mut self, key: &'static str, wanted: &str, parse: impl Fn(&toml::Value) -> Option<T>) -> Option<T> {
        let (value, origin) = self.given.remove(key)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.faults.push(format!("{key} ({origin}) must be {wanted}, not {value}"));
        }
        self.effective.push(Effective { key, value: Some(value), origin });
        parsed
    }

    fn default<T>(&mut self, key: &'static str, meaning: T, value: toml::Value) -> T {
        self.note_default(key, Some(value));
        meaning
    }

    fn unset<T>(&mut self, key: &'static str) -> Option<T> {
        self.note_default(key, None);
        None
    }

    fn note_default(&mut self, key: &'static str, value: Option<toml::Value>) {
        if self.effective.last().is_none_or(|row| row.key != key) {
            self.effective.push(Effective { key, value, origin: Origin::Default });
        }
    }
}

/// Environment and flags give text; the file gives numbers.
fn parsed<T: FromStr<Err: Display>>(value: &toml::Value) -> Option<T> {
    value.as_str()?.trim().parse().ok()
}

fn whole(value: &toml::Value) -> Option<usize> {
    value.as_integer().and_then(|number| usize::try_from(number).ok()).or_else(|| parsed(value))
}

fn number(value: &toml::Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|number| number as f64)).or_else(|| parsed(value))
}

/// `localhost` is understood, since everybody writes it.
fn address(value: &toml::Value) -> Option<SocketAddr> {
    value.as_str()?.trim().replace("localhost:", "127.0.0.1:").parse().ok()
}
