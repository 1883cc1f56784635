#!/usr/bin/env python3
"""Measures the built program on fixed seeds and data: imports, routes and matrices over HTTP, and the solver's distance from
best-known values. Everything goes through the program's own doors, as a user would ask.

    ROUNDSMAN_SHARED=FOLDER bench/run.py target/release/roundsman [--seconds 10] [--seed 1] [--full]

FOLDER holds `osm/*.osm.pbf`, `vrptw/` and `toptw/` as the table of docs/benchmarks.md names them. Without --full a sample of
each family is solved. Figures are printed as Markdown tables, ready for docs/benchmarks.md.
"""

import argparse
import csv
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

EXTRACTS = ["seattle-udistrict", "monaco-2016", "porto", "portland-central-2015", "harrisburg-pa-2015"]


def run_json(*command):
    """Runs a verb with --json and returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def imports(program, shared):
    print("| extract | nodes | edges | seconds | peak MiB | dataset MiB |\n|---|--:|--:|--:|--:|--:|")
    for name in EXTRACTS:
        with tempfile.TemporaryDirectory() as data:
            told = run_json(program, "import", shared / "osm" / f"{name}.osm.pbf", "--data", data, "--json")
        peak, disk = told["peak_rss_bytes"] / 2**20, told["disk_bytes"] / 2**20
        print(f"| {name} | {told['nodes']:,} | {told['edges']:,} | {told['seconds']:.2f} | {peak:.0f} | {disk:.1f} |")


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def routing(program, shared, seed):
    """Full answers over HTTP on Porto, between random points of its densest part, one after the other."""
    rng = random.Random(seed)
    points = [(rng.uniform(41.14, 41.19), rng.uniform(-8.66, -8.56)) for _ in range(200)]
    with tempfile.TemporaryDirectory() as data:
        run_json(program, "import", shared / "osm" / "porto.osm.pbf", "--data", data, "--json")
        server = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--data", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            base = server.stdout.readline().split()[-1]
            took = []
            for (a, b), (c, d) in zip(points[::2], points[1::2]):
                begun = time.perf_counter()
                ask(f"{base}/route/directions/json?api-version=1.0&query={a},{b}:{c},{d}")
                took.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            side = [[lon, lat] for lat, lon in points[:10]]
            ask(f"{base}/route/matrix/sync/json?api-version=1.0", {"origins": {"type": "MultiPoint", "coordinates": side},
                                                                  "destinations": {"type": "MultiPoint", "coordinates": side}})
            matrix = time.perf_counter() - begun
        finally:
            server.terminate()
            server.wait()
    took.sort()
    print("| Porto over HTTP | median ms | p95 ms |\n|---|--:|--:|")
    print(f"| full route answer | {1e3 * statistics.median(took):.2f} | {1e3 * took[int(0.95 * len(took))]:.2f} |")
    print(f"| matrix 10 × 10 | {1e3 * matrix:.2f} | |")


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def solve(program, file, form, seconds, seed, *more):
    return run_json(program, "solve", file, "--format", form, "--time-limit", str(seconds), "--seed", str(seed), "--json", *more)


def column(row, *wanted):
    """The first of the columns that the list has, as a number."""
    for name in wanted:
        if row.get(name):
            return float(row[name])
    return None


def solomon(program, shared, seconds, seed, full):
    best = {r["instance"].lower(): column(r, "distance", "cost", "best") for r in rows(shared / "vrptw" / "bks_distance_cut.csv")}
    files = sorted((shared / "vrptw" / "solomon").glob("*.txt"))
    gaps = []
    for file in files if full else files[::5]:
        if best.get(file.stem.lower()) is None:
            continue
        told = solve(program, file, "solomon", seconds, seed)
        gaps.append(100 * (told["distance"] / best[file.stem.lower()] - 1) if not told["unassigned"] else 100.0)
    print(f"| Solomon 100, distance | {len(gaps)} | {seconds} | {statistics.mean(gaps):.3f} | {max(gaps):.3f} |")


def toptw(program, shared, seconds, seed, full):
    best = {}
    for row in rows(shared / "toptw" / "bks_toptw.csv"):
        best[(row["instance"].lower(), int(row.get("vehicles") or row["m"]))] = column(row, "best_known", "bks", "score", "best")
    for family, pattern in (("TOPTW c/r/rc 100", r"(c|r|rc)1\d\d"), ("TOPTW 200 series and pr", r"((c|r|rc)2\d\d|pr\d\d)")):
        missed = []
        files = [f for f in sorted((shared / "toptw" / "toptw").glob("*.txt")) if re.fullmatch(pattern, f.stem)]
        for file in files if full else files[::5]:
            for vehicles in (1, 2, 3, 4) if full else (2, 3):
                known = best.get((file.stem.lower(), vehicles))
                if known:
                    told = solve(program, file, "toptw", seconds, seed, "--vehicles", str(vehicles))
                    missed.append(100 * (1 - told["priority"] / known))
        print(f"| {family}, score missed | {len(missed)} | {seconds} | {statistics.mean(missed):.3f} | {max(missed):.3f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="every instance, not a sample")
    parser.add_argument("--only", choices=["imports", "routing", "solver"])
    asked = parser.parse_args()
    if not os.environ.get("ROUNDSMAN_SHARED"):
        sys.exit("error: set ROUNDSMAN_SHARED to the folder that holds osm/, vrptw/ and toptw/")
    shared = pathlib.Path(os.environ["ROUNDSMAN_SHARED"])
    if asked.only in (None, "imports"):
        imports(asked.program, shared)
        print()
    if asked.only in (None, "routing"):
        routing(asked.program, shared, asked.seed)
        print()
    if asked.only in (None, "solver"):
        print("| family | instances | seconds | mean gap % | worst % |\n|---|--:|--:|--:|--:|")
        solomon(asked.program, shared, asked.seconds, asked.seed, asked.full)
        toptw(asked.program, shared, asked.seconds, asked.seed, asked.full)


if __name__ == "__main__":
    main()
