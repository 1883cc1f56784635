//! Reading JSON bodies the way Bing does: member names in any case, `null` as absent, numbers also as strings.
//!
//! **Why.** The toolkit writes `"VehicleSemi"` beside `"vehicleAxles"`, the documents write `StartAddress` and the samples
//! `startLocation`, and clients put numbers and booleans in quotes (`bing.md`, 1.8). **How.** A [`Node`] is a value with the
//! path that leads to it, written in the contract's spelling, so that every fault names its parameter. **What never happens:**
//! an unknown member being a fault.

use serde_json::Value;

use crate::fault::{BadRequest, Faults};
use crate::value::{moment, number, quoted, timespan};

/// A value of a body and the way to it.
pub(crate) struct Node<'a> {
    /// The parameter's name, such as `agents[0].shifts[1].endTime`; empty for the body itself.
    pub(crate) path: String,
    value: &'a Value,
}

/// The JSON of a body. Its parameter, where it has none of its own, is called `body`.
pub(crate) fn parse(body: &[u8]) -> Result<Value, BadRequest> {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    let bad = |reason: String| Err(BadRequest::new("body", reason));
    match text.first() {
        None => bad("the body is empty: send a JSON object".to_owned()),
        Some(b'<') => bad("XML is not supported yet: send a JSON object".to_owned()),
        Some(b'{') => serde_json::from_slice(text).or_else(|error| bad(format!("the body is not JSON: {error}"))),
        Some(_) => bad("the body is not a JSON object: it must begin with {".to_owned()),
    }
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    /// The member called `name`, in any case, unless it is absent or null.
    pub(crate) fn member(&self, name: &str) -> Option<Node<'a>> {
        let members = self.value.as_object()?;
        let same = |(key, value): &(&'a String, &'a Value)| key.eq_ignore_ascii_case(name) && !value.is_null();
        let (_, value) = members.iter().find(same)?;
        Some(Node { path: self.path_of(name), value })
    }

    /// Where a member called `name` is or would be.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The names of all members that are not null.
    pub(crate) fn member_names(&self) -> impl Iterator<Item = &'a str> {
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, _)| name.as_str())
    }

    /// The objects in the list called `name`; nothing when it is absent.
    pub(crate) fn objects(&self, name: &str, faults: &mut Faults) -> Vec<Node<'a>> {
        self.each(name, faults, |node, _| node)
    }

    /// What `read` makes of each object in the list called `name`; nothing when it is absent.
    pub(crate) fn each<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        mut read: impl FnMut(Node<'a>, &mut Faults) -> T,
    ) -> Vec<T> {
        self.elements(name, faults, |node, faults| node.is_object(faults).then(|| read(node, faults)))
    }

    /// The value of each element in the list called `name`; nothing when it is absent.
    pub(crate) fn list<T>(&self, name: &str, faults: &mut Faults, read: fn(&Value) -> Result<T, String>) -> Vec<T> {
        self.elements(name, faults, |node, faults| faults.keep(&node.path, read(node.value)))
    }

    /// Reads element by element, and no further once there are more faults than an answer shows.
    fn elements<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        mut read: impl FnMut(Node<'a>, &mut Faults) -> Option<T>,
    ) -> Vec<T> {
        let Some(list) = self.member(name) else { return Vec::new() };
        let Some(values) = list.value.as_array() else {
            faults.add(list.path, format!("{} is not a list: write [ … ]", shown(list.value)));
            return Vec::new();
        };
        let mut all = Vec::new();
        for (at, value) in values.iter().enumerate() {
            if faults.is_full() {
                break;
            }
            all.extend(read(Node { path: format!("{}[{at}]", list.path), value }, faults));
        }
        all
    }

    /// The objects that this is: itself, or those in this list.
    pub(crate) fn parts(&self) -> Vec<Node<'a>> {
        let part = |path: String, value: &'a Value| value.is_object().then_some(Node { path, value });
        match self.value.as_array() {
            None => part(self.path.clone(), self.value).into_iter().collect(),
            Some(all) => {
                let named = all.iter().enumerate().map(|(at, value)| part(format!("{}[{at}]", self.path), value));
                named.flatten().collect()
            }
        }
    }

    pub(crate) fn is_empty_list(&self) -> bool {
        self.value.as_array().is_some_and(Vec::is_empty)
    }

    /// Whether this is an object; anything else is a fault.
    pub(crate) fn is_object(&self, faults: &mut Faults) -> bool {
        if !self.value.is_object() {
            faults.add(&self.path, format!("{} is not an object: write {{ … }}", shown(self.value)));
        }
        self.value.is_object()
    }

    /// The value of the member called `name`; nothing when it is absent or faulty.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        read: fn(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let member = self.member(name)?;
        faults.keep(&member.path, read(member.value))
    }

    /// The value of the member called `name`, whose absence is a fault too.
    pub(crate) fn required<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        read: fn(&Value) -> Result<T, String>,
    ) -> Option<T> {
        if self.member(name).is_none() {
            faults.add(self.path_of(name), format!("{name} is required"));
        }
        self.optional(name, faults, read)
    }
}

/// A text; a number stands for its digits.
pub(crate) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("{} is not a text", shown(other))),
    }
}

/// A finite decimal number.
pub(crate) fn decimal(value: &Value) -> Result<f64, String> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite()).ok_or_else(|| format!("{} is not a number", shown(value)))
}

/// A whole number from 0.
pub(crate) fn whole(value: &Value) -> Result<u64, String> {
    let number = match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole_of)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| format!("{} is not a whole number from 0", shown(value)))
}

/// `5.0` is whole.
fn whole_of(number: f64) -> Option<u64> {
    const EXACT: f64 = 9e15;
    ((0.0..EXACT).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// A truth value; also `1` and `0`, and any of them in quotes.
pub(crate) fn boolean(value: &Value) -> Result<bool, String> {
    let word = match value {
        Value::Bool(known) => return Ok(*known),
        Value::String(word) => word.trim().to_ascii_lowercase(),
        other => other.to_string(),
    };
    match word.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("{} is not true or false", shown(value))),
    }
}

/// A date and time, in seconds since 1970.
pub(crate) fn moment(value: &Value) -> Result<i64, String> {
    moment::parse(&text(value)?)
}

/// A duration in seconds.
pub(crate) fn timespan(value: &Value) -> Result<i64, String> {
    timespan::parse(&text(value)?)
}

/// A number in thousandths.
pub(crate) fn thousandths(value: &Value) -> Result<i64, String> {
    number::thousandths(decimal(value)?)
}

/// A price in millionths.
pub(crate) fn millionths(value: &Value) -> Result<i64, String> {
    number::millionths(decimal(value)?)
}

/// The value as it fits an error message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_in_any_case_and_null_is_absent() {
        let body = json!({"NAME": null, "name": "x", "List": [{"A": 1}, 7, null]});
        let (root, mut faults) = (Node::root(&body), Faults::default());
        assert_eq!(root.optional("Name", &mut faults, text).as_deref(), Some("x"));
        assert!(root.member("other").is_none());
        assert_eq!(root.objects("list", &mut faults).len(), 1);
        let BadRequest(found) = faults.none().unwrap_err();
        let names: Vec<&str> = found.iter().map(|fault| fault.parameter.as_str()).collect();
        assert_eq!(names, ["list[1]", "list[2]"]);
    }

    #[test]
    fn values_come_in_quotes_too() {
        assert_eq!(decimal(&json!("47.6")), Ok(47.6));
        assert_eq!(decimal(&json!("inf")).unwrap_err(), "\"inf\" is not a number");
        assert_eq!([whole(&json!(5)), whole(&json!("5")), whole(&json!(5.0))], [Ok(5), Ok(5), Ok(5)]);
        assert!([json!(-1), json!(0.5), json!(null), json!([])].iter().all(|value| whole(value).is_err()));
        assert_eq!(
            [boolean(&json!(1)), boolean(&json!("TRUE")), boolean(&json!(false))],
            [Ok(true), Ok(true), Ok(false)]
        );
        assert!(boolean(&json!("yes")).is_err());
        assert_eq!(text(&json!(7)).as_deref(), Ok("7"));
    }

    #[test]
    fn bodies_that_are_not_json_say_so() {
        for (body, reason) in [
            ("  ", "the body is empty"),
            ("<Agents/>", "XML is not supported yet"),
            ("[1]", "not a JSON object"),
            ("{\"agents\": }", "line 1 column 12"),
            ("{\"agents\": \"\u{fffd}", "EOF"),
        ] {
            let BadRequest(faults) = parse(body.as_bytes()).unwrap_err();
            assert_eq!(faults[0].parameter, "body");
            assert!(faults[0].reason.contains(reason), "{}", faults[0].reason);
        }
        assert!(parse(b"\xEF\xBB\xBF {}").is_ok());
        assert!(parse(b"{\"a\": \"\xff\"}").is_err());
    }
}
