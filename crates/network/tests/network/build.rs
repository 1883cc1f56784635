//! What a built network answers.

use network::{
    Access, Conditional, Details, EdgeFlags, EdgeId, Effect, Forbidden, Limit, Mode, ModeSet, Network, NetworkBuilder,
    Node, NodeId, Road, RoadClass, Sign, Surface,
};

use crate::sample::{at, network, open};

fn edge(network: &Network, tail: u32, head: u32) -> EdgeId {
    network.edges_from(NodeId(tail)).find(|&edge| network.head(edge) == NodeId(head)).unwrap()
}

#[test]
fn edges_are_sorted_by_tail() {
    let network = network();
    assert_eq!((network.node_count(), network.edge_count()), (3, 6));
    assert_eq!(network.first_out(), [0, 2, 4, 6]);
    for node in network.nodes() {
        for edge in network.edges_from(node) {
            assert_eq!(network.tail(edge), node);
            assert_eq!(network.heads()[edge.0 as usize], network.head(edge));
            assert_eq!(network.tails()[edge.0 as usize], node);
        }
    }
}

#[test]
fn the_two_directions_share_what_they_share() {
    let network = network();
    let (there, back) = (edge(&network, 0, 1), edge(&network, 1, 0));
    assert_eq!((network.reverse(there), network.reverse(back)), (Some(back), Some(there)));
    assert!(network.shape(there).rev().eq(network.shape(back)));
    assert_eq!(network.shape(there).collect::<Vec<_>>(), [at(0, 0), at(5_000, 100), at(6_000, -100), at(10_000, 0)]);
    assert_eq!(network.length_cm(there), network.length_cm(back));
    assert!((11_100..11_600).contains(&network.length_cm(there)));
    assert_eq!((network.max_speed_kmh(there), network.max_speed_kmh(back)), (Some(50), None));
    for edge in [there, back] {
        assert_eq!((network.name(edge), network.reference(edge)), ("Rua Áurea", "N 12"));
        assert_eq!((network.way_id(edge), network.class(edge)), (-7, RoadClass::Primary));
        assert_eq!(network.flags(edge), EdgeFlags::TOLL | EdgeFlags::BRIDGE);
        assert_eq!(network.ferry_duration_ms(edge), None);
    }
}

#[test]
fn a_direction_that_is_closed_to_all_is_no_edge() {
    let network = network();
    let only = edge(&network, 1, 2);
    assert_eq!(network.reverse(only), None);
    assert_eq!((network.access(only, Mode::Bus), network.access(only, Mode::Car)), (Access::Ends, Access::No));
    // It runs against the line of its road, which has no inner points.
    assert_eq!(network.shape(only).collect::<Vec<_>>(), [at(10_000, 0), at(10_000, 10_000)]);
    assert!(network.edges_from(NodeId(2)).all(|edge| network.head(edge) != NodeId(1)));
}

#[test]
fn details_are_those_of_one_direction() {
    let network = network();
    let (there, back) = (edge(&network, 0, 1), edge(&network, 1, 0));
    assert_eq!((network.lanes(there), network.lanes(back)), (Some(3), None));
    assert_eq!((network.surface(there), network.surface(back)), (Surface::Rough, Surface::Rough));
    let limit = |edge, limit| network.limits(edge).get(limit);
    assert_eq!((limit(there, Limit::Weight), limit(there, Limit::Height)), (Some(7_500), None));
    assert_eq!((limit(back, Limit::Weight), limit(back, Limit::Height)), (None, Some(210)));
    assert_eq!((network.sign(there, Sign::Destination), network.sign(there, Sign::TurnLanes)), ("Porto", "left|"));
    assert_eq!((network.sign(back, Sign::Destination), network.sign(there, Sign::ExitName)), ("", ""));
    let conditions: Vec<_> = network.conditions(there).map(|condition| (condition.effect, condition.when)).collect();
    let expected = [(Effect::Access(Access::No), "22:00-06:00"), (Effect::Limit(Limit::Weight, None), "destination")];
    assert_eq!(conditions, expected);
    assert_eq!(network.conditions(back).len(), 0);
    let plain = edge(&network, 1, 2);
    assert!(network.limits(plain).is_none() && network.conditions(plain).len() == 0);
}

#[test]
fn nodes_have_details_too() {
    let network = network();
    assert_eq!(network.limits_at(NodeId(2)).get(Limit::Height), Some(210));
    assert_eq!(network.sign_at(NodeId(2), Sign::ExitReference), "");
    assert!(network.limits_at(NodeId(0)).is_none() && network.conditions_at(NodeId(0)).len() == 0);
    let kinds = |node| (network.is_border(node), network.has_toll_booth(node), network.has_signals(node));
    assert_eq!((kinds(NodeId(1)), kinds(NodeId(2))), ((false, false, false), (true, true, true)));
}

#[test]
fn what_is_forbidden_at_times_is_apart() {
    let network = network();
    let cars = ModeSet::EMPTY.with(Mode::Car);
    let edges = [edge(&network, 2, 0), edge(&network, 0, 1)];
    // The other sequence begins against a one-way road, where nobody travels.
    let expected = [(Forbidden { edges: &edges, modes: cars }, "Mo-Fr 07:00-09:00")];
    assert_eq!(network.forbidden_at_times().collect::<Vec<_>>(), expected);
}

#[test]
fn a_direction_that_is_open_at_times_is_an_edge() {
    let mut builder = NetworkBuilder::new();
    let [a, b] = [at(0, 0), at(0, 100)].map(|place| builder.add_node(Node::at(place)));
    let at_night = Conditional {
        modes: ModeSet::EMPTY.with(Mode::Car),
        effect: Effect::Access(Access::Ends),
        when: builder.text("22:00-06:00"),
    };
    let opens = builder.details(&Details { conditions: vec![at_night], ..Details::default() });
    let closes = Conditional { effect: Effect::Access(Access::No), ..at_night };
    let closes = builder.details(&Details { conditions: vec![closes], ..Details::default() });
    builder.add_road(&Road { details: [opens, closes], ..Road::between(a, b, RoadClass::Service) }, &[]);
    let network = builder.build().unwrap();
    assert_eq!(network.edge_count(), 1);
    assert_eq!(network.access(EdgeId(0), Mode::Car), Access::No);
    assert_eq!(network.conditions(EdgeId(0)).len(), 1);
}

#[test]
fn nodes_have_barriers_and_signals() {
    let network = network();
    let car = |node| network.barrier(NodeId(node), Mode::Car);
    assert_eq!([car(0), car(1), car(2)], [Access::Yes, Access::Ends, Access::Yes]);
    assert_eq!([0, 1, 2].map(|node| network.has_signals(NodeId(node))), [false, false, true]);
    let all = network.bounding_box().unwrap();
    assert_eq!((all.min, all.max), (at(0, -100), at(11_000, 20_000)));
}

#[test]
fn ferries_know_their_duration() {
    let network = network();
    assert_eq!(network.ferry_duration_ms(edge(&network, 2, 0)), Some(90_000));
    assert_eq!(network.ferry_duration_ms(edge(&network, 0, 2)), Some(90_000));
}

#[test]
fn forbidden_sequences_are_sorted() {
    let network = network();
    let cars = ModeSet::EMPTY.with(Mode::Car);
    let (ab, bc, ca, ac) = (edge(&network, 0, 1), edge(&network, 1, 2), edge(&network, 2, 0), edge(&network, 0, 2));
    let expected = [
        Forbidden { edges: &[ab, bc], modes: cars.with(Mode::Truck) },
        Forbidden { edges: &[ab, bc, ca], modes: cars },
        Forbidden { edges: &[ac, ca], modes: cars },
    ];
    assert_eq!(network.forbidden().collect::<Vec<_>>(), expected);
}

#[test]
fn forbidden_sequences_are_merged_and_pruned() {
    let mut builder = NetworkBuilder::new();
    let [a, b] = [at(0, 0), at(0, 100)].map(|place| builder.add_node(Node::at(place)));
    let there = builder.add_road(&Road { forward: open(None), ..Road::between(a, b, RoadClass::Service) }, &[]);
    let back = builder.add_road(&Road { forward: open(None), ..Road::between(b, a, RoadClass::Service) }, &[]);
    for mode in [Mode::Van, Mode::Car] {
        builder.forbid(&[(there, false), (back, false)], ModeSet::EMPTY.with(mode));
    }
    builder.forbid(&[(there, false), (there, true)], ModeSet::EMPTY.with(Mode::Car));
    builder.forbid(&[(back, false), (there, false)], ModeSet::EMPTY);
    let network = builder.build().unwrap();
    let forbidden: Vec<_> = network.forbidden().collect();
    assert_eq!(forbidden.len(), 1, "nobody travels against one way, and no mode is nobody");
    assert_eq!(forbidden[0].modes.iter().collect::<Vec<_>>(), [Mode::Car, Mode::Van]);
}

#[test]
#[should_panic(expected = "do not follow each other")]
fn a_forbidden_sequence_must_hold_together() {
    let mut builder = NetworkBuilder::new();
    let [a, b, c] = [0, 1, 2].map(|lon| builder.add_node(Node::at(at(0, lon))));
    let road = |from, to| Road { forward: open(None), ..Road::between(from, to, RoadClass::Service) };
    let (first, second) = (builder.add_road(&road(a, b), &[]), builder.add_road(&road(a, c), &[]));
    builder.forbid(&[(first, false), (second, false)], ModeSet::EMPTY.with(Mode::Car));
    let _ = builder.build();
}

#[test]
fn two_nodes_at_one_place_are_not_free_to_travel_between() {
    let mut builder = NetworkBuilder::new();
    let [a, b] = [at(5, 5); 2].map(|place| builder.add_node(Node::at(place)));
    builder.add_road(&Road { forward: open(None), ..Road::between(a, b, RoadClass::Service) }, &[]);
    assert_eq!(builder.build().unwrap().length_cm(EdgeId(0)), 1);
}

#[test]
fn the_empty_network_is_a_network() {
    let network = NetworkBuilder::new().build().unwrap();
    assert_eq!((network.node_count(), network.edge_count(), network.bounding_box()), (0, 0, None));
    assert_eq!(network.forbidden().len(), 0);
}
