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
        Access, Conditional, Details, Direction, EdgeFlags, Effect, Limit, Limits, Mode, ModeAccess, ModeSet, Network,
        NetworkBuilder, Node, Road, RoadClass, Sign, Signs, Surface,
    };

    pub(crate) fn at(lat_e7: i32, lon_e7: i32) -> Coordinate {
        Coordinate { lat_e7, lon_e7 }
    }

    pub(crate) fn open(speed: Option<u16>) -> Direction {
        Direction { access: ModeAccess::all(Access::Yes), max_speed_kmh: speed }
    }

    /// Details of every sort: a limit, a sign, and two conditions.
    fn details(builder: &mut NetworkBuilder) -> Details {
        let modes = ModeSet::EMPTY.with(Mode::Truck);
        let mut condition =
            |effect, when| Conditional { modes: modes.with(Mode::Van), effect, when: builder.text(when) };
        let conditions = vec![
            condition(Effect::Access(Access::No), "22:00-06:00"),
            condition(Effect::Limit(Limit::Weight, None), "destination"),
        ];
        let signs = Signs::default()
            .with(Sign::Destination, builder.text("Porto"))
            .with(Sign::TurnLanes, builder.text("left|"));
        Details { limits: Limits::default().with(Limit::Weight, 7_500), signs, conditions }
    }

    /// Three nodes and four roads that use every attribute: two-way, one-way, a ferry, and one from a node to itself.
    pub(crate) fn network() -> Network {
        let mut builder = NetworkBuilder::new();
        let a = builder.add_node(Node::at(at(0, 0)));
        let gate = ModeAccess::all(Access::Yes).with(Mode::Car, Access::Ends);
        let b = builder.add_node(Node { barrier: gate, ..Node::at(at(10_000, 0)) });
        let all_details = details(&mut builder);
        let detailed = builder.details(&all_details);
        let low =
            builder.details(&Details { limits: Limits::default().with(Limit::Height, 210), ..Details::default() });
        let c = builder.add_node(Node {
            signals: true,
            border: true,
            toll_booth: true,
            details: low,
            ..Node::at(at(10_000, 10_000))
        });
        let name = builder.text("Rua Áurea");
        let reference = builder.text("N 12");
        let first = Road {
            name,
            reference,
            way_id: -7,
            flags: EdgeFlags::TOLL | EdgeFlags::BRIDGE,
            forward: open(Some(50)),
            backward: open(None),
            surface: Surface::Rough,
            lanes: [Some(3), None],
            details: [detailed, low],
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
        let when = builder.text("Mo-Fr 07:00-09:00");
        builder.forbid_when(&[(ferry, false), (first, false)], cars, when);
        builder.forbid_when(&[(second, false), (first, true)], cars, when);
        builder.build().unwrap()
    }
}
