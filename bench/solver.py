#!/usr/bin/env python3
"""Measures the solver beside its peers: the same instances, the same seconds, one thread each, every answer through our checker.

    ROUNDSMAN_SHARED=FOLDER bench/solver.py target/release/roundsman [--per-family 3] [--seconds S] [--seeds 1] [--only FAMILY] [--peers pyvrp,pyvroom]

FOLDER holds the sets of instances and their lists of best results. The peers are installed by their names into an environment of
their own; one that cannot be is reported, and so is every question that a peer cannot take. Tables go to standard output as
Markdown, each single run into bench/results/solver.csv.
"""

import argparse
import csv
import fnmatch
import importlib.metadata
import json
import os
import pathlib
import pickle
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

import instances

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {"pyvrp": "pyvrp", "pyvroom": "pyvroom", "ortools": "ortools", "vrp-cli": "vrp-cli"}
COLUMNS = ["family", "instance", "solver", "version", "seed", "seconds", "wall", "load", "vehicles", "value", "best_known",
           "gap_percent", "extra_vehicles", "remark"]


def table(path, name="instance"):
    with open(path, newline="", encoding="utf-8") as file:
        return {row[name].lower(): row for row in csv.DictReader(file)}


class Family:
    """Where a family's files are, how one is read, and what its best result is."""

    def __init__(self, name, seconds, source, pattern, read, best, peers=tuple(PEERS)):
        self.name, self.seconds, self.source, self.pattern = name, seconds, source, pattern
        self.read, self.best, self.peers = read, best, peers

    def files(self, shared, scratch):
        source = shared / self.source
        if source.suffix == ".gz":
            into = scratch / source.name
            if not into.exists():
                with tarfile.open(source) as archive:
                    archive.extractall(into, filter="data")
            source = into
        found = [file for file in source.rglob("*") if re.fullmatch(self.pattern, file.name, re.IGNORECASE)]
        return sorted(found, key=lambda file: file.name)


def mixed_units(rows):
    """Some costs of the list are whole numbers of hundred-thousandths, the others are not."""
    def best(task):
        listed = rows[task.name.lower()]["cost"]
        return float(listed) / (1 if "." in listed else 100_000)

    return best


def families(shared):
    distance = table(shared / "vrptw/bks_distance_cut.csv")
    pairs = table(shared / "pdptw/bks_li_lim.csv")
    with open(shared / "toptw/bks_toptw.csv", newline="", encoding="utf-8") as file:
        scores = {(row["instance"].lower(), int(row["vehicles"])): float(row["score"]) for row in csv.DictReader(file)}
    cost = lambda path: (lambda rows: lambda task: float(rows[task.name.lower()]["cost"]))(table(shared / path))
    tenths = lambda task: 10 * float(distance[task.name.lower()]["distance"])
    score = lambda task: scores[(task.file.stem.lower(), task.vehicles)]
    fleet = lambda task: (int(pairs[task.name.lower()]["vehicles"]), 1000 * float(pairs[task.name.lower()]["distance"]))
    by_vehicles = lambda name: lambda file: [instances.toptw(name, file, count) for count in (1, 2, 3, 4)]
    one = lambda read, *more: lambda name: lambda file: [read(name, *more, file)]
    plain, pdp, rich = one(instances.solomon), one(instances.li_lim), one(instances.rich)
    cvrp, prize = one(instances.vrplib, "cvrp"), one(instances.vrplib, "pcvrptw")
    rows = [
        ("solomon-100", 10, "vrptw/solomon", r"(c|r|rc)\d\d\d\.txt", plain, tenths),
        ("homberger-400", 60, "vrptw/homberger_400.tar.gz", r".*\.txt", plain, tenths),
        ("homberger-1000", 60, "vrptw/homberger_1000.tar.gz", r".*\.txt", plain, tenths),
        ("toptw-100", 10, "toptw/toptw", r"(c|r|rc)1\d\d\.txt", by_vehicles, score),
        ("toptw-200-pr", 10, "toptw/toptw", r"((c|r|rc)2\d\d|pr\d\d)\.txt", by_vehicles, score),
        ("pcvrptw-1000", 60, "prize/pcvrptw.tar.gz", r".*\.vrp", prize, cost("prize/bks_pcvrptw.csv")),
        ("li-lim-100", 10, "pdptw/li_lim_100", r".*\.txt", pdp, fleet),
        ("li-lim-400", 60, "pdptw/li_lim_400.tar.gz", r".*\.txt", pdp, fleet),
        ("x-small", 10, "cvrp/uchoa_x.tar.gz", r"X-n([12]\d\d)-.*\.vrp", cvrp, cost("cvrp/bks_uchoa_x.csv")),
        ("x-large", 10, "cvrp/uchoa_x.tar.gz", r"X-n([5-9]\d\d|1001)-.*\.vrp", cvrp, cost("cvrp/bks_uchoa_x.csv")),
        ("heterogeneous", 60, "rich/hfvrp.tar.gz", r".*\.vrp", rich, mixed_units(table(shared / "rich/bks_hfvrp.csv"))),
        ("multi-depot", 60, "rich/mdvrptw.tar.gz", r".*\.vrp", rich, cost("rich/bks_mdvrptw.csv")),
        ("multi-trip", 60, "rich/mtvrptwr.tar.gz", r".*\.vrp", rich, cost("rich/bks_mtvrptwr.csv")),
        ("site-dependent", 60, "rich/sdvrptw.tar.gz", r".*\.vrp", rich, cost("rich/bks_sdvrptw.csv")),
    ]
    return [Family(name, seconds, source, pattern, read(name), best) for name, seconds, source, pattern, read, best in rows]


def install(folder, wanted):
    """An environment with the peers; those that could be installed, with their versions."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    known = {}
    for name, package in wanted.items():
        ask = [python, "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]
        told = subprocess.run(ask, capture_output=True, text=True, check=False)
        if told.returncode != 0:
            pip = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package], check=False)
            told = subprocess.run(ask, capture_output=True, text=True, check=False)
            if pip.returncode != 0 or told.returncode != 0:
                print(f"**{name} could not be installed; it is missing in the tables.**\n")
                continue
        known[name] = told.stdout.strip()
    return python, known


def ours(program, task, seconds, seed):
    command = [program, "solve", task.file, "--format", task.form, *task.flags, "--time-limit", str(seconds), "--seed", str(seed),
               "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {"unfit": done.stderr.strip().splitlines()[-1][:200]}


def theirs(python, name, job, seconds, seed):
    environment = {**os.environ, "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [python, HERE / "peers.py", name, job, str(seconds), str(seed)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=6 * seconds + 60, env=environment)
    except subprocess.TimeoutExpired:
        return {"unfit": "did not stop"}
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if done.returncode == 0 and lines else {"unfit": (done.stderr.strip().splitlines() or ["?"])[-1][:200]}


def violations(program, task, answer, scratch):
    """What our checker says of the routes alone."""
    path = scratch / "answer.json"
    judged = {"routes": answer["routes"]}
    if "vehicles_used" in answer:
        judged["vehicles_used"] = answer["vehicles_used"]
    path.write_text(json.dumps(judged))
    command = [program, "check", task.file, path, "--format", task.form, *task.flags, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        return done.stderr.strip()[:200]
    found = json.loads(done.stdout)["violations"]
    return found[0]["message"][:200] if found else ""


def score(task, answer, best):
    """Value, vehicles, gap in percent, extra vehicles, remark."""
    routes = [route for route in answer["routes"] if route]
    visited = {number for route in routes for number in route}
    if task.form == "vrplib":
        value = answer["price"] if answer.get("price") is not None else answer.get("distance", answer.get("cost"))
        if "price" not in answer:
            value = answer["cost"] / (100 if task.family == "heterogeneous" else 1)
        return value, len(routes), 100 * (value / best - 1), None, ""
    length = task.length(routes)
    worth = sum(stop.worth for stop in task.stops if stop.number in visited)
    if task.form == "toptw":
        return worth, len(routes), 100 * (1 - worth / best), None, ""
    if task.form == "pcvrptw":
        value = length + sum(stop.worth for stop in task.stops) - worth
        return value, len(routes), 100 * (value / best - 1), None, ""
    left = len(task.stops) - 1 - len(visited)
    remark = f"{left} left out" if left else ""
    if task.form == "li-lim":
        return length, len(routes), 100 * (length / best[1] - 1), len(routes) - best[0], remark
    return length, len(routes), 100 * (length / best - 1), None, remark


def choose(found, count):
    """As many as asked for, spread evenly over the sorted files."""
    return found if len(found) <= count else [found[(2 * n + 1) * len(found) // (2 * count)] for n in range(count)]


def measure(asked, python, known, family, task, best, seed, scratch, write):
    seconds = asked.seconds or family.seconds
    job = scratch / "job.pickle"
    job.write_bytes(pickle.dumps(task))
    version = subprocess.run([asked.program, "--version"], capture_output=True, text=True, check=False).stdout.split()[-1]
    figures = {}
    for name, version in {"roundsman": version, **known}.items():
        begun, load = time.monotonic(), os.getloadavg()[0]
        answer = ours(asked.program, task, seconds, seed) if name == "roundsman" else theirs(python, name, job, seconds, seed)
        wall = time.monotonic() - begun
        row = dict(family=family.name, instance=task.name, solver=name, version=version, seed=seed, seconds=seconds,
                   wall=f"{wall:.2f}", load=f"{load:.1f}")
        if "unfit" in answer:
            write({**row, "remark": answer["unfit"]})
            continue
        value, vehicles, gap, extra, remark = score(task, answer, best)
        broken = violations(asked.program, task, answer, scratch)
        remark = f"INVALID: {broken}" if broken else remark
        write({**row, "vehicles": vehicles, "value": value, "best_known": best, "gap_percent": f"{gap:.4f}", "extra_vehicles": extra,
               "remark": remark})
        if not remark:
            figures[name] = (gap, extra or 0)
    return figures


def report(family, results, names, seconds):
    print(f"| {family.name} | {len(results)} | {seconds:g} |", end="")
    for name in names:
        found = [result[name] for result in results if name in result]
        if not found:
            print(" – |", end="")
            continue
        gap = statistics.mean(gap for gap, _ in found)
        extra = statistics.mean(extra for _, extra in found)
        fleet = f"{extra:+.1f} veh, " if family.name.startswith("li-lim") else ""
        partly = "" if len(found) == len(results) else f" ({len(found)} of {len(results)})"
        print(f" {fleet}{gap:.2f}{partly} |", end="")
    print(flush=True)


def waited_for(program, results, requests, seconds):
    """Small requests at 150 ms and the largest one, which no peer takes as they are; every run into a file of its own."""
    path = results.with_name("requests.csv")
    command = [program, "bench", "solver", "--requests", str(requests), "--seconds", str(seconds), "--csv", path, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"\n**bench solver failed: {done.stderr.strip()[:200]}**")
        return
    told = json.loads(done.stdout)
    small, most = told["request_ms"], told.get("largest")
    print(f"\n{requests} requests of 8 to 12 items at 150 ms, text to text: median {small['median']:.0f} ms, p99 {small['p99']:.0f} ms, "
          f"most {small['most']:.0f} ms (load {told['load']}); runs in {path.name}.")
    if most:
        print(f"2,000 items, 200 agents of 14 shifts: first plan after {most['first']['seconds']:.2f} s worth {most['first']['priority']} at "
              f"{most['first']['cost']}, after {most['seconds']:.1f} s {most['priority']} at {most['cost']}, "
              f"{most['peak_rss_bytes'] / 1e6:.0f} MB.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--per-family", type=int, default=3)
    parser.add_argument("--seconds", type=float, help="instead of each family's own time")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", help="families whose name fits this pattern")
    parser.add_argument("--peers", default=",".join(PEERS), help="whom to ask beside ours, with commas between")
    parser.add_argument("--requests", type=int, default=500, help="small requests that are answered at once; 0 leaves them out")
    parser.add_argument("--environment", type=pathlib.Path, default=pathlib.Path("target/peers"))
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results" / "solver.csv")
    asked = parser.parse_args()
    if not os.environ.get("ROUNDSMAN_SHARED"):
        sys.exit("error: set ROUNDSMAN_SHARED to the folder that holds vrptw/, toptw/, prize/, pdptw/, cvrp/ and rich/")
    shared = pathlib.Path(os.environ["ROUNDSMAN_SHARED"])
    asked.program = asked.program.resolve()
    wanted = [name for name in asked.peers.split(",") if name]
    if strangers := [name for name in wanted if name not in PEERS]:
        sys.exit(f"error: --peers {strangers[0]!r} is none of {', '.join(PEERS)}")
    python, known = install(asked.environment.absolute(), {name: PEERS[name] for name in wanted})
    names = ["roundsman", *known]
    print("Peers: " + ", ".join(f"{name} {version}" for name, version in known.items()) + f"; load {os.getloadavg()[0]:.1f}\n")
    print("| family, mean gap % | runs | seconds | " + " | ".join(names) + " |\n|---|--:|--:|" + "--:|" * len(names))
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    fresh = not asked.results.exists()
    with open(asked.results, "a", newline="", encoding="utf-8") as file, tempfile.TemporaryDirectory() as scratch:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        if fresh:
            writer.writeheader()

        def write(row):
            writer.writerow(row)
            file.flush()

        for family in families(shared):
            if asked.only and not fnmatch.fnmatch(family.name, asked.only):
                continue
            results = []
            found = [task for one in family.files(shared, pathlib.Path(scratch)) for task in family.read(one)]
            for task in choose(found, asked.per_family):
                for seed in range(1, asked.seeds + 1):
                    try:
                        best = family.best(task)
                    except KeyError:
                        print(f"(no best result is known of {task.name})")
                        continue
                    results.append(measure(asked, python, known, family, task, best, seed, pathlib.Path(scratch), write))
            report(family, results, names, asked.seconds or family.seconds)
    if asked.requests and not asked.only:
        waited_for(asked.program, asked.results, asked.requests, int(asked.seconds or 60))


if __name__ == "__main__":
    main()
