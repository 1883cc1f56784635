//! A distance query asks the system for no memory once its scratch has grown: counted by an allocator that counts.
//!
//! A test binary of its own, since the allocator is that of the whole program.

#![expect(unsafe_code, reason = "an allocator is unsafe by its trait; it hands everything on to the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use network::{Access, Direction, ModeAccess, NetworkBuilder, Node, Road, RoadClass};
use routing::{Profile, Router, Scratch, Snap};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of the trait, which is that of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = COUNT.with(Cell::get);
    std::hint::black_box(work());
    COUNT.with(Cell::get) - before
}

const SIDE: i32 = 12;

fn grid() -> Router {
    let mut builder = NetworkBuilder::new();
    let at =
        |line: i32, column: i32| geometry::Coordinate { lat_e7: 476_000_000 + line * 10_000, lon_e7: column * 10_000 };
    let nodes: Vec<_> =
        (0..SIDE * SIDE).map(|number| builder.add_node(Node::at(at(number / SIDE, number % SIDE)))).collect();
    let open = Direction { access: ModeAccess::all(Access::Yes), max_speed_kmh: Some(50) };
    for number in 0..SIDE * SIDE {
        for (to, is_there) in [(number + 1, number % SIDE + 1 < SIDE), (number + SIDE, number / SIDE + 1 < SIDE)] {
            if is_there {
                let (from, to) = (nodes[number as usize], nodes[to as usize]);
                builder.add_road(
                    &Road { forward: open, backward: open, ..Road::between(from, to, RoadClass::Residential) },
                    &[],
                );
            }
        }
    }
    let network = builder.build().expect("a grid is no large network");
    Router::new(Arc::new(network), Profile::Car)
}

#[test]
fn a_query_allocates_nothing() {
    let router = grid();
    let places: Vec<Snap> =
        router.network().nodes().map(|node| router.snap(router.network().coordinate(node), 10.0).unwrap()).collect();
    let mut scratch = Scratch::default();
    let mut ask = |from: usize, to: usize| router.travel(&mut scratch, &places[from], &places[to], &|| false).unwrap();
    let pairs = || (0..places.len()).map(|number| (number, (number * 37 + 11) % places.len()));
    pairs().for_each(|(from, to)| assert!(ask(from, to).is_some()));
    assert_eq!(allocations(|| pairs().for_each(|(from, to)| _ = ask(from, to))), 0);
    assert_eq!(allocations(|| vec![1]), 1, "the count counts");
}
