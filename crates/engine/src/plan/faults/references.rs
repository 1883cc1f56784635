//! Items that refer to other items: every name must lead to exactly one, and never back.

use std::collections::{HashMap, HashSet};

use crate::plan::Item;
use crate::{Fault, Reason};

/// All faults of the references between `items`.
pub(super) fn find(items: &[Item]) -> Vec<Fault> {
    let named = by_name(items);
    let mut faults = unknown(items, &named);
    faults.extend(duplicates(items, &named));
    faults.extend(cycles(items, &named));
    faults
}

/// The items that are called by each name; the empty name calls nothing.
fn by_name(items: &[Item]) -> HashMap<&str, Vec<usize>> {
    let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.name.is_empty()) {
        named.entry(&item.name).or_default().push(index);
    }
    named
}

fn unknown(items: &[Item], named: &HashMap<&str, Vec<usize>>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, item) in items.iter().enumerate() {
        for name in item.drop_off_from.iter().filter(|name| !named.contains_key(name.as_str())) {
            let message = format!("item `{}` drops off from `{name}`, but no item is called that", item.name);
            let unknown = Fault::new(format!("items[{index}].drop_off_from"), Reason::Unknown, message);
            faults.push(unknown.given(name).mend("name an item of this plan"));
        }
    }
    faults
}

fn duplicates(items: &[Item], named: &HashMap<&str, Vec<usize>>) -> Vec<Fault> {
    let referred: HashSet<&str> = items.iter().flat_map(|item| item.drop_off_from.iter().map(String::as_str)).collect();
    let mut faults = Vec::new();
    for (index, item) in items.iter().enumerate().filter(|(_, item)| referred.contains(item.name.as_str())) {
        let first = named.get(item.name.as_str()).map_or(index, |called| called[0]);
        if first != index {
            let message =
                format!("items {first} and {index} are both called `{}`, which another item drops off from", item.name);
            let again = Fault::new(format!("items[{index}].name"), Reason::Duplicate, message);
            faults.push(again.given(&item.name).mend("names that are referred to must differ"));
        }
    }
    faults
}

/// Every item from which a chain of references leads back to itself.
///
/// Items whose references are all settled are taken away until none is left to take (Kahn, "Topological sorting of large
/// networks", 1962); then the same from the other end, which takes away those that only lead *into* a circle. What stays lies
/// on a circle or between two.
fn cycles(items: &[Item], named: &HashMap<&str, Vec<usize>>) -> Vec<Fault> {
    let target = |name: &String| named.get(name.as_str()).map(|called| called[0]);
    let forward: Vec<Vec<usize>> =
        items.iter().map(|item| item.drop_off_from.iter().filter_map(target).collect()).collect();
    let mut backward = vec![Vec::new(); items.len()];
    for (index, targets) in forward.iter().enumerate() {
        for &to in targets {
            backward[to].push(index);
        }
    }
    let mut left = vec![true; items.len()];
    take_away(&forward, &backward, &mut left);
    take_away(&backward, &forward, &mut left);
    let on_circle = items.iter().enumerate().filter(|&(index, _)| left[index]);
    on_circle
        .map(|(index, item)| {
            let message = format!("item `{}` drops off from itself, by way of {:?}", item.name, item.drop_off_from);
            let circle = Fault::new(format!("items[{index}].drop_off_from"), Reason::Cycle, message);
            circle.given(item.drop_off_from.join(", ")).mend("remove one of the references")
        })
        .collect()
}

/// Takes away, of those left, every item of which no `forward` neighbour is left.
fn take_away(forward: &[Vec<usize>], backward: &[Vec<usize>], left: &mut [bool]) {
    let mut open: Vec<usize> = forward.iter().map(|targets| targets.iter().filter(|&&to| left[to]).count()).collect();
    let mut free: Vec<usize> = (0..left.len()).filter(|&index| left[index] && open[index] == 0).collect();
    while let Some(index) = free.pop() {
        left[index] = false;
        for &from in backward[index].iter().filter(|&&from| left[from]) {
            open[from] -= 1;
            if open[from] == 0 {
                free.push(from);
            }
        }
    }
}
