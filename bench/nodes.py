#!/usr/bin/env python3
"""How much faster large jobs are with two workers than with one, over one PostgreSQL.

    python3 bench/nodes.py PROGRAM DATA [--rows 1000] [--workers 2] [--core-each]

PROGRAM is a release build, DATA a data folder with an active dataset. A node that only serves accepts a matrix of ROWS x 10,000 and five
batches of 700 routes, first with one worker process, then with more; each job runs twice. Prints a line a job: seconds on the wall,
CPU seconds of each worker, of the serving node and of the database, and the load of the machine, without which the wall says nothing. At
the end a line a kind of job: the best wall of each number of workers, how much of it the workers computed, and what else took processor time. What
does not grow with workers is what the serving node and the database do; where workers compute for little of the wall, they wait for those two.
With --core-each every worker has one core of its own, as on machines of one core; without, one worker uses what cores there are.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request


def postgres(root):
    """Starts a cluster of its own; its URL and the way to stop it."""
    newest = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    programs = os.environ.get("ROUNDSMAN_POSTGRES_BIN") or str(newest[-1])
    folder = f"{root}/postgres"
    os.mkdir(folder)
    shell = ["sh", "-c"]
    if os.getuid() == 0:
        # PostgreSQL refuses to run as root.
        os.chmod(root, 0o755)
        shutil.chown(folder, "postgres", "postgres")
        shell = ["su", "postgres", "-s", "/bin/sh", "-c"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(command):
        subprocess.run([*shell, command], check=True, stdout=subprocess.DEVNULL)

    run(f"{programs}/initdb -D {folder}/data -U roundsman --auth=trust --encoding=UTF8 --locale=C")
    settings = f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n"
    with open(f"{folder}/data/postgresql.conf", "a", encoding="utf-8") as file:
        file.write(settings)
    run(f"{programs}/pg_ctl -D {folder}/data -l {folder}/log -w start")
    run(f"{programs}/createdb -h 127.0.0.1 -p {port} -U roundsman operations")
    leader = int(pathlib.Path(folder, "data", "postmaster.pid").read_text(encoding="utf-8").split()[0])
    stop = lambda: run(f"{programs}/pg_ctl -D {folder}/data -m immediate stop")
    return f"postgres://roundsman@127.0.0.1:{port}/operations", leader, stop


def linked(data, to):
    """A data folder of its own with the same dataset, which is immutable."""
    def link(source, target):
        shutil.copy(source, target) if source.endswith(".lock") else os.link(source, target)

    os.makedirs(to)
    shutil.copytree(f"{data}/datasets", f"{to}/datasets", copy_function=link)
    shutil.copy(f"{data}/active", f"{to}/active")


def bounds(data):
    """West, south, east, north of the active dataset."""
    # The second line is the one to go back to.
    active = pathlib.Path(data, "active").read_text(encoding="utf-8").split()[0]
    manifest = json.loads(pathlib.Path(data, "datasets", active, "manifest.json").read_text(encoding="utf-8"))
    south, west, north, east = (corner / 1e7 for corner in manifest["bounding_box"])
    return west, south, east, north


def stat(pid):
    """What the system counts for a process, from its state on; nothing once it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return None


def cpu_seconds(pid):
    """Of a process, and of its children that have ended."""
    fields = stat(pid)
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def with_children(leader):
    """A process and those that it started and that run still, such as a database's connections."""
    pids = [int(path.name) for path in pathlib.Path("/proc").iterdir() if path.name.isdigit()]
    return [leader] + [pid for pid in pids if (stat(pid) or "S 0".split())[1] == str(leader)]


def ask(base, method, path, body=None, **headers):
    headers = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(base + path, method=method, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--core-each", action="store_true")
    asked = parser.parse_args()
    # So that whatever was started ends, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: exit(1))
    root = tempfile.mkdtemp(prefix="roundsman-nodes-")
    processes, (url, leader, stop) = [], postgres(root)
    shared = ["--store", url, "--blobs", f"file:{root}/blobs", "--listen", "127.0.0.1:0"]

    def start(name, *arguments):
        linked(asked.data, f"{root}/{name}")
        command = [asked.program, "--data", f"{root}/{name}", *arguments, *shared]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        processes.append(process)
        return process, process.stdout.readline().split()[-1]

    west, south, east, north = bounds(asked.data)
    draw = random.Random(4)

    def place():
        inner = lambda low, high: round(low + (0.25 + 0.5 * draw.random()) * (high - low), 5)
        return [inner(west, east), inner(south, north)]

    def route():
        (a, b), (c, d) = place(), place()
        return {"query": f"?query={b},{a}:{d},{c}"}

    matrix = {"origins": [place() for _ in range(asked.rows)], "destinations": [place() for _ in range(10_000)]}
    batch = {"batchItems": [route() for _ in range(700)]}
    jobs = [
        (f"matrix {asked.rows} x 10,000", 1, "/api/v1/matrix", json.dumps(matrix).encode(), {"prefer": "respond-async"}),
        ("5 batches of 700 routes", 5, "/route/directions/batch/json?api-version=1.0&subscription-key=x", json.dumps(batch).encode(), {}),
    ]
    try:
        server, node = start("serve", "serve", "--workers", "0")
        workers, best = [], {}
        others = lambda: (cpu_seconds(server.pid), sum(map(cpu_seconds, with_children(leader))))
        for count in range(1, asked.workers + 1):
            workers.append(start(f"worker-{count}", "worker", "--workers", "1")[0])
            if asked.core_each:
                cores = sorted(os.sched_getaffinity(0))
                for thread in os.listdir(f"/proc/{workers[-1].pid}/task"):
                    os.sched_setaffinity(int(thread), {cores[(count - 1) % len(cores)]})
            for what, times, path, body, headers in jobs * 2:
                before, begun = [cpu_seconds(worker.pid) for worker in workers], time.time()
                others_before = others()
                for _ in range(times):
                    ask(node, "POST", path, body, **headers)
                while True:
                    found = json.loads(ask(node, "GET", "/api/v1/operations?limit=100"))["operations"]
                    if all(one["finishedAt"] for one in found):
                        break
                    time.sleep(0.02)
                assert all(one["state"] == "succeeded" for one in found), found
                wall = time.time() - begun
                spent = [cpu_seconds(worker.pid) - earlier for worker, earlier in zip(workers, before)]
                serving, database = (now - earlier for now, earlier in zip(others(), others_before))
                print(f"{count} workers, {what}: {wall:.2f} s, CPU of workers {' + '.join(f'{one:.2f}' for one in spent)} s, serving {serving:.2f} s, "
                      f"database {database:.2f} s, load {os.getloadavg()[0]:.1f}", flush=True)
                found = (wall, sum(spent) / len(spent), serving + database)
                best.setdefault(what, {})[count] = min(found, best.get(what, {}).get(count, found))
        for what, by_count in best.items():
            parts = [f"{count}: {wall:.2f} s, of which each worker computes {100 * own / wall:.0f} %, beside it {rest:.2f} s of others"
                     for count, (wall, own, rest) in by_count.items()]
            first, last = by_count[1][0], by_count[asked.workers][0]
            print(f"{what}: x{first / last:.2f} with {asked.workers} workers ({'; '.join(parts)})", flush=True)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        stop()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
