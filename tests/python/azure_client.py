#!/usr/bin/env python3
"""Asks a running server everything that Microsoft's own Python client can ask of directions and matrices, and judges it.

    azure_client.py BASE_URL KEY LAT,LON LAT,LON LAT,LON [...]

The client is `azure-maps-route` 1.0.0b3 as published (requirements.txt): this script subclasses and patches nothing. The
three or more places must be connected by road. It says what it did on standard output and ends with 0; when anything is
off it says so in one sentence on standard error and ends with 1.

What the client does, so that nobody has to find out again:

- It sends the key as the header `subscription-key`, and its defaults (`vehicleWeight=0`, `vehicleLength=0.0`,
  `vehicleCommercial=false`) with every call: zero must mean "not given".
- It turns each item of a batch into `?query=` and the text it was given, so an item is "lat,lon:lat,lon&name=value".
- A poller asks the absolute address in `Location` at once, then waits `Retry-After` seconds, else 30, and takes the first
  200 for the result. It never looks at a body before.
- `begin_get_route_directions_batch(batch_id=...)` and `begin_get_route_matrix_batch(matrix_id=...)` fetch a result again.
  The first passes `format` to a method that has no such parameter and so fails inside the client, whatever the server does:
  a finished batch can be read again by its address only.
"""

import json
import sys
import urllib.request

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.maps.route import MapsRouteClient
from azure.maps.route.models import GeoJsonMultiPoint, LatLongPair, RouteMatrixQuery


class Wrong(Exception):
    """The server's answer is not what it should be; the text is a sentence."""


def ensure(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def main(arguments):
    if len(arguments) < 5:
        print("usage: azure_client.py BASE_URL KEY LAT,LON LAT,LON LAT,LON [...]", file=sys.stderr)
        return 2
    base_url, key = arguments[:2]
    places = [tuple(float(number) for number in text.split(",")) for text in arguments[2:]]
    client = MapsRouteClient(AzureKeyCredential(key), endpoint=base_url)
    try:
        check_all(client, base_url, key, places)
    except Wrong as wrong:
        print(f"azure_client: {wrong}", file=sys.stderr)
        return 1
    except HttpResponseError as error:
        sentence = error.message.splitlines()[0]
        print(f"azure_client: the server refused with {error.status_code}: {sentence}", file=sys.stderr)
        return 1
    except Exception as error:  # a missing member, a lost connection: still one sentence
        print(f"azure_client: the client gave up with {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print("azure_client: all well")
    return 0


def check_all(client, base_url, key, places):
    travel = check_directions(client, places)
    check_batches(client, base_url, key, places, travel)
    check_matrices(client, places, travel)
    check_refusals(client, base_url, places)


def check_directions(client, places):
    """One route through all places, and one for each ordered pair; the pairs' travel comes back for the matrices."""
    route = client.get_route_directions([LatLongPair(latitude=lat, longitude=lon) for lat, lon in places]).routes[0]
    wanted = len(places) - 1
    ensure(len(route.legs) == wanted, f"{len(places)} waypoints should make {wanted} legs, not {len(route.legs)}")
    for index, leg in enumerate(route.legs):
        ensure(len(leg.points) >= 2, f"leg {index} has {len(leg.points)} points")
        ensure(leg.summary.length_in_meters > 0, f"leg {index} has no length")
    for figure in ("length_in_meters", "travel_time_in_seconds"):
        total = getattr(route.summary, figure)
        parts = sum(getattr(leg.summary, figure) for leg in route.legs)
        ensure(total == parts, f"{figure} of the route is {total}, of its legs {parts}")
    took = (route.summary.arrival_time - route.summary.departure_time).total_seconds()
    ensure(took == route.summary.travel_time_in_seconds, f"the route takes {took} s by the clock, not what it says")
    section = route.sections[0]
    points = sum(len(leg.points) for leg in route.legs)
    ensure(section.section_type == "TRAVEL_MODE", f"the section is of type {section.section_type}")
    ensure((section.start_point_index, section.end_point_index) == (0, points - 1), "the section is not the whole route")

    travel = {}
    for start in places:
        for end in places:
            summary = client.get_route_directions([start, end]).routes[0].summary
            travel[start, end] = (summary.travel_time_in_seconds, summary.length_in_meters)
    print(f"azure_client: directions, {len(route.legs)} legs, {route.summary.length_in_meters} m, and {len(travel)} pairs")
    return travel


def check_batches(client, base_url, key, places, travel):
    """Each pair, a nonsense, and a wish out of range; at once and later."""
    pairs = list(travel)
    queries = [f"{a[0]},{a[1]}:{b[0]},{b[1]}&travelMode=car" for a, b in pairs]
    queries += ["nonsense", queries[0] + "&maxAlternatives=99"]

    check_batch("the batch answered at once", client.get_route_directions_batch_sync(queries=queries), pairs, travel)

    answers = []
    poller = client.begin_get_route_directions_batch(queries=queries, raw_response_hook=answers.append)
    check_batch("the batch answered later", poller.result(), pairs, travel)
    check_protocol("batch", base_url, key, answers, retry_after=True)
    print(f"azure_client: batches of {len(queries)}, at once and later")


def check_batch(name, batch, pairs, travel):
    items = batch.batch_items
    ensure(len(items) == len(pairs) + 2, f"{name} has {len(items)} items, not {len(pairs) + 2}")
    summary = (batch.batch_summary.successful_requests, batch.batch_summary.total_requests)
    ensure(summary == (len(pairs), len(items)), f"{name} counts {summary}")
    for pair, item in zip(pairs, items):
        ensure(item.status_code == 200 and item.response.error is None, f"{name} refuses {pair}")
        ensure(len(item.response.routes[0].legs) == 1, f"{name} has no route for {pair}")
        found = item.response.routes[0].summary
        found = (found.travel_time_in_seconds, found.length_in_meters)
        ensure(found == travel[pair], f"{name} says {found} for {pair}, the single route {travel[pair]}")
    for item in items[len(pairs):]:
        ensure(item.status_code == 400, f"{name} answers nonsense with {item.status_code}")
        ensure(item.response.error is not None, f"{name} answers nonsense with a route")
        ensure(item.response.error.code == "400 BadRequest", f"{name} answers nonsense with {item.response.error.code}")
    ensure("maxAlternatives" in items[-1].response.error.message, f"{name} does not name the parameter at fault")


def check_matrices(client, places, travel):
    """Every cell equals its route; at once and later."""
    points = GeoJsonMultiPoint(coordinates=[[lon, lat] for lat, lon in places])
    query = RouteMatrixQuery(origins=points, destinations=points)
    check_matrix("the matrix answered at once", client.get_route_matrix(query=query), places, travel)

    answers = []
    poller = client.begin_get_route_matrix_batch(query=query, raw_response_hook=answers.append)
    check_matrix("the matrix answered later", poller.result(), places, travel)
    matrix_id = first_location(answers).split("?")[0].rsplit("/", 1)[1]
    again = client.begin_get_route_matrix_batch(matrix_id=matrix_id).result()
    check_matrix("the matrix fetched again by its id", again, places, travel)

    waited = client.begin_get_route_matrix_batch(query=query, wait_for_results=True).result()
    check_matrix("the matrix waited for", waited, places, travel)
    print(f"azure_client: matrices of {len(travel)} cells, at once, later, again and waited for")


def check_matrix(name, matrix, places, travel):
    total = len(places) ** 2
    summary = (matrix.summary.successful_routes, matrix.summary.total_routes)
    ensure(summary == (total, total), f"{name} counts {summary}, not {total} of {total}")
    for start, row in zip(places, matrix.matrix):
        ensure(len(row) == len(places), f"{name} has a row of {len(row)} cells")
        for end, cell in zip(places, row):
            ensure(cell.status_code == 200, f"{name} has a cell with status {cell.status_code}")
            found = (cell.response.summary.travel_time_in_seconds, cell.response.summary.length_in_meters)
            single = travel[start, end]
            ensure(found == single, f"{name} says {found} for {start} to {end}, the route {single}")


def check_protocol(name, base_url, key, answers, retry_after):
    """The headers of the POST and of each poll, and that the result can be read again."""
    for answer in answers:
        headers = answer.http_response.headers
        if answer.http_response.status_code != 202:
            continue
        location = headers.get("Location", "")
        ensure(location.startswith(f"{base_url}/route/"), f"the Location of a {name} is '{location}'")
        ensure("api-version=1.0" in location and "key" not in location, f"the Location of a {name} is '{location}'")
        ensure("Operation-Location" not in headers, f"a {name} has an Operation-Location, which this client would follow")
        ensure(not retry_after or int(headers["Retry-After"]) >= 1, f"a pending {name} has no Retry-After of 1 or more")
    request = urllib.request.Request(first_location(answers), headers={"subscription-key": key})
    for _ in range(2):
        with urllib.request.urlopen(request) as response:
            ensure(response.status == 200 and "summary" in json.load(response), f"a finished {name} cannot be read again")


def first_location(answers):
    ensure(answers and answers[0].http_response.status_code == 202, "a long question was not accepted with 202")
    return answers[0].http_response.headers["Location"]


def check_refusals(client, base_url, places):
    """The client's own exceptions, with the server's words in them."""
    message = refusal(HttpResponseError, 400, lambda: client.get_route_directions([(91.0, 0.0), places[0]]))
    ensure("latitude" in message, f"latitude 91 is refused with '{message}'")
    message = refusal(HttpResponseError, 400, lambda: client.get_route_directions(places[:2], travel_mode="hovercraft"))
    ensure("travelMode" in message, f"a hovercraft is refused with '{message}'")
    message = refusal(HttpResponseError, 400, lambda: client.get_route_directions_batch_sync(queries=[]))
    ensure("Request body is invalid or empty" in message, f"an empty batch is refused with '{message}'")
    nobody = "00000000-0000-4000-8000-000000000000"
    refusal(ResourceNotFoundError, 404, lambda: client.begin_get_route_matrix_batch(matrix_id=nobody).result())
    try:
        MapsRouteClient(AzureKeyCredential("wrong"), endpoint=base_url).get_route_directions(places[:2])
        print("azure_client: the server is open: a wrong key was let through")
    except ClientAuthenticationError as error:
        code = error.error and error.error.code
        ensure(code == "Unauthorized", f"a wrong key is refused with the code {code}")
        ensure("SharedKey" in error.response.headers.get("WWW-Authenticate", ""), "a 401 has no challenge")
    print("azure_client: refusals")


def refusal(kind, status, ask):
    """The message with which the server refuses what `ask` asks."""
    try:
        ask()
    except kind as error:
        ensure(error.status_code == status, f"{error.status_code} instead of {status}: {error.message}")
        return error.message
    raise Wrong(f"a question that should be refused with {status} was answered")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
