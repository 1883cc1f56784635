//! Disjoint sets of small numbers (R. E. Tarjan, "Efficiency of a good but not linear set union algorithm", 1975, with
//! path halving). The smallest member stands for its set, so the result does not depend on the order of the unions.

pub(crate) struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    /// `count` sets of one member each.
    pub(crate) fn new(count: usize) -> Self {
        Self { parent: (0..count as u32).collect() }
    }

    /// The member that stands for the set of `member`.
    pub(crate) fn find(&mut self, mut member: u32) -> u32 {
        while self.parent[member as usize] != member {
            let up = self.parent[self.parent[member as usize] as usize];
            self.parent[member as usize] = up;
            member = up;
        }
        member
    }

    /// Makes one set of the two that `a` and `b` are in.
    pub(crate) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }
}
