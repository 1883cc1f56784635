"""The classic instance files as plain numbers, for programs that do not read them themselves.

Distances are counted as the lists of best results count (see docs/decisions and `roundsman solve --help`); a closing time bounds
the start of a visit. The reading here shares nothing with the program that is measured.
"""

import dataclasses
import math
import pathlib


@dataclasses.dataclass
class Stop:
    number: int
    x: float
    y: float
    demand: int = 0
    opens: int = 0
    closes: int = 1 << 40
    service: int = 0
    worth: int = 0  # a score (toptw) or a prize (pcvrptw)
    pick_up: int = 0  # the number of the other half, in li-lim
    delivery: int = 0


@dataclasses.dataclass
class Instance:
    family: str
    form: str
    file: pathlib.Path
    name: str
    stops: list  # the depot first
    vehicles: int
    capacity: int
    scale: int
    rounding: str
    flags: list = dataclasses.field(default_factory=list)

    def distance(self, a, b):
        exact = math.hypot(a.x - b.x, a.y - b.y) * self.scale
        if self.rounding == "nearest":
            return int(exact + 0.5)
        return int(exact + 1e-9) if self.rounding == "cut" else math.ceil(exact - 1e-9)

    def matrix(self):
        return [[self.distance(a, b) for b in self.stops] for a in self.stops]

    def length(self, routes):
        by_number = {stop.number: stop for stop in self.stops}
        total = 0
        for route in routes:
            way = [self.stops[0], *(by_number[number] for number in route), self.stops[0]]
            total += sum(self.distance(a, b) for a, b in zip(way, way[1:]))
        return total


def rows(text):
    return [line.split() for line in text.splitlines() if line.split()]


def solomon(family, file):
    table = [row for row in rows(file.read_text()) if row[0].isdigit()]
    vehicles, capacity = map(int, table[0][:2])
    stops = []
    for number, x, y, demand, ready, due, service in (map(float, row[:7]) for row in table[1:]):
        stops.append(Stop(int(number), x, y, int(demand), int(ready * 10), int(due * 10), int(service * 10)))
    return Instance(family, "solomon", file, file.stem, stops, vehicles, capacity, 10, "cut")


def li_lim(family, file):
    table = rows(file.read_text())
    vehicles, capacity = map(int, table[0][:2])
    stops = []
    for row in table[1:]:
        n, x, y, demand, ready, due, service, pick_up, delivery = (int(float(word)) for word in row[:9])
        stops.append(Stop(n, x, y, demand, ready * 1000, due * 1000, service * 1000, 0, pick_up, delivery))
    return Instance(family, "li-lim", file, file.stem, stops, vehicles, capacity, 1000, "up")


def toptw(family, file, vehicles):
    table = rows(file.read_text())[2:]
    scale = 100 if any(len(row[1].partition(".")[2]) > 2 for row in table) else 10
    stops = []
    for row in table:
        opens, closes = (round(float(word) * scale) for word in row[7 + int(row[6]):][:2])
        service = round(float(row[3]) * scale)
        stops.append(Stop(int(row[0]), float(row[1]), float(row[2]), 0, opens, closes, service, int(float(row[4]))))
    stops = stops[:1] + [stop for stop in stops[1:] if stop.worth > 0]
    name = f"{file.stem}.m{vehicles}"
    return Instance(family, "toptw", file, name, stops, vehicles, 1 << 30, scale, "cut", ["--vehicles", str(vehicles)])


def vrplib(family, form, file):
    """Files with one depot and one kind of vehicle: cvrp and pcvrptw."""
    keys, sections, present = {}, {}, None
    for row in rows(file.read_text()):
        line = " ".join(row)
        if row[0].endswith("_SECTION"):
            present = sections.setdefault(row[0], [])
        elif ":" in line:
            key, value = line.split(":", 1)
            keys[key.strip()] = value.strip()
        elif present is not None and row[0] != "EOF":
            present.append(row)
    scale, rounding = (10, "cut") if form == "pcvrptw" else (1, "nearest")
    stops = [Stop(int(n), float(x), float(y)) for n, x, y in sections["NODE_COORD_SECTION"]]
    for stop, row in zip(stops, sections["DEMAND_SECTION"]):
        stop.demand = int(row[1])
    for stop, row in zip(stops, sections.get("TIME_WINDOW_SECTION", [])):
        stop.opens, stop.closes = (int(float(word) * scale) for word in row[1:3])
    for stop, row in zip(stops, sections.get("PRIZE_SECTION", [])):
        stop.worth = int(float(row[1]) * scale)
    for stop in stops[1:]:
        stop.service = int(float(keys.get("SERVICE_TIME", 0)) * scale)
    capacity = int(keys["CAPACITY"])
    enough = 2 * sum(stop.demand for stop in stops) // capacity + 3
    vehicles = int(keys.get("VEHICLES", min(enough, len(stops))))
    return Instance(family, form, file, file.stem, stops, vehicles, capacity, scale, rounding)


def rich(family, file):
    """Files that PyVRP and we read by ourselves."""
    return Instance(family, "vrplib", file, file.stem, [], 0, 0, 1, "")
