"""Draws countries.txt from the boundaries of Natural Earth, 1:50 million (public domain), in the form in which the
package world-atlas 2.0.2 carries them (countries-50m.json).

    pip install pycountry && python3 countries.py countries-50m.json > countries.txt

Each line is a country's code (ISO 3166-1) and a ring of longitude,latitude in hundredths of a degree. Borders are simplified
to within 0.03 degrees, both neighbours along the same line; coasts to within 0.12 degrees, since who stands in the sea is
given to the nearest country anyway. Of islands smaller than some 35 square kilometres only a country's largest is kept.
"""
import json
import sys

import pycountry

topology = json.load(open(sys.argv[1]))
scale, shift = topology['transform']['scale'], topology['transform']['translate']
BORDER, COAST = 0.03, 0.12
def decode(arc):
    x = y = 0; points = []
    for dx, dy in arc:
        x += dx; y += dy
        points.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
    return points
def simplify(points, tolerance):
    keep = {0, len(points) - 1}; stack = [(0, len(points) - 1)]
    if points[0] == points[-1]:
        far = max(range(len(points)), key=lambda i: (points[i][0]-points[0][0])**2 + (points[i][1]-points[0][1])**2)
        keep.add(far); stack = [(0, far), (far, len(points) - 1)]
    while stack:
        a, b = stack.pop()
        if b - a < 2: continue
        (ax, ay), (bx, by) = points[a], points[b]
        length = ((bx-ax)**2 + (by-ay)**2) ** 0.5
        def off(i):
            px, py = points[i]
            if length == 0: return ((px-ax)**2 + (py-ay)**2) ** 0.5
            t = max(0, min(1, ((px-ax)*(bx-ax) + (py-ay)*(by-ay)) / length**2))
            return ((px-ax-t*(bx-ax))**2 + (py-ay-t*(by-ay))**2) ** 0.5
        worst = max(range(a + 1, b), key=off)
        if off(worst) > tolerance:
            keep.add(worst); stack += [(a, worst), (worst, b)]
    return [points[i] for i in sorted(keep)]
countries = topology['objects']['countries']['geometries']
def rings(g):
    return g['arcs'] if g['type'] == 'Polygon' else [ring for polygon in g['arcs'] for ring in polygon]
users = {}
for g in countries:
    for ring in rings(g):
        for arc in ring: users.setdefault(arc if arc >= 0 else ~arc, set()).add(g['properties']['name'])
def tolerance(number, points):
    if len(users.get(number, ())) > 1:
        return BORDER
    extent = max(max(p[axis] for p in points) - min(p[axis] for p in points) for axis in (0, 1))
    return min(COAST, max(extent / 8, 0.01))
arcs = [simplify(p, tolerance(i, p)) for i, p in enumerate(map(decode, topology['arcs']))]
NAMED = {'Somaliland': 'SO', 'Kosovo': 'XK', 'N. Cyprus': 'CY', 'Siachen Glacier': 'IN', 'Indian Ocean Ter.': 'AU'}
def code(g):
    if 'id' not in g: return NAMED[g['properties']['name']]
    return pycountry.countries.get(numeric=g['id']).alpha_2
def area(r): return abs(sum(a[0]*b[1]-b[0]*a[1] for a, b in zip(r, r[1:] + r[:1]))) / 2
def box(r):
    west, east = min(x for x, _ in r) - 1, max(x for x, _ in r) + 1
    south, north = min(y for _, y in r) - 1, max(y for _, y in r) + 1
    return [(west, south), (east, south), (east, north), (west, north)]
lines = {}
for g in countries:
    drawn = []
    for ring in rings(g):
        points = []
        for arc in ring:
            part = arcs[arc] if arc >= 0 else arcs[~arc][::-1]
            points += part[1:] if points else part
        r = [(round(x * 100), round(y * 100)) for x, y in points]
        r = [p for i, p in enumerate(r) if i == 0 or p != r[i-1]]
        if r[0] == r[-1]: r.pop()
        drawn.append(r)
    drawn = [r if len(r) >= 3 else box(r) for r in drawn]
    largest = max(map(area, drawn))
    lines.setdefault(code(g), []).extend(r for r in drawn if area(r) >= 30 or area(r) == largest)
for name in sorted(lines):
    for r in sorted(lines[name]):
        print(name, ' '.join('%d,%d' % p for p in r))
