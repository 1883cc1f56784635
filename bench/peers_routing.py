#!/usr/bin/env python3
"""Roundsman beside OSRM and Valhalla: the same map, the same places, one run, one table.

    bench/peers_routing.py target/release/roundsman MAP.osm.pbf [--queries 200] [--matrix 1000] [--seed 42] [--keep FOLDER]

OSRM (`osrm-bindings`) and Valhalla (`pyvalhalla`) are installed from their Python packages into an environment of their own,
which needs CPython 3.12 or newer; it is looked for under its usual names and in ~/.pyenv/versions. A peer that cannot be
installed or fails is named with the reason, and the others are measured all the same.

CPU seconds are those of the measured processes (user and system), answers come over HTTP on one kept connection, one after the
other; Valhalla is asked in its own process, without HTTP. Engines differ in speeds and turn costs, so the answers differ too.
Quote the figures with the load that is printed.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

PACKAGES = ["osrm-bindings", "pyvalhalla"]
TICKS = os.sysconf("SC_CLK_TCK")


def find_python():
    """The first CPython 3.12 or newer."""
    names = [sys.executable, "python3.14", "python3.13", "python3.12"]
    names += sorted(map(str, pathlib.Path.home().glob(".pyenv/versions/3.*/bin/python")), reverse=True)
    for name in names:
        asked = "import sys; print(sys.implementation.name == 'cpython' and sys.version_info >= (3, 12))"
        try:
            told = subprocess.run([name, "-c", asked], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if told.stdout.strip() == "True":
            return name
    return None


def install(folder):
    """The Python of an environment with the peers, or why there is none."""
    python = find_python()
    if python is None:
        return None, "no CPython 3.12 or newer was found (looked for python3.12 to 3.14 and in ~/.pyenv/versions)"
    inside = folder / "env" / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", folder / "env"], check=True)
    done = subprocess.run([inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, f"pip could not install {', '.join(PACKAGES)}: {done.stderr.strip().splitlines()[-1:]}"
    return inside, None


def run(*command, **more):
    """Runs a step to its end; the CPU seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def cpu_of(process):
    """CPU seconds that a running process has used."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Server:
    """A server that is asked over one kept connection."""

    def __init__(self, command, port=None, **more):
        # OSRM tells of every question; a pipe that nobody reads would fill, and stop it.
        told = subprocess.PIPE if port is None else subprocess.DEVNULL
        self.process = subprocess.Popen([str(part) for part in command], stdout=told, stderr=subprocess.DEVNULL, text=True, **more)
        if port is None:
            port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        for _ in range(300):
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
                self.connection.connect()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended with {self.process.returncode}") from None
                time.sleep(0.1)
        raise RuntimeError(f"{command[0]} does not listen on port {port}")

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path[:60]} was answered {answer.status}: {text[:200]}")
        return text

    def measure(self, requests):
        """Median milliseconds and CPU milliseconds a request."""
        requests = [request for request in requests if self.answers(*request)]
        if not requests:
            raise RuntimeError("no request was answered")
        before, took = cpu_of(self.process), []
        for request in requests:
            begun = time.perf_counter()
            self.ask(*request)
            took.append(time.perf_counter() - begun)
        return 1e3 * statistics.median(took), 1e3 * (cpu_of(self.process) - before) / len(requests)

    def answers(self, *request):
        """Whether there is an answer: a random place may be too far from any road."""
        try:
            return bool(self.ask(*request))
        except RuntimeError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait()


def places_of(folder, count, seed):
    """Random places in the middle of the map of a dataset."""
    south, west, north, east = (value / 1e7 for value in json.loads((folder / "manifest.json").read_text())["bounding_box"])
    rng, places = random.Random(seed), []
    while len(places) < count:
        lat = rng.uniform(0.75 * south + 0.25 * north, 0.25 * south + 0.75 * north)
        lon = rng.uniform(0.75 * west + 0.25 * east, 0.25 * west + 0.75 * east)
        places.append((round(lat, 6), round(lon, 6)))
    return places


def ours(program, pbf, folder, asked):
    data = folder / "data"
    seconds, imported = run(program, "import", pbf, "--data", data, "--json")
    dataset = data / "datasets" / json.loads(imported)["dataset"]
    rows = {"whole import, CPU s (ours: all profiles)": f"{seconds:.2f}"}
    _, told = run(program, "bench", "routing", "--queries", 1000, "--matrix", asked.matrix, "--seed", asked.seed, "--data", data, "--json")
    told = json.loads(told)
    rows["new weights in force, CPU s"] = f"{told['customize_s']:.3f}"
    rows["distance in process, µs median"] = f"{told['query_us']['median']:.1f}"
    rows["route answer in process, ms median"] = f"{told['route_json_us']['median'] / 1e3:.3f}"
    rows["matrix in process, M cells/s"] = f"{told['matrix_cells_per_s'] / 1e6:.1f}"
    rows["30 minutes around a place, ms"] = f"{told['isochrone_ms']['30']:.2f}"
    asked.places = places_of(dataset, 2 * max(asked.queries, asked.matrix), asked.seed)
    server = Server([program, "serve", "--listen", "127.0.0.1:0", "--data", data])
    try:
        pairs = zip(asked.places[::2], asked.places[1::2])
        routes = [("GET", f"/route/directions/json?api-version=1.0&query={a[0]},{a[1]}:{b[0]},{b[1]}") for a, b in list(pairs)[: asked.queries]]
        wall, cpu = server.measure(routes)
        rows["route answer over HTTP, ms median (CPU ms)"] = f"{wall:.2f} ({cpu:.2f})"
        side = [[lon, lat] for lat, lon in asked.places[: asked.matrix]]
        body = json.dumps({"profile": "car", "origins": side, "destinations": side})
        wall, cpu = server.measure([("POST", "/api/v1/matrix", body)])
        rows[f"matrix {asked.matrix} × {asked.matrix} over HTTP, M cells/s (CPU)"] = f"{asked.matrix**2 / wall / 1e3:.2f} ({asked.matrix**2 / max(cpu, 1) / 1e3:.2f})"
    finally:
        server.stop()
    return rows


def osrm(python, pbf, folder, asked):
    asked_where = "import osrm, pathlib; print(pathlib.Path(osrm.__file__).parent)"
    home = pathlib.Path(run(python, "-c", asked_where)[1].strip())
    work = folder / "osrm"
    work.mkdir(exist_ok=True)
    if not (work / "map.osm.pbf").exists():
        (work / "map.osm.pbf").symlink_to(pathlib.Path(pbf).resolve())
    step = lambda name, *more: run(home / "bin" / f"osrm-{name}", *more, "--threads", 1, cwd=work)[0]
    extract = step("extract", "-p", home / "share" / "profiles" / "car.lua", "map.osm.pbf")
    contract = step("contract", "map.osrm")
    rows = {"whole import, CPU s (ours: all profiles)": f"{extract + contract:.2f}", "new weights in force, CPU s": f"{contract:.1f}"}
    port = 5900 + os.getpid() % 90
    server = Server([home / "bin" / "osrm-routed", "--port", port, "--threads", 1, "--max-table-size", 100000, "map.osrm"], port, cwd=work)
    try:
        at = lambda place: f"{place[1]},{place[0]}"
        pairs = list(zip(asked.places[::2], asked.places[1::2]))[: asked.queries]
        wall, cpu = server.measure(("GET", f"/route/v1/driving/{at(a)};{at(b)}?steps=true&overview=full") for a, b in pairs)
        rows["route answer over HTTP, ms median (CPU ms)"] = f"{wall:.2f} ({cpu:.2f})"
        path = urllib.parse.quote(";".join(map(at, asked.places[: asked.matrix])), safe=";,.-")
        wall, cpu = server.measure([("GET", f"/table/v1/driving/{path}?annotations=duration,distance")])
        rows[f"matrix {asked.matrix} × {asked.matrix} over HTTP, M cells/s (CPU)"] = f"{asked.matrix**2 / wall / 1e3:.2f} ({asked.matrix**2 / max(cpu, 1) / 1e3:.2f})"
    finally:
        server.stop()
    return rows


VALHALLA = """
import json, statistics, sys, time, valhalla
config, asked = sys.argv[1], json.load(sys.stdin)
actor = valhalla.Actor(config)
took = []
for a, b in asked["pairs"]:
    begun = time.process_time()
    try:
        actor.route(json.dumps({"locations": [{"lat": a[0], "lon": a[1]}, {"lat": b[0], "lon": b[1]}], "costing": "auto"}))
    except RuntimeError:
        continue
    took.append(time.process_time() - begun)
side = [{"lat": lat, "lon": lon} for lat, lon in asked["side"]]
begun = time.process_time()
actor.matrix(json.dumps({"sources": side, "targets": side, "costing": "auto"}))
matrix = time.process_time() - begun
lat, lon = asked["pairs"][0][0]
begun = time.process_time()
actor.isochrone(json.dumps({"locations": [{"lat": lat, "lon": lon}], "costing": "auto", "contours": [{"time": 30}], "polygons": True}))
print(json.dumps({"route": statistics.median(took), "matrix": matrix, "isochrone": time.process_time() - begun}))
"""


def valhalla(python, pbf, folder, asked):
    work = folder / "valhalla"
    work.mkdir(exist_ok=True)
    tools = python.parent
    # Its scripts look for their programs on the path.
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"}
    _, config = run(tools / "valhalla_build_config", "--mjolnir-tile-dir", work / "tiles", "--mjolnir-concurrency", 1, env=env)
    (work / "config.json").write_text(config)
    build, _ = run(tools / "valhalla_build_tiles", "-c", work / "config.json", pbf, env=env)
    few = 50
    pairs = list(zip(asked.places[::2], asked.places[1::2]))[: min(asked.queries, 100)]
    question = json.dumps({"pairs": pairs, "side": asked.places[:few]})
    done = subprocess.run([python, "-c", VALHALLA, work / "config.json"], input=question, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"asking Valhalla failed: {done.stderr.strip()[-300:]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return {
        "whole import, CPU s (ours: all profiles)": f"{build:.2f}",
        "route answer in process, ms median": f"{1e3 * told['route']:.2f}",
        "matrix in process, M cells/s": f"{few**2 / told['matrix'] / 1e6:.4f} ({few} × {few})",
        "30 minutes around a place, ms": f"{1e3 * told['isochrone']:.0f} (with polygon)",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("map", type=pathlib.Path)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--matrix", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--keep", type=pathlib.Path, help="where to keep the environment and the peers' files")
    asked = parser.parse_args()
    asked.program, asked.map = asked.program.resolve(), asked.map.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep.resolve() if asked.keep else pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        columns = {"Roundsman": ours(asked.program, asked.map, folder, asked)}
        python, reason = install(folder)
        for name, measure in (("OSRM CH", osrm), ("Valhalla", valhalla)):
            if python is None:
                print(f"{name} was not measured: {reason}")
                continue
            try:
                columns[name] = measure(python, asked.map, folder, asked)
            except (RuntimeError, OSError, ValueError) as error:
                print(f"{name} was not measured: {error}")
    print(f"{asked.map.name}, load {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores\n")
    print(f"| what | {' | '.join(columns)} |\n|---|{'--:|' * len(columns)}")
    for what in dict.fromkeys(what for column in columns.values() for what in column):
        print(f"| {what} | {' | '.join(column.get(what, '–') for column in columns.values())} |")


if __name__ == "__main__":
    main()
