//! Reading JSON bodies the way Bing does: member names in any case, `null` as absent, numbers also as strings.
//!
//! **Why.** The toolkit writes `"VehicleSemi"` beside `"vehicleAxles"`, the documents write `StartAddress` and the samples
//! `startLocation`, and clients put numbers and booleans in quotes (`bing.md`, 1.8). **How.** A [`Node`] is a value with the
//! path that leads to it, written in the contract's spelling, so that every fault names its parameter. **What never happens:**
//! an unknown member being a fault.

use engine::Reason;
use serde_json::Value;

use crate::fault::{BadRequest, Faults};
use crate::value::{Wrong, moment, number, quoted, timespan};

/// A value of a body and the way to it.
pub(crate) struct Node<'a> {
    /// The parameter's name, such as `agents[0].shifts[1].endTime`; empty for the body itself.
    pub(crate) path: String,
    value: &'a Value,
}

/// The JSON of a body. Its parameter, where it has none of its own, is called `body`.
pub(crate) fn parse(body: &[u8]) -> Result<Value, BadRequest> {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    let bad = |reason, message: &str| Err(BadRequest::new("body", Wrong::new(reason, message, "send a JSON object")));
    match text.first() {
        None => bad(Reason::Missing, "the body is empty"),
        Some(b'<') => bad(Reason::Unsupported, "XML is not supported yet"),
        Some(b'{') => serde_json::from_slice(text)
            .or_else(|error| bad(Reason::Unreadable, &format!("the body is not JSON: {error}"))),
        Some(_) => bad(Reason::Unreadable, "the body is not a JSON object, which would begin with {"),
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

    /// The value itself.
    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// The objects in the list called `name`; nothing when it is absent.
    pub(crate) fn objects(&self, name: &str, faults: &mut Faults) -> Vec<Node<'a>> {
        let found = self.elements(name, faults, |node, faults| node.is_object(faults).then_some(node));
        found.into_iter().flatten().collect()
    }

    /// What `read` makes of each object in the list called `name`; nothing when it is absent. What is no object is one fault and
    /// read as an empty one, so that the others keep their numbers.
    pub(crate) fn each<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        mut read: impl FnMut(Node<'a>, &mut Faults) -> T,
    ) -> Vec<T> {
        self.elements(name, faults, |node, faults| {
            let mut overlooked = Faults::default();
            let faults = if node.is_object(faults) { faults } else { &mut overlooked };
            read(node, faults)
        })
    }

    /// The value of each element in the list called `name`; nothing when it is absent. For one that cannot be read there is a
    /// fault, and a default in its place.
    pub(crate) fn list<T: Default>(
        &self,
        name: &str,
        faults: &mut Faults,
        read: fn(&Value) -> Result<T, Wrong>,
    ) -> Vec<T> {
        self.elements(name, faults, |node, faults| faults.keep(&node.path, read(node.value)).unwrap_or_default())
    }

    /// Reads element by element, and no further once there are more faults than an answer shows.
    fn elements<T>(&self, name: &str, faults: &mut Faults, mut read: impl FnMut(Node<'a>, &mut Faults) -> T) -> Vec<T> {
        let Some(list) = self.member(name) else { return Vec::new() };
        let Some(values) = list.value.as_array() else {
            let wrong = Wrong::unreadable(format!("{} is not a list", shown(list.value)), "write [ … ]");
            faults.add(list.path, wrong);
            return Vec::new();
        };
        let mut all = Vec::new();
        for (at, value) in values.iter().enumerate() {
            if faults.is_full() {
                break;
            }
            all.push(read(Node { path: format!("{}[{at}]", list.path), value }, faults));
        }
        all
    }

    /// The part that a path such as `agents[0].shifts[1].endTime` leads to, from here; members in any case.
    pub(crate) fn at(&self, path: &str) -> Option<Node<'a>> {
        let mut node = Node { path: self.path.clone(), value: self.value };
        for part in path.split('.') {
            let (name, indices) = part.split_once('[').map_or((part, ""), |(name, rest)| (name, rest));
            node = node.member(name)?;
            for index in indices.split('[').filter(|index| !index.is_empty()) {
                let value = node.value.as_array()?.get(index.trim_end_matches(']').parse::<usize>().ok()?)?;
                node = Node { path: format!("{}[{index}", node.path), value };
            }
        }
        Some(node)
    }

    /// What stands here, if it is one value: a list or an object is not.
    pub(crate) fn scalar(&self) -> Option<Value> {
        const LONGEST: usize = 200;
        match self.value {
            Value::Array(_) | Value::Object(_) => None,
            Value::String(text) => Some(text.chars().take(LONGEST).collect::<String>().into()),
            other => Some(other.clone()),
        }
    }

    pub(crate) fn is_empty_list(&self) -> bool {
        self.value.as_array().is_some_and(Vec::is_empty)
    }

    /// Whether this is an object; anything else is a fault.
    pub(crate) fn is_object(&self, faults: &mut Faults) -> bool {
        if !self.value.is_object() {
            let wrong = Wrong::unreadable(format!("{} is not an object", shown(self.value)), "write { … }");
            faults.add(&self.path, wrong);
        }
        self.value.is_object()
    }

    /// The value of the member called `name`; nothing when it is absent or faulty.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        read: fn(&Value) -> Result<T, Wrong>,
    ) -> Option<T> {
        let member = self.member(name)?;
        faults.keep(&member.path, read(member.value))
    }

    /// The value of the member called `name`, whose absence is a fault too.
    pub(crate) fn required<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        read: fn(&Value) -> Result<T, Wrong>,
    ) -> Option<T> {
        if self.member(name).is_none() {
            faults.add(self.path_of(name), Wrong::new(Reason::Missing, format!("{name} is required"), "add it"));
        }
        self.optional(name, faults, read)
    }
}

/// A text; a number stands for its digits.
pub(crate) fn text(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(Wrong::unreadable(format!("{} is not a text", shown(other)), "write \"…\"")),
    }
}

/// A finite decimal number.
pub(crate) fn decimal(value: &Value) -> Result<f64, Wrong> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let wrong = || Wrong::unreadable(format!("{} is not a number", shown(value)), "write one such as 1.5");
    number.filter(|number| number.is_finite()).ok_or_else(wrong)
}

/// A whole number from 0.
pub(crate) fn whole(value: &Value) -> Result<u64, Wrong> {
    let number = match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole_of)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        Wrong::unreadable(format!("{} is not a whole number from 0", shown(value)), "write one such as 15")
    })
}

/// `5.0` is whole.
fn whole_of(number: f64) -> Option<u64> {
    const EXACT: f64 = 9e15;
    ((0.0..EXACT).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// A truth value; also `1` and `0`, and any of them in quotes.
pub(crate) fn boolean(value: &Value) -> Result<bool, Wrong> {
    let word = match value {
        Value::Bool(known) => return Ok(*known),
        Value::String(word) => word.trim().to_ascii_lowercase(),
        other => other.to_string(),
    };
    match word.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Wrong::unreadable(format!("{} is not true or false", shown(value)), "write one of them")),
    }
}

/// A date and time, in seconds since 1970.
pub(crate) fn moment(value: &Value) -> Result<i64, Wrong> {
    moment::parse(&text(value)?)
}

/// A duration in seconds.
pub(crate) fn timespan(value: &Value) -> Result<i64, Wrong> {
    timespan::parse(&text(value)?)
}

/// A number in thousandths.
pub(crate) fn thousandths(value: &Value) -> Result<i64, Wrong> {
    number::thousandths(decimal(value)?)
}

/// A price in millionths.
pub(crate) fn millionths(value: &Value) -> Result<i64, Wrong> {
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
    fn a_path_leads_to_what_was_sent() {
        let body = json!({"Agents": [{"shifts": [{"endTime": "x"}, {"ENDTIME": 7}]}], "groups": [["a", "b"]]});
        let sent = |path| Node::root(&body).at(path).and_then(|node| node.scalar());
        assert_eq!(sent("agents[0].shifts[1].endTime"), Some(json!(7)));
        assert_eq!(sent("groups[0][1]"), Some(json!("b")));
        assert!(
            ["agents", "agents[1]", "agents[x].shifts", "other", "agents[0].shifts[0].endTime.x", ""]
                .iter()
                .all(|path| sent(path).is_none())
        );
    }

    #[test]
    fn values_come_in_quotes_too() {
        assert_eq!(decimal(&json!("47.6")), Ok(47.6));
        assert_eq!(decimal(&json!("inf")).unwrap_err().message, "\"inf\" is not a number");
        assert_eq!([whole(&json!(5)), whole(&json!("5")), whole(&json!(5.0))], [Ok(5), Ok(5), Ok(5)]);
        assert!([json!(-1), json!(0.5), json!(null), json!([])].iter().all(|value| whole(value).is_err()));
        assert_eq!(
            [boolean(&json!(1)), boolean(&json!("TRUE")), boolean(&json!(false))],
            [Ok(true), Ok(true), Ok(false)]
        );
        assert!(boolean(&json!("yes")).is_err());
        assert_eq!(text(&json!(7)).unwrap(), "7");
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
            assert!(faults[0].message.contains(reason), "{}", faults[0].message);
        }
        assert!(parse(b"\xEF\xBB\xBF {}").is_ok());
        assert!(parse(b"{\"a\": \"\xff\"}").is_err());
    }
}
