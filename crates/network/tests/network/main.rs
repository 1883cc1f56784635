//! The network through its door: built, asked, written, opened, damaged.
//!
//! The modules are marked as tests so that the lints let their helpers unwrap.

#[cfg(test)]
mod build;
#[cfg(test)]
mod files;

#[cfg(test)]
mod sample {
    use geometry::Coordinate;
    use network::{
        Access, Direction, EdgeFlags, Mode, ModeAccess, ModeSet, Network, NetworkBuilder, Node, Road, RoadClass,
    };

    pub(crate) fn at(lat_e7: i32, lon_e7: i32) -> Coordinate {
        Coordinate { lat_e7, lon_e7 }
    }

    pub(crate) fn open(speed: Option<u16>) -> Direction {
        Direction { access: ModeAccess::all(Access::Yes), max_speed_kmh: speed }
    }

    /// Three nodes and four roads that use every attribute: two-way, one-way, a ferry, and one from a node to itself.
    pub(crate) fn network() -> Network {
        let mut builder = NetworkBuilder::new();
        let a = builder.add_node(Node::at(at(0, 0)));
        let gate = ModeAccess::all(Access::Yes).with(Mode::Car, Access::Ends);
        let b = builder.add_node(Node { barrier: gate, ..Node::at(at(10_000, 0)) });
        let c = builder.add_node(Node { signals: true, ..Node::at(at(10_000, 10_000)) });
        let name = builder.text("Rua Áurea");
        let reference = builder.text("N 12");
        let first = Road {
            name,
            reference,
            way_id: -7,
            flags: EdgeFlags::TOLL | EdgeFlags::BRIDGE,
            forward: open(Some(50)),
            backward: open(None),
            ..Road::between(a, b, RoadClass::Primary)
        };
        let first = builder.add_road(&first, &[at(5_000, 100), at(6_000, -100)]);
        let second = Road {
            way_id: i64::MAX,
            backward: Direction {
                access: ModeAccess::default().with(Mode::Bus, Access::Ends),
                max_speed_kmh: Some(30),
            },
            ..Road::between(c, b, RoadClass::Steps)
        };
        let second = builder.add_road(&second, &[]);
        let ferry = Road {
            flags: EdgeFlags::FERRY,
            ferry_duration_ms: Some(90_000),
            forward: open(None),
            backward: open(None),
            ..Road::between(c, a, RoadClass::Ferry)
        };
        let ferry = builder.add_road(&ferry, &[at(0, 20_000)]);
        let ring = Road { forward: open(Some(20)), name, ..Road::between(c, c, RoadClass::Residential) };
        builder.add_road(&ring, &[at(11_000, 10_000), at(11_000, 11_000)]);
        let cars = ModeSet::EMPTY.with(Mode::Car);
        builder.forbid(&[(first, false), (second, true), (ferry, false)], cars);
        builder.forbid(&[(first, false), (second, true)], cars.with(Mode::Truck));
        builder.forbid(&[(ferry, true), (ferry, false)], cars);
        builder.build().unwrap()
    }
}
