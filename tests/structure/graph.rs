//! Circles in a graph of files.

use std::collections::{BTreeMap, BTreeSet};

/// The groups of files that import each other, directly or through others; each sorted.
pub(crate) fn circles<'a>(edges: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Vec<&'a str>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().insert(to);
    }
    let reachable: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|file| (*file, reach(&next, file))).collect();
    let mut circles = BTreeSet::new();
    for (file, reached) in &reachable {
        if reached.contains(file) {
            let circle =
                reached.iter().filter(|other| reachable.get(*other).is_some_and(|back| back.contains(file)));
            circles.insert(circle.copied().collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}

fn reach<'a>(next: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<_> = next.get(from).into_iter().flatten().copied().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(next.get(file).into_iter().flatten());
        }
    }
    reached
}
