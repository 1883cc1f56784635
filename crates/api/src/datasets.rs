//! `/api/v1/datasets`: the maps that questions are answered over: all of them, one, a new one, the one in use, one no more.
//!
//! A new one is an operation: the body is the map, an OpenStreetMap PBF file; the query says what to call it (`name`) and whether it
//! is to be the one in use when it is whole (`activate=true`). Its result is the dataset as `GET /api/v1/datasets/{id}` shows it.

use engine::{DatasetId, DatasetView, Engine, Fault, Reason, begins_as_map};
use serde::Serialize;
use wire::{Catalogue, CatalogueFound, CatalogueWish, Import, ImportWish, LongQuestion, Request, Response};

use crate::operation::{self, moment};
use crate::prefer::Preference;
use crate::problem::{JSON, Problem, json};

/// Where datasets are.
const DATASETS: &str = "/api/v1/datasets/";

/// The longest name, in bytes.
const LONGEST_NAME: usize = 64;

/// All datasets.
pub(crate) static LIST: Catalogue = Catalogue { wish: |_| Ok(CatalogueWish::List), render };

/// One of them.
pub(crate) static ONE: Catalogue = Catalogue { wish: |request| Ok(CatalogueWish::Show(named(request)?)), render };

/// The wish that one be no more.
pub(crate) static REMOVE: Catalogue = Catalogue { wish: |request| Ok(CatalogueWish::Remove(named(request)?)), render };

/// The wish that one be the one in use.
pub(crate) static ACTIVATE: Catalogue =
    Catalogue { wish: |request| Ok(CatalogueWish::Activate(named(request)?)), render };

/// A map that is to become a dataset, as an operation.
pub(crate) static IMPORT: LongQuestion = LongQuestion {
    kind: "api.importDataset",
    check: |_, request| wish(request).map(|_| ()).map_err(|problem| problem.response()),
    accepted: operation::accepted,
    run: |_: &Engine, _, _| Err(Problem::new(500, "Internal", "a map is imported, not asked").failure()),
    wait: |request| Preference::of(request).wait,
    parts: &[],
    import: Some(&MAP),
    poll: &operation::RESULT,
};

static MAP: Import = Import {
    wish: |request| wish(request).map_err(Problem::failure),
    begins: |_, first| if begins_as_map(first) { Ok(()) } else { Err(no_map(first).response()) },
    result: |view| json(&Dataset::of(view)),
};

/// A dataset in our own words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dataset<'a> {
    id: &'a str,
    name: &'a str,
    active: bool,
    created_at: String,
    made_by: &'a str,
    nodes: u64,
    edges: u64,
    profiles: &'a [String],
    /// West, south, east, north in degrees.
    bounding_box: Option<[f64; 4]>,
    bytes: u64,
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    bytes: u64,
    blake3: &'a str,
}

impl<'a> Dataset<'a> {
    fn of(view: &'a DatasetView) -> Self {
        let manifest = &view.manifest;
        let degrees = |e7: i32| f64::from(e7) / 1e7;
        let sources = manifest.sources.iter();
        Self {
            id: &manifest.id,
            name: &manifest.name,
            active: view.active,
            created_at: moment(manifest.created_ms),
            made_by: &manifest.made_by,
            nodes: manifest.nodes,
            edges: manifest.edges,
            profiles: &manifest.profiles,
            bounding_box: manifest
                .bounding_box
                .map(|[south, west, north, east]| [west, south, east, north].map(degrees)),
            bytes: manifest.disk_bytes(),
            sources: sources.map(|file| Source { name: &file.name, bytes: file.bytes, blake3: &file.blake3 }).collect(),
        }
    }
}

#[derive(Serialize)]
struct All<'a> {
    datasets: Vec<Dataset<'a>>,
}

fn render(_: &Request, found: &CatalogueFound) -> Response {
    match found {
        CatalogueFound::All(views) => {
            Response::new(200, JSON, json(&All { datasets: views.iter().map(Dataset::of).collect() }))
        }
        CatalogueFound::One(view) => Response::new(200, JSON, json(&Dataset::of(view))),
        CatalogueFound::Removed => Response::empty(204),
        CatalogueFound::Unknown(id) => unknown(id.as_str()).response(),
        CatalogueFound::Needed(why) => Problem::new(409, "DatasetNeeded", why.as_str()).response(),
    }
}

/// The dataset that the path names: what cannot be an id names none.
fn named(request: &Request) -> Result<DatasetId, Response> {
    let text = request.path.strip_prefix(DATASETS).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    DatasetId::parse(text).map_err(|_| unknown(text).response())
}

fn unknown(text: &str) -> Problem {
    let message = format!("there is no dataset `{text}`: GET /api/v1/datasets lists those that are there");
    Problem::new(404, "UnknownDataset", message)
}

/// What is wished of the map, with every fault in it.
fn wish(request: &Request) -> Result<ImportWish, Problem> {
    let (mut given, mut activate, mut faults) = (None, false, Vec::new());
    for (name, value) in request.parameters() {
        let fault = |reason, message| Fault::new(name.as_str(), reason, message).given(value.as_str());
        match (name.as_str(), value.as_str()) {
            ("name", text) => given = Some(text.to_owned()),
            ("activate", "true") => activate = true,
            ("activate", "false") => activate = false,
            ("activate", text) => {
                let message = format!("`{text}` is neither true nor false");
                faults.push(fault(Reason::Unreadable, message).mend("write activate=true, or leave it out"));
            }
            ("key" | "subscription-key", _) => {}
            _ => {
                let unknown = fault(Reason::Unsupported, "it is not known here".to_owned());
                faults.push(unknown.mend("ask with `name` and `activate`"));
            }
        }
    }
    match &given {
        None => faults
            .push(Fault::new("name", Reason::Missing, "the dataset has no name").mend("add name=NAME to the query")),
        Some(name) => faults.extend(fault_of_name(name).err()),
    }
    if faults.is_empty() {
        return Ok(ImportWish { name: given.unwrap_or_default(), activate });
    }
    Err(Problem::invalid(faults.into_iter().map(Into::into).collect()))
}

/// A name is for people, and becomes part of an id: it is short and says something there too.
fn fault_of_name(name: &str) -> Result<(), Fault> {
    let fault = |reason, message: String| Fault::new("name", reason, message).given(name);
    if name.len() > LONGEST_NAME {
        let message = format!("the name has {} bytes, {LONGEST_NAME} is the most", name.len());
        return Err(fault(Reason::TooMany, message).mend("choose a shorter one"));
    }
    if name.chars().any(char::is_control) || !name.chars().any(|c| c.is_ascii_alphanumeric()) {
        let message = "a name has a letter a–z or a digit, and no control characters".to_owned();
        return Err(fault(Reason::Unreadable, message).mend("choose a name such as porto"));
    }
    Ok(())
}

fn no_map(first: &[u8]) -> Problem {
    if first.is_empty() {
        let empty = Fault::new("body", Reason::Missing, "the body is empty");
        return Problem::of(empty.mend("send an OpenStreetMap PBF file as the body"));
    }
    let other = Fault::new("body", Reason::Unreadable, "the body does not begin as an OpenStreetMap PBF file does");
    Problem::of(other.mend("send a file that ends in .osm.pbf, as it is"))
}

#[cfg(test)]
mod tests {
    use engine::{FileEntry, Manifest};
    use wire::Method;

    use super::*;
    use crate::operation::tests::{get, text};

    fn view() -> DatasetView {
        let file = |name: &str, bytes| FileEntry { name: name.to_owned(), bytes, blake3: "ab".repeat(32) };
        let manifest = Manifest {
            format: 4,
            id: "porto-af1349b9f5f9".to_owned(),
            name: "Porto".to_owned(),
            made_by: "0.1.0".to_owned(),
            created_ms: 1_900_000_000_000,
            sources: vec![file("porto.osm.pbf", 9)],
            nodes: 4,
            edges: 7,
            profiles: vec!["car".to_owned()],
            counts: [("roads".to_owned(), 3)].into(),
            bounding_box: Some([410_000_000, -86_500_000, 412_000_000, -85_500_000]),
            files: vec![file("network.bin", 100), file("car.metric", 20)],
        };
        DatasetView { manifest, active: true }
    }

    #[test]
    fn a_dataset_is_shown_as_it_is_listed() {
        let shown = text(&(ONE.render)(&get("/"), &CatalogueFound::One(Box::new(view()))));
        insta::assert_snapshot!(shown, @r#"{"id":"porto-af1349b9f5f9","name":"Porto","active":true,"createdAt":"2030-03-17T17:46:40Z","madeBy":"0.1.0","nodes":4,"edges":7,"profiles":["car"],"boundingBox":[-8.65,41.0,-8.55,41.2],"bytes":120,"sources":[{"name":"porto.osm.pbf","bytes":9,"blake3":"abababababababababababababababababababababababababababababababab"}]}"#);
        let all = text(&(LIST.render)(&get("/"), &CatalogueFound::All(vec![view()])));
        assert_eq!(all, format!(r#"{{"datasets":[{shown}]}}"#));
        assert_eq!(String::from_utf8((MAP.result)(&view())).unwrap(), shown);
    }

    #[test]
    fn a_path_names_a_dataset_or_none() {
        let id = DatasetId::parse("porto-af1349b9f5f9").unwrap();
        let wish = |row: &Catalogue, path: &str| (row.wish)(&get(path)).map_err(|response| response.status);
        assert_eq!(wish(&ONE, "/api/v1/datasets/porto-af1349b9f5f9"), Ok(CatalogueWish::Show(id.clone())));
        assert_eq!(wish(&ACTIVATE, "/api/v1/datasets/porto-af1349b9f5f9/activate"), Ok(CatalogueWish::Activate(id)));
        for hostile in ["..", "../../etc/passwd", "porto", ".building-porto-af1349b9f5f9", "PORTO-af1349b9f5f9", ""] {
            assert_eq!(wish(&REMOVE, &format!("/api/v1/datasets/{hostile}")), Err(404), "{hostile}");
        }
    }

    #[test]
    fn a_wish_is_read_with_all_its_faults() {
        let ask = |query: &str| {
            let request = Request { method: Method::Post, query: query.to_owned(), ..get("/api/v1/datasets") };
            wish(&request).map_err(|problem| {
                let fields = problem.details.iter().map(|detail| detail.field.clone());
                fields.collect::<Vec<_>>().join(" ")
            })
        };
        let name = "Île de Paix".to_owned();
        assert_eq!(ask("name=%C3%8Ele+de+Paix&key=x"), Ok(ImportWish { name, activate: false }));
        assert_eq!(ask("name=a&activate=true").map(|wish| wish.activate), Ok(true));
        assert_eq!(ask(""), Err("name".to_owned()));
        assert_eq!(ask("activate=yes&path=/etc/passwd"), Err("activate path name".to_owned()));
        for bad in ["%00a", "---", &"x".repeat(65)] {
            assert_eq!(ask(&format!("name={bad}")), Err("name".to_owned()), "{bad}");
        }
    }

    #[test]
    fn what_is_no_map_is_refused_by_its_first_bytes() {
        let begins = |first: &[u8]| (MAP.begins)(&get("/"), first).map_err(|refused| (refused.status, text(&refused)));
        assert_eq!(begins(b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x7c"), Ok(()));
        for other in [&b"<osm version=\"0.6\">"[..], b"PK\x03\x04", b"\0\0\0\x0d\x0a\x07OSMData\x18", b"\0\0"] {
            let (status, said) = begins(other).unwrap_err();
            assert!(status == 400 && said.contains(r#""field":"body""#) && said.contains("osm.pbf"), "{said}");
        }
        assert!(begins(b"").unwrap_err().1.contains("the body is empty"));
    }
}
