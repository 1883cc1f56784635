//! What drivers read: destinations, exits, arrows, lanes.

use network::Sign;
use testkit::Map;

const STREET: (&str, &str) = ("highway", "secondary");

fn tagged(tags: &str) -> Vec<(&str, &str)> {
    let mut pairs = vec![STREET];
    pairs.extend(tags.split(' ').map(|pair| pair.split_once('=').unwrap()));
    pairs
}

#[test]
fn signs_by_direction() {
    for (tags, sign, forward, backward) in [
        ("destination=Porto;Aveiro", Sign::Destination, "Porto;Aveiro", ""),
        ("destination:forward=Porto destination:backward=Braga", Sign::Destination, "Porto", "Braga"),
        ("destination=Porto oneway=-1", Sign::Destination, "", "Porto"),
        ("destination:ref=A1;A29", Sign::DestinationReference, "A1;A29", ""),
        ("destination:street=Broadway", Sign::DestinationStreet, "Broadway", ""),
        ("junction:ref=12A", Sign::ExitReference, "12A", ""),
        ("turn:lanes=left|through;right", Sign::TurnLanes, "left|through;right", ""),
        ("turn:lanes:backward=left|", Sign::TurnLanes, "", "left|"),
        ("destination:symbol=airport", Sign::Destination, "", ""),
        ("lanes=2", Sign::TurnLanes, "", ""),
    ] {
        let map = Map::new("a b").way("ab", &tagged(tags));
        let network = map.network();
        // Walkers go both ways, so there is an edge against a one-way street.
        let text = |from, to| network.sign(map.edge(&network, from, to).unwrap(), sign);
        assert_eq!((text('a', 'b'), text('b', 'a')), (forward, backward), "{tags}");
    }
}

#[test]
fn lanes_by_direction() {
    for (tags, forward, backward) in [
        ("lit=yes", None, None),
        ("lanes=1", Some(1), Some(1)),
        ("lanes=2", Some(1), Some(1)),
        ("lanes=3", Some(1), Some(1)),
        ("lanes=4", Some(2), Some(2)),
        ("lanes=3 lanes:forward=2", Some(2), Some(1)),
        ("lanes=3 lanes:backward=1", Some(2), Some(1)),
        ("lanes:forward=2 lanes:backward=3", Some(2), Some(3)),
        ("lanes=2 oneway=yes", Some(2), None),
        ("lanes=2 oneway=-1", None, Some(2)),
        ("lanes=2;3 oneway=yes", Some(2), None),
        ("turn:lanes=left|through|right oneway=yes", Some(3), None),
        ("turn:lanes:forward=left|right lanes=3", Some(2), Some(1)),
        ("lanes=many", None, None),
        ("lanes=0", None, None),
        ("lanes=200", None, None),
        ("lanes=999", None, None),
    ] {
        let map = Map::new("a b").way("ab", &tagged(tags));
        let network = map.network();
        let lanes = |from, to| network.lanes(map.edge(&network, from, to).unwrap());
        assert_eq!((lanes('a', 'b'), lanes('b', 'a')), (forward, backward), "{tags}");
    }
}

#[test]
fn exits_are_at_their_node() {
    let exit = [("highway", "motorway_junction"), ("ref", "12"), ("name", "Maia"), ("exit_to", "Airport")];
    let map = Map::new("a b c\n  d")
        .way("abc", &[("highway", "motorway")])
        .way("bd", &[("highway", "motorway_link"), ("oneway", "yes"), ("junction:ref", "12")])
        .node_tags('b', &exit)
        .node_tags('c', &[("name", "Nowhere"), ("ref", "1")]);
    let network = map.network();
    let signs = |node| Sign::ALL.map(|sign| network.sign_at(map.node(&network, node), sign));
    assert_eq!(signs('b'), ["Airport", "", "", "12", "Maia", ""]);
    assert_eq!(signs('c'), [""; 6]);
    assert_eq!(network.sign(map.edge(&network, 'b', 'd').unwrap(), Sign::ExitReference), "12");
}

#[test]
fn names_and_references_are_the_default_ones() {
    let tags =
        [STREET, ("name:de", "Straße"), ("name", "Street"), ("name:en", "Road"), ("int_ref", "E 1"), ("ref", "N 1")];
    let map = Map::new("a b").way("ab", &tags);
    let network = map.network();
    let edge = map.edge(&network, 'a', 'b').unwrap();
    assert_eq!((network.name(edge), network.reference(edge)), ("Street", "N 1"));
}
