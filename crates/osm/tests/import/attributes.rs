//! Limits, flags, surfaces and the side of traffic: tags of a way, and what its edges then carry.

use network::{Access, EdgeFlags, EdgeId, Hazmat, Limit, Network, Surface, TunnelCategory};
use testkit::Map;

/// The network of one way `ab` with a class and these tags ("key=value|key=value").
fn street(tags: &str) -> (Map, Network) {
    let mut pairs = vec![("highway", "secondary")];
    pairs.extend(tags.split('|').map(|pair| pair.split_once('=').unwrap()));
    let map = Map::new("a b").way("ab", &pairs);
    let network = map.network();
    (map, network)
}

fn edge(map: &Map, network: &Network, from: char, to: char) -> EdgeId {
    map.edge(network, from, to).unwrap()
}

#[test]
fn limits_by_key_and_direction() {
    for (tags, limit, forward, backward) in [
        ("maxheight=3.8", Limit::Height, Some(380), Some(380)),
        ("maxheight=12'1\"", Limit::Height, Some(368), Some(368)),
        ("maxheight=default", Limit::Height, None, None),
        ("maxheight=none", Limit::Height, None, None),
        ("maxheight=4|maxheight:physical=3.9", Limit::Height, Some(390), Some(390)),
        ("maxheight:forward=3", Limit::Height, Some(300), None),
        ("maxheight=3|maxheight:forward=3.5", Limit::Height, Some(350), Some(300)),
        ("maxheight=3|maxheight:backward=none", Limit::Height, Some(300), None),
        ("maxwidth=2.3 m", Limit::Width, Some(230), Some(230)),
        ("maxwidth=8'6\"", Limit::Width, Some(259), Some(259)),
        ("maxlength=12", Limit::Length, Some(1_200), Some(1_200)),
        ("maxweight=7.5", Limit::Weight, Some(7_500), Some(7_500)),
        ("maxweight=16000 lbs", Limit::Weight, Some(7_250), Some(7_250)),
        ("maxweight=10 st", Limit::Weight, Some(9_070), Some(9_070)),
        ("maxweight:backward=7.5", Limit::Weight, None, Some(7_500)),
        ("maxgcweight=18|maxweight=30", Limit::Weight, Some(18_000), Some(18_000)),
        ("maxaxleload=8", Limit::AxleLoad, Some(8_000), Some(8_000)),
        ("maxweightrating=3.5", Limit::RatedWeight, Some(3_500), Some(3_500)),
        ("maxweightrating:hgv=7.5", Limit::RatedWeight, Some(7_500), Some(7_500)),
        ("maxweight:hgv=12", Limit::RatedWeight, Some(12_000), Some(12_000)),
        ("maxweight:hgv=12", Limit::Weight, None, None),
        ("maxspeed:hgv=60", Limit::TruckSpeed, Some(60), Some(60)),
        ("maxspeed:hgv:forward=40 mph", Limit::TruckSpeed, Some(64), None),
        ("maxspeed=50", Limit::TruckSpeed, None, None),
    ] {
        let (map, network) = street(tags);
        let stated = |from, to| network.limits(edge(&map, &network, from, to)).get(limit);
        assert_eq!((stated('a', 'b'), stated('b', 'a')), (forward, backward), "{tags}");
    }
}

#[test]
fn dangerous_goods() {
    let free = Hazmat::FREE;
    for (tags, expected) in [
        ("name=Anywhere", free),
        ("hazmat=no", Hazmat { goods: Access::No, ..free }),
        ("hazmat=destination", Hazmat { goods: Access::Ends, ..free }),
        ("hazmat=designated", free),
        ("hazmat:water=no", Hazmat { water: Access::No, ..free }),
        ("hazmat:water=permissive", free),
        ("tunnel=yes|hazmat:adr_tunnel_cat=D", Hazmat { tunnel: Some(TunnelCategory::D), ..free }),
        ("tunnel=yes|hazmat:tunnel_cat=A", Hazmat { tunnel: Some(TunnelCategory::A), ..free }),
        ("tunnel=yes|hazmat:E=no", Hazmat { tunnel: Some(TunnelCategory::E), ..free }),
        ("tunnel=yes|hazmat:B=no|hazmat:C=no", Hazmat { tunnel: Some(TunnelCategory::C), ..free }),
        ("tunnel=yes|hazmat:A=destination", free),
        ("hazmat:E=no", free),
        ("tunnel=yes|hazmat:adr_tunnel_cat=Z", free),
    ] {
        let (map, network) = street(tags);
        assert_eq!(network.limits(edge(&map, &network, 'a', 'b')).hazmat(), expected, "{tags}");
    }
}

#[test]
fn flags_by_tag() {
    let tolls = EdgeFlags::TOLL | EdgeFlags::TRUCK_TOLL;
    let circle = EdgeFlags::ROUNDABOUT | EdgeFlags::CIRCULAR;
    for (tags, expected) in [
        ("lit=yes", EdgeFlags::NONE),
        ("toll=yes", tolls),
        ("toll=no", EdgeFlags::NONE),
        ("toll:hgv=yes", EdgeFlags::TRUCK_TOLL),
        ("toll:N3=yes", EdgeFlags::TRUCK_TOLL),
        ("toll=yes|toll:hgv=no", EdgeFlags::TOLL),
        ("toll:motor_vehicle=yes", tolls),
        ("toll:motorcar=yes", EdgeFlags::TOLL),
        ("hov=designated", EdgeFlags::CARPOOL),
        ("hov=no", EdgeFlags::NONE),
        ("hov=yes", EdgeFlags::NONE),
        ("low_emission_zone=yes", EdgeFlags::LOW_EMISSION_ZONE),
        ("low_emission_zone=no", EdgeFlags::NONE),
        ("hgv=designated", EdgeFlags::TRUCK_ROUTE),
        ("junction=circular", circle),
        ("junction=roundabout", EdgeFlags::ROUNDABOUT),
        ("surface=asphalt", EdgeFlags::NONE),
        ("surface=fine_gravel", EdgeFlags::UNPAVED),
        ("surface=sand", EdgeFlags::UNPAVED),
        ("surface=sett", EdgeFlags::NONE),
        ("tunnel=building_passage", EdgeFlags::TUNNEL),
        ("driving_side=left", EdgeFlags::LEFT_HAND),
    ] {
        let (map, network) = street(tags);
        let lonely = expected | EdgeFlags::OPEN_COUNTRY;
        assert_eq!(network.flags(edge(&map, &network, 'a', 'b')), lonely, "{tags}");
    }
}

#[test]
fn surfaces_by_tag() {
    for (tags, expected) in [
        ("lit=yes", Surface::Unknown),
        ("surface=asphalt", Surface::Paved),
        ("surface=cobblestone", Surface::Rough),
        ("surface=compacted", Surface::Compacted),
        ("surface=gravel", Surface::Loose),
        ("surface=mud", Surface::Soft),
        ("tracktype=grade2", Surface::Compacted),
    ] {
        let (map, network) = street(tags);
        assert_eq!(network.surface(edge(&map, &network, 'b', 'a')), expected, "{tags}");
    }
}

#[test]
fn traffic_keeps_to_the_side_of_the_country_unless_the_way_says() {
    for (lat, lon, tags, left) in [
        (47.66, -122.32, "lit=yes", false),
        (51.5, -0.12, "lit=yes", true),
        (51.5, -0.12, "driving_side=right", false),
        (22.5, 113.9, "driving_side=left", true),
        (41.15, -8.62, "driving_side=middle", false),
    ] {
        let pairs: Vec<_> = tags.split('|').map(|pair| pair.split_once('=').unwrap()).collect();
        let map = Map::new("a b").origin(lat, lon).way("ab", &[&[("highway", "secondary")], &pairs[..]].concat());
        let network = map.network();
        assert_eq!(network.flags(edge(&map, &network, 'a', 'b')).left_hand(), left, "{lat} {lon} {tags}");
    }
}
