#!/usr/bin/env python3
"""Draws docs/plan.svg: the sample fleet's plan on the streets of the bundled map, everything asked of a running demo.

    roundsman demo --listen 127.0.0.1:8080 &     # in another terminal, until it has printed the plan
    docs/picture.py http://127.0.0.1:8080 CALLBACK_URL > docs/plan.svg
"""

import json
import math
import random
import sys
import urllib.request

WEST, SOUTH, EAST, NORTH = -122.3387, 47.6389, -122.2726, 47.6670
WIDTH = 960
SCALE = WIDTH / (EAST - WEST)
STRETCH = 1 / math.cos(math.radians((SOUTH + NORTH) / 2))
HEIGHT = round((NORTH - SOUTH) * SCALE * STRETCH)
COLOURS = ["#c2410c", "#1d4ed8", "#047857", "#a21caf"]
DASHES = ["", "9 4", "2 4", "12 4 2 4"]


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})) as answer:
        return json.load(answer)


def xy(lat, lon):
    return f"{(lon - WEST) * SCALE:.1f},{(NORTH - lat) * SCALE * STRETCH:.1f}"


def lines(base, pairs):
    """The routes between pairs of places, as lists of points, by synchronous batches."""
    found = []
    for start in range(0, len(pairs), 100):
        items = [{"query": "?query=" + ":".join(f"{lat},{lon}" for lat, lon in pair)} for pair in pairs[start : start + 100]]
        answer = ask(f"{base}/route/directions/batch/sync/json?api-version=1.0", {"batchItems": items})
        for item in answer["batchItems"]:
            if item["statusCode"] == 200:
                for leg in item["response"]["routes"][0]["legs"]:
                    found.append([(point["latitude"], point["longitude"]) for point in leg["points"]])
    return found


def polyline(points, style):
    return f'<polyline points="{" ".join(xy(*point) for point in points)}" {style}/>'


def streets(base):
    """The streets are what many routes between random places leave behind: each piece once."""
    rng = random.Random(7)
    place = lambda: (rng.uniform(SOUTH, NORTH), rng.uniform(WEST, EAST))
    pieces = set()
    for points in lines(base, [(place(), place()) for _ in range(1500)]):
        for a, b in zip(points, points[1:]):
            pieces.add((min(a, b), max(a, b)))
    path = " ".join(f"M{xy(*a)} {xy(*b)}" for a, b in sorted(pieces))
    return f'<path d="{path}" fill="none" stroke="#cbd5e1" stroke-width="1.4" stroke-linecap="round"/>'


def stops(itinerary):
    """The places of each shift in order: where it leaves, its visits, where it arrives."""
    tour = []
    for instruction in itinerary["instructions"]:
        kind = instruction["instructionType"]
        if kind in ("LeaveFromStartPoint", "VisitLocation", "ArriveToEndPoint"):
            location = instruction["itineraryItem"]["location"]
            tour.append((kind, (location["latitude"], location["longitude"])))
            if kind == "ArriveToEndPoint":
                yield tour
                tour = []


def main(base, callback):
    plan = ask(callback)["resourceSets"][0]["resources"][0]
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + 26}" font-family="sans-serif" font-size="13">')
    print(f'<rect width="{WIDTH}" height="{HEIGHT + 26}" fill="#f8fafc"/>')
    print(streets(base))
    for number, itinerary in enumerate(plan["agentItineraries"]):
        colour, dash = COLOURS[number % 4], DASHES[number % 4]
        for tour in stops(itinerary):
            places = [place for _, place in tour]
            for points in lines(base, list(zip(places, places[1:]))):
                style = f'fill="none" stroke="{colour}" stroke-width="2.2" stroke-opacity="0.75" stroke-dasharray="{dash}"'
                print(polyline(points, style))
            for kind, place in tour:
                x, y = xy(*place).split(",")
                radius = 4.2 if kind == "VisitLocation" else 6
                print(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}" stroke="#fff" stroke-width="1.3"/>')
        name = itinerary["agent"]["name"].strip()
        print(f'<text x="{12 + 110 * number}" y="{HEIGHT + 18}" fill="{colour}" font-weight="bold">● {name}</text>')
    print(f'<text x="{WIDTH - 10}" y="{HEIGHT + 18}" fill="#475569" text-anchor="end">map data © OpenStreetMap contributors</text>')
    print("</svg>")


if __name__ == "__main__":
    main(*sys.argv[1:3])
