//! `solve` and `check`: figures, judgement, repeatability and the time limit, on files small enough to read.

mod common;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{data_with_map, empty_data, failure, json, repository, run, text};
use serde_json::{Value, json};

/// Four customers on a line east of the depot, in Solomon's form: two vehicles of ten loads each.
const SOLOMON: &str = "LINE4

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.   XCOORD.   YCOORD.   DEMAND    READY TIME   DUE DATE   SERVICE TIME

    0      0         0          0          0        500          0
    1      10        0          4          0        500         10
    2      20        0          4          0        500         10
    3      30        0          4          0        500         10
    4      40        0          4          0        500         10
";

/// Team orienteering: three places, of which a tour of 100 reaches two.
const TOPTW: &str = "2 1 4 1
0 100
0 0 0 0 0 0 0 0 100
1 10 0 5 7 1 1 1 0 50
2 20 0 5 9 1 1 1 40 60
3 0 45 10 2 1 1 1 0 99
";

#[expect(clippy::unwrap_used, reason = "a test that cannot write its own folder has failed")]
fn file(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn solve(folder: &Path, file: &Path, arguments: &[&str]) -> Value {
    let file = file.to_string_lossy();
    let mut all = vec!["solve", &*file, "--json"];
    all.extend(arguments);
    json(folder, &all)
}

#[test]
fn a_solomon_file_is_solved_in_its_own_numbers() {
    let data = empty_data();
    let file = file(data.path(), "line.txt", SOLOMON);
    let answer = solve(data.path(), &file, &["--format", "solomon", "--steps", "2000"]);
    // Two of the four fit a vehicle; the near pair and the far pair cost 2 · 20 + 2 · 40.
    assert_eq!(answer["distance"], 120.0, "{answer}");
    assert_eq!((&answer["vehicles"], &answer["unassigned"]), (&2.into(), &json!([])));
    let mut visited: Vec<i64> = answer["routes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|r| r.as_array().unwrap())
        .filter_map(Value::as_i64)
        .collect();
    visited.sort_unstable();
    assert_eq!(visited, [1, 2, 3, 4]);
    let one = solve(data.path(), &file, &["--format", "solomon", "--steps", "2000", "--vehicles", "1"]);
    assert_eq!(one["vehicles"], 1);
    assert_eq!(one["unassigned"].as_array().unwrap().len(), 2, "{one}");
}

#[test]
fn the_same_steps_give_the_same_bytes() {
    let data = empty_data();
    let file = file(data.path(), "orienteering.txt", TOPTW);
    let bytes = || {
        let file = file.to_str().unwrap();
        let output = run(data.path(), &["solve", file, "--format", "toptw", "--steps", "500", "--seed", "3", "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        output.stdout
    };
    let first = bytes();
    assert_eq!(first, bytes());
    let answer: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((&answer["priority"], &answer["distance"], &answer["seed"]), (&16.into(), &40.0.into(), &3.into()));
    assert_eq!(answer["unassigned"], json!([3]));
}

#[test]
fn the_checker_tells_right_from_wrong() {
    let data = empty_data();
    let request = file(data.path(), "orienteering.txt", TOPTW);
    let answer = solve(data.path(), &request, &["--format", "toptw", "--steps", "500"]);
    let judge = |answer: &Value, code: i32| -> Value {
        let answer = file(data.path(), "answer.json", &answer.to_string());
        let all = ["check", request.to_str().unwrap(), answer.to_str().unwrap(), "--format", "toptw", "--json"];
        let output = run(data.path(), &all);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    };
    assert_eq!(judge(&answer, 0), json!({"valid": true, "violations": []}));
    let backwards = json!({"routes": [[2, 1]]});
    assert_eq!(judge(&backwards, 1)["valid"], false);
    assert_eq!(judge(&json!({"routes": [[9]]}), 1)["violations"][0]["code"], "noPlan");
    judge(&json!({"tours": []}), 2);
}

/// A section of VRPLIB with a line for each of these numbers.
fn section(name: &str, numbers: RangeInclusive<u32>, value: impl Fn(u32) -> String) -> String {
    numbers.fold(format!("{name}_SECTION\n"), |text, n| format!("{text}{n} {}\n", value(n)))
}

/// Twenty customers on two sides of a plane, in the form of VRPLIB, with more of the header and more sections.
fn fleet(kind: &str, depots: u32, more: &str) -> String {
    let places = 1..=20 + depots;
    let of_customers = |text: &'static str| move |n: u32| if n <= depots { "0" } else { text }.to_owned();
    let sections = [
        section("NODE_COORD", places.clone(), |n| {
            if n <= depots { format!("{} 40", n * 40) } else { format!("{} {}", n * 37 % 101, n * 53 % 97) }
        }),
        section("DEMAND", places.clone(), of_customers("3")),
        section("SERVICE_TIME", places.clone(), of_customers("10")),
        section("TIME_WINDOW", places, |n| {
            if n <= depots { "0 2000".to_owned() } else { format!("{} {}", n * 91 % 700, n * 91 % 700 + 300) }
        }),
    ];
    let ends = (1..=depots).fold(String::new(), |text, n| format!("{text}{n}\n"));
    format!(
        "TYPE: {kind}\nEDGE_WEIGHT_TYPE: EUC_2D\nDIMENSION: {}\nVEHICLES: 12\n{}{more}DEPOT_SECTION\n{ends}-1\nEOF\n",
        20 + depots,
        sections.concat(),
    )
}

#[test]
fn what_is_solved_passes_the_check_whatever_the_fleet() {
    let vehicles = 1..=12;
    let half = |n: u32| n % 2 + 1;
    let depots = section("VEHICLES_DEPOT", vehicles.clone(), |n| half(n).to_string());
    let sizes = section("CAPACITY", vehicles.clone(), |n| (12 * half(n)).to_string())
        + &section("VEHICLES_FIXED_COST", vehicles.clone(), |n| (500 * half(n)).to_string());
    let sites = section("VEHICLES_ALLOWED_CLIENTS", vehicles, |vehicle| {
        let allowed = (2..=21).filter(|place| vehicle > 4 || place % 2 == vehicle % 2);
        allowed.map(|place| place.to_string()).collect::<Vec<_>>().join(" ")
    });
    let releases = section("RELEASE_TIME", 1..=21, |n| (if n == 1 { 0 } else { n * 91 % 700 }).to_string());
    let data = empty_data();
    for (kind, text) in [
        ("MDVRPTW", fleet("MDVRPTW", 2, &format!("CAPACITY: 12\nVEHICLES_MAX_DURATION: 600\n{depots}"))),
        ("HFVRP", fleet("HFVRP", 1, &sizes)),
        ("SDVRPTW", fleet("SDVRPTW", 1, &format!("CAPACITY: 12\nVEHICLES_MAX_DURATION: 700\n{sites}"))),
        ("MTVRPTWR", fleet("MTVRPTWR", 1, &format!("CAPACITY: 12\nVEHICLES_RELOAD_DEPOT: 1\n{releases}"))),
    ] {
        let request = file(data.path(), kind, &text);
        let answer = solve(data.path(), &request, &["--format", "vrplib", "--steps", "3000"]);
        assert_eq!(answer["unassigned"], json!([]), "{kind}: {answer}");
        let path = file(data.path(), "answer.json", &answer.to_string());
        let paths = [request.to_str().unwrap(), path.to_str().unwrap()];
        let checked = json(data.path(), &["check", paths[0], paths[1], "--format", "vrplib", "--json"]);
        assert_eq!(checked, json!({"valid": true, "violations": []}), "{kind}: {answer}");
    }
}

#[test]
fn the_time_limit_is_that_of_the_whole_program() {
    let data = empty_data();
    let customer = |n: u32| format!("{n} {} {} 1 0 1000 1", (n * 37) % 101, (n * 53) % 97);
    let customers = (1..=60).map(customer).collect::<Vec<_>>().join(
        "
",
    );
    let head = SOLOMON.split_once("    1 ").unwrap().0;
    let file = file(data.path(), "many.txt", &format!("{head}{customers}"));
    let begun = Instant::now();
    let answer = solve(data.path(), &file, &["--format", "solomon", "--time-limit", "1"]);
    let took = begun.elapsed();
    // A limit that was not heard would be ten seconds, the usual; what is between is a busy machine's.
    assert!(answer["wall_seconds"].as_f64().unwrap() < 8.0, "{answer}");
    assert!(took > Duration::from_millis(700), "{took:?}");
    let trajectory = answer["trajectory"].as_array().unwrap();
    assert!(!trajectory.is_empty());
    assert!(trajectory.last().unwrap()[1]["distance"].as_f64() >= answer["distance"].as_f64(), "{answer}");
}

#[test]
fn a_bing_request_is_planned_on_the_streets() {
    let data = data_with_map();
    let fleet = repository().join("demo/fleet.json");
    let bytes = || {
        let all = ["solve", fleet.to_str().unwrap(), "--format", "bing", "--steps", "300", "--json"];
        let output = run(data.path(), &all);
        assert!(output.status.success(), "{}", text(&output.stderr));
        output.stdout
    };
    let first = bytes();
    assert_eq!(first, bytes());
    let resource: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(resource["isCompleted"], true);
    assert!(!resource["agentItineraries"].as_array().unwrap().is_empty());
}

#[test]
fn bad_files_and_bad_use_end_with_two() {
    let data = empty_data();
    let broken = file(data.path(), "broken.txt", "not\na\nfile\nat all\n");
    let broken = broken.to_str().unwrap();
    for format in ["solomon", "toptw", "bing"] {
        assert!(failure(data.path(), &["solve", broken, "--format", format], 2).contains("broken.txt"), "{format}");
    }
    assert!(failure(data.path(), &["solve", "/nowhere.txt", "--format", "toptw"], 2).contains("/nowhere.txt"));
    failure(data.path(), &["solve", broken], 2);
    failure(data.path(), &["solve", broken, "--format", "solomon", "--objective", "beauty"], 2);
}

#[test]
fn the_bench_of_the_solver_plans_what_it_measures_and_keeps_every_run() {
    let data = empty_data();
    let csv = data.path().join("runs.csv");
    let flags = [
        "bench",
        "solver",
        "--requests",
        "3",
        "--seconds",
        "0",
        "--seed",
        "7",
        "--csv",
        csv.to_str().unwrap(),
        "--json",
    ];
    let told = json(data.path(), &flags);
    assert_eq!((told["requests"].as_u64(), told.get("largest")), (Some(3), None));
    for name in ["request_ms", "request_processor_ms", "request_steps"] {
        let figure = |share: &str| told[name][share].as_f64().unwrap();
        assert!(
            0.0 < figure("median") && figure("median") <= figure("p99") && figure("p99") <= figure("most"),
            "{told}"
        );
    }
    let runs = std::fs::read_to_string(csv).unwrap();
    let rows: Vec<Vec<&str>> = runs.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows.len(), rows[0][1], rows[1][1], rows[3][2]), (4, "kind", "small", "9"));
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{runs}");
}
