//! Tags of a node in the middle of a road, and who may then drive through it.

use network::{Access, Effect, Limit, Limits, Mode};
use testkit::Map;

fn check(tags: &str, car: Access, bicycle: Access, pedestrian: Access) {
    let pairs: Vec<_> = tags.split(' ').map(|pair| pair.split_once('=').unwrap()).collect();
    let map = Map::new("a b c").way("abc", &[("highway", "residential")]).node_tags('b', &pairs);
    let network = map.network();
    let open = [car, bicycle, pedestrian] == [Access::Yes; 3];
    if open {
        assert_eq!(network.node_count(), 2, "{tags} stops nobody, so the road is not cut");
        return;
    }
    let node = map.node(&network, 'b');
    let found = [Mode::Car, Mode::Bicycle, Mode::Pedestrian].map(|mode| network.barrier(node, mode));
    assert_eq!(found, [car, bicycle, pedestrian], "{tags}");
}

#[test]
fn each_kind_stops_whom_it_stops() {
    use Access::{Ends, No, Yes};
    check("barrier=gate", Yes, Yes, Yes);
    check("barrier=lift_gate", Yes, Yes, Yes);
    check("barrier=cattle_grid", Yes, Yes, Yes);
    check("barrier=kerb", Yes, Yes, Yes);
    check("barrier=gate locked=yes", Ends, Ends, Ends);
    check("barrier=gate access=private", Ends, Ends, Ends);
    check("barrier=gate access=no", No, No, No);
    check("barrier=gate access=no foot=yes", No, No, Yes);
    check("barrier=gate motor_vehicle=no", No, Yes, Yes);
    check("barrier=lift_gate vehicle=customers", Ends, Ends, Yes);
    check("barrier=bollard", No, Yes, Yes);
    check("barrier=bollard access=yes", No, Yes, Yes);
    check("barrier=bollard motor_vehicle=yes", Yes, Yes, Yes);
    check("barrier=bollard motorcar=destination", Ends, Yes, Yes);
    check("barrier=bollard bollard=rising", Yes, Yes, Yes);
    check("barrier=block", No, Yes, Yes);
    check("barrier=chain", No, Yes, Yes);
    check("barrier=cycle_barrier", No, Yes, Yes);
    check("barrier=stile", No, No, Yes);
    check("barrier=kissing_gate", No, No, Yes);
    check("barrier=bus_trap", No, Yes, Yes);
    check("barrier=wall", No, No, No);
    check("barrier=gibberish", No, Yes, Yes);
    check("barrier=bump_gate", Yes, Yes, Yes);
    check("barrier=motorcycle_barrier", No, Yes, Yes);
    check("barrier=turnstile", No, No, Yes);
    check("barrier=block access=yes foot=no", No, Yes, No);
    check("barrier=gate vehicle=no bicycle=yes", No, Yes, Yes);
    check("barrier=gate access=forestry", No, No, No);
    check("highway=crossing access=no", Yes, Yes, Yes);
}

#[test]
fn each_mode_has_its_own_keys_at_a_barrier() {
    use Access::{Ends, No, Yes};
    for (tags, expected) in [
        ("barrier=bollard bus=yes", [No, No, No, Yes, No, No, Yes, Yes]),
        ("barrier=bollard psv=yes taxi=no", [No, No, No, Yes, No, No, Yes, Yes]),
        ("barrier=gate hgv=no", [Yes, No, Yes, Yes, Yes, Yes, Yes, Yes]),
        ("barrier=gate goods=delivery motorcycle=no", [Yes, Yes, Yes, Yes, Ends, No, Yes, Yes]),
        ("barrier=height_restrictor", [Yes, No, Yes, No, Yes, Yes, Yes, Yes]),
        ("barrier=sump_buster", [No, Yes, No, Yes, No, No, Yes, Yes]),
        ("barrier=lift_gate access=psv", [No, No, Yes, Yes, No, No, No, No]),
    ] {
        let pairs: Vec<_> = tags.split(' ').map(|pair| pair.split_once('=').unwrap()).collect();
        let map = Map::new("a b c").way("abc", &[("highway", "residential")]).node_tags('b', &pairs);
        let network = map.network();
        let node = map.node(&network, 'b');
        assert_eq!(Mode::ALL.map(|mode| network.barrier(node, mode)), expected, "{tags}");
    }
}

#[test]
fn borders_and_toll_booths_stop_nobody_and_are_kept() {
    for (tags, border, toll) in [
        (("barrier", "border_control"), true, false),
        (("barrier", "toll_booth"), false, true),
        (("highway", "toll_gantry"), false, true),
    ] {
        let map = Map::new("a b c").way("abc", &[("highway", "residential")]).node_tags('b', &[tags]);
        let network = map.network();
        let node = map.node(&network, 'b');
        assert_eq!((network.is_border(node), network.has_toll_booth(node)), (border, toll), "{tags:?}");
        assert_eq!(Mode::ALL.map(|mode| network.barrier(node, mode)), [Access::Yes; 8]);
    }
}

#[test]
fn limits_on_a_node_cut_the_road() {
    for (tags, limit, value) in [
        (vec![("barrier", "height_restrictor"), ("maxheight", "2.1")], Limit::Height, 210),
        (vec![("maxheight", "6'10\"")], Limit::Height, 208),
        (vec![("barrier", "bollard"), ("maxwidth:physical", "1.8")], Limit::Width, 180),
        (vec![("traffic_sign", "maxweight"), ("maxweight", "7.5")], Limit::Weight, 7_500),
    ] {
        let map = Map::new("a b c").way("abc", &[("highway", "residential")]).node_tags('b', &tags);
        let network = map.network();
        let limits = network.limits_at(map.node(&network, 'b'));
        assert_eq!(limits, Limits::default().with(limit, value), "{tags:?}");
    }
    let map = Map::new("a b c")
        .way("abc", &[("highway", "residential")])
        .node_tags('b', &[("barrier", "height_restrictor"), ("maxheight", "3.5")]);
    let network = map.network();
    assert_eq!(network.barrier(map.node(&network, 'b'), Mode::Truck), Access::Yes, "its height decides");
}

#[test]
fn a_gate_that_is_shut_at_times() {
    let tags = [("barrier", "gate"), ("motor_vehicle:conditional", "no @ (22:00-06:00); yes @ (weight<3.5)")];
    let map = Map::new("a b c").way("abc", &[("highway", "residential")]).node_tags('b', &tags);
    let network = map.network();
    let conditions: Vec<_> = network.conditions_at(map.node(&network, 'b')).collect();
    assert_eq!(conditions.len(), 2);
    assert_eq!((conditions[0].effect, conditions[0].when), (Effect::Access(Access::No), "22:00-06:00"));
    assert_eq!((conditions[1].effect, conditions[1].when), (Effect::Access(Access::Yes), "weight<3.5"));
    assert!(conditions[0].modes.contains(Mode::Car) && !conditions[0].modes.contains(Mode::Bicycle));
}

#[test]
fn a_bus_passes_a_bus_trap() {
    let map = Map::new("a b c").way("abc", &[("highway", "service")]).node_tags('b', &[("barrier", "bus_trap")]);
    let network = map.network();
    assert_eq!(network.barrier(map.node(&network, 'b'), Mode::Bus), Access::Yes);
    assert_eq!(network.barrier(map.node(&network, 'b'), Mode::Van), Access::No);
    assert_eq!(network.barrier(map.node(&network, 'a'), Mode::Van), Access::Yes);
}
