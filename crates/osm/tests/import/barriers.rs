//! Tags of a node in the middle of a road, and who may then drive through it.

use network::{Access, Mode};
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
    check("barrier=toll_booth", Yes, Yes, Yes);
    check("barrier=border_control", Yes, Yes, Yes);
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
fn a_bus_passes_a_bus_trap() {
    let map = Map::new("a b c").way("abc", &[("highway", "service")]).node_tags('b', &[("barrier", "bus_trap")]);
    let network = map.network();
    assert_eq!(network.barrier(map.node(&network, 'b'), Mode::Bus), Access::Yes);
    assert_eq!(network.barrier(map.node(&network, 'b'), Mode::Van), Access::No);
    assert_eq!(network.barrier(map.node(&network, 'a'), Mode::Van), Access::Yes);
}
