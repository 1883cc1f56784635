"""One run of one peer on one instance, in a process of its own: `peers.py NAME JOB.pickle SECONDS SEED` prints the routes as JSON.

Each adapter says what it cannot take by raising Unfit; the bench prints that instead of a figure. One thread each.
"""

import datetime
import json
import pickle
import sys

PRIORITY = 10_000  # weighs a point of score above any way of these files


class Unfit(Exception):
    pass


def pyvrp(task, seconds, seed):
    import pyvrp
    from pyvrp.stop import MaxRuntime

    rich = task.form == "vrplib"
    data, number = pyvrp_rich(task) if rich else pyvrp_data(task)
    result = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False)
    if not result.best.is_feasible():
        raise Unfit("no feasible plan")
    answer = {"routes": [], "cost": result.cost()}
    # A type's name lists its vehicles' places in the file.
    free = {kind: [int(place) + 1 for place in type.name.split(",")] for kind, type in enumerate(data.vehicle_types()) if rich}
    for route in result.best.routes():
        numbers = [number(visit) for visit in route]
        answer["routes"].append([number for number in numbers[:-1] if number is not None])
        if rich:
            answer.setdefault("vehicles_used", []).append({"vehicle": free[route.vehicle_type()].pop(0)})
    return answer


def pyvrp_rich(task):
    import numpy
    import pyvrp

    kind = kind_of(task.file)
    data = pyvrp.read(task.file, round_func={"HFVRP": "round", "MTVRPTWR": "dimacs"}.get(kind, "exact"))
    # What a vehicle may not visit is 2^44 away, with which PyVRP never stops.
    real = max(ways[ways < 1 << 43].max() for ways in map(numpy.asarray, data.distance_matrices()))
    near = lambda matrices: [numpy.minimum(ways, 1_000 * real) for ways in map(numpy.asarray, matrices)]
    data = data.replace(distance_matrices=near(data.distance_matrices()), duration_matrices=near(data.duration_matrices()))

    def number(visit):
        if visit.type == pyvrp.ActivityType.CLIENT:
            return visit.idx + data.num_depots + 1
        return visit.idx + 1 if kind == "MTVRPTWR" else None  # each trip begins at the depot

    return data, number


def kind_of(file):
    return next(line.split(":")[1].strip() for line in file.read_text().splitlines() if line.startswith("TYPE"))


def pyvrp_data(task):
    import pyvrp

    model = pyvrp.Model()
    places = [model.add_location(x=stop.x, y=stop.y) for stop in task.stops]
    depot = model.add_depot(places[0])
    fleet_first = 10_000_000 if task.form == "li-lim" else 0
    home = task.stops[0]
    model.add_vehicle_type(
        num_available=task.vehicles, capacity=min(task.capacity, 1 << 30), start_depot=depot, end_depot=depot, tw_early=home.opens,
        tw_late=home.closes, fixed_cost=fleet_first,
    )
    numbers, pairs = [], []
    place = {stop.number: place for stop, place in zip(task.stops, places)}
    by_number = {stop.number: stop for stop in task.stops}
    for stop in task.stops[1:]:
        if task.form == "li-lim":
            if stop.delivery:
                other = by_number[stop.delivery]
                model.add_shipment(
                    place[stop.number], place[other.number], stop.opens, stop.closes, stop.service, other.opens, other.closes,
                    other.service, amount=stop.demand,
                )
                pairs.append((stop.number, other.number))
            continue
        prize = {"toptw": PRIORITY * stop.worth, "pcvrptw": stop.worth}.get(task.form, 0)
        model.add_client(
            place[stop.number], delivery=stop.demand, service_duration=stop.service, tw_early=stop.opens, tw_late=stop.closes,
            prize=prize, required=task.form not in ("toptw", "pcvrptw"),
        )
        numbers.append(stop.number)
    for a, row in zip(places, task.matrix()):
        for b, way in zip(places, row):
            model.add_edge(a, b, way, way)
    kinds = pyvrp.ActivityType

    def number(visit):
        if visit.type == kinds.CLIENT:
            return numbers[visit.idx]
        if visit.type in (kinds.PICKUP, kinds.DELIVERY):
            return pairs[visit.idx][visit.type == kinds.DELIVERY]
        return None

    return model.data(), number


def vroom(task, seconds, seed):
    import numpy
    import vroom

    if task.form in ("vrplib", "pcvrptw"):
        raise Unfit("no prizes against cost, no file of its own")
    if max(stop.worth for stop in task.stops) > 100:
        raise Unfit("priorities above 100")
    question = vroom.Input()
    ways = numpy.array(task.matrix(), dtype=numpy.uint32)
    question.set_durations_matrix("car", ways)
    question.set_costs_matrix("car", ways)
    home, last = task.stops[0], (1 << 31) - 1
    window = lambda stop: [vroom.TimeWindow(stop.opens, min(stop.closes, last))]
    for vehicle in range(task.vehicles):
        question.add_vehicle(vroom.Vehicle(vehicle, start=0, end=0, capacity=[task.capacity], time_window=window(home)[0]))
    index = {stop.number: place for place, stop in enumerate(task.stops)}
    for stop in task.stops[1:]:
        step = lambda one: vroom.ShipmentStep(one.number, index[one.number], default_service=one.service, time_windows=window(one))
        if task.form == "li-lim":
            if stop.delivery:
                other = task.stops[index[stop.delivery]]
                question.add_job(vroom.Shipment(step(stop), step(other), amount=vroom.Amount([stop.demand])))
        else:
            question.add_job(vroom.Job(
                stop.number, index[stop.number], default_service=stop.service, delivery=vroom.Amount([stop.demand]),
                priority=stop.worth if task.form == "toptw" else 0, time_windows=window(stop),
            ))
    answer = question.solve(exploration_level=5, nb_threads=1, timeout=datetime.timedelta(seconds=seconds))
    plan = answer.routes
    steps = plan[plan["type"].isin(["job", "pickup", "delivery"])]
    return {"routes": [[int(n) for n in visits["id"]] for _, visits in steps.groupby("vehicle_id", sort=True)]}


def ortools(task, seconds, seed):
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    if task.form == "vrplib":
        raise Unfit("no file of its own")
    manager = pywrapcp.RoutingIndexManager(len(task.stops), task.vehicles, 0)
    routing = pywrapcp.RoutingModel(manager)
    ways, node = task.matrix(), manager.IndexToNode
    way = routing.RegisterTransitCallback(lambda a, b: ways[node(a)][node(b)])
    time = routing.RegisterTransitCallback(lambda a, b: ways[node(a)][node(b)] + task.stops[node(a)].service)
    load = routing.RegisterUnaryTransitCallback(lambda a: task.stops[node(a)].demand)
    routing.SetArcCostEvaluatorOfAllVehicles(way)
    horizon = min(task.stops[0].closes, 1 << 30)
    routing.AddDimension(time, horizon, horizon, False, "time")
    routing.AddDimension(load, 0, min(task.capacity, 1 << 30), True, "load")
    clock = routing.GetDimensionOrDie("time")
    index = {stop.number: place for place, stop in enumerate(task.stops)}
    for place, stop in enumerate(task.stops[1:], 1):
        at = manager.NodeToIndex(place)
        clock.CumulVar(at).SetRange(stop.opens, min(stop.closes, horizon))
        if task.form in ("toptw", "pcvrptw"):
            routing.AddDisjunction([at], stop.worth * (1000 if task.form == "toptw" else 1))
        if task.form == "li-lim" and stop.delivery:
            to = manager.NodeToIndex(index[stop.delivery])
            routing.AddPickupAndDelivery(at, to)
            routing.solver().Add(routing.VehicleVar(at) == routing.VehicleVar(to))
            routing.solver().Add(clock.CumulVar(at) <= clock.CumulVar(to))
    if task.form == "li-lim":
        routing.SetFixedCostOfAllVehicles(10_000_000)
    wish = pywrapcp.DefaultRoutingSearchParameters()
    wish.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    wish.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    wish.time_limit.FromMilliseconds(int(1000 * seconds))
    found = routing.SolveWithParameters(wish)
    if found is None:
        raise Unfit("no plan within the time")
    routes = []
    for vehicle in range(task.vehicles):
        at, route = found.Value(routing.NextVar(routing.Start(vehicle))), []
        while not routing.IsEnd(at):
            route.append(task.stops[node(at)].number)
            at = found.Value(routing.NextVar(at))
        routes.append(route)
    return {"routes": [route for route in routes if route]}


def vrp_cli(task, seconds, seed):
    import vrp_cli as peer

    if task.form not in ("solomon", "cvrp", "toptw"):
        raise Unfit("prizes, pairs first by vehicles and other files are not put to it here")
    stamp = lambda second: datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    home, last = task.stops[0], 1 << 30

    def job(place, stop):
        there = {"location": {"index": place}, "duration": stop.service, "times": [[stamp(stop.opens), stamp(min(stop.closes, last))]]}
        kind, value = ("services", {"value": stop.worth}) if task.form == "toptw" else ("deliveries", {})
        demand = {} if task.form == "toptw" else {"demand": [stop.demand]}
        return {"id": str(stop.number), kind: [{"places": [there], **demand}], **value}

    ends = {"start": {"earliest": stamp(home.opens), "latest": stamp(home.opens), "location": {"index": 0}},
            "end": {"latest": stamp(min(home.closes, last)), "location": {"index": 0}}}
    vehicle = {"typeId": "v", "vehicleIds": [f"v{n}" for n in range(task.vehicles)], "profile": {"matrix": "car"},
               "costs": {"fixed": 0.0, "distance": 1.0, "time": 0.0}, "shifts": [ends], "capacity": [min(task.capacity, 1 << 30)]}
    first = {"type": "maximize-value"} if task.form == "toptw" else {"type": "minimize-unassigned"}
    problem = {"plan": {"jobs": [job(place, stop) for place, stop in enumerate(task.stops) if place]},
               "fleet": {"vehicles": [vehicle], "profiles": [{"name": "car"}]},
               "objectives": [[first], [{"type": "minimize-distance"}]]}
    flat = [way for row in task.matrix() for way in row]
    matrix = {"profile": "car", "travelTimes": flat, "distances": flat}
    wish = {"termination": {"maxTime": max(1, int(seconds)), "maxGenerations": 10**9},
            "environment": {"parallelism": {"numThreadPools": 1, "threadsPerPool": 1}}}
    answer = json.loads(peer.solve_pragmatic(problem=json.dumps(problem), matrices=[json.dumps(matrix)], config=json.dumps(wish)))
    visits = lambda tour: [int(act["jobId"]) for stop in tour["stops"] for act in stop["activities"] if act["jobId"].isdigit()]
    return {"routes": [visits(tour) for tour in answer["tours"]]}


def main():
    name, job, seconds, seed = sys.argv[1:5]
    with open(job, "rb") as file:
        task = pickle.load(file)
    try:
        told = {"pyvrp": pyvrp, "pyvroom": vroom, "ortools": ortools, "vrp-cli": vrp_cli}[name](task, float(seconds), int(seed))
    except Unfit as why:
        told = {"unfit": str(why)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
