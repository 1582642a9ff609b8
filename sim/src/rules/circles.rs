//! Circles of nesting: groups that are, through others, members of themselves.

/// A nesting: a group, and a group that is its member.
pub(super) type Edge = (u32, u32);

const UNSEEN: u32 = u32::MAX;

/// Those of the edges that lie on a circle, ascending, each once.
///
/// Strongly connected components after Tarjan, without recursion: linear in the number of edges (apart from
/// their sorting), however deep the nesting is.
pub(super) fn on_circles(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.sort_unstable();
    edges.dedup();
    let mut nodes: Vec<u32> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let place = |node: u32| nodes.partition_point(|held| *held < node) as u32;
    let small: Vec<Edge> = edges.iter().map(|(from, to)| (place(*from), place(*to))).collect();
    let components = components(nodes.len(), &small);
    let on_circle = |(from, to): &Edge| components[*from as usize] == components[*to as usize];
    edges.iter().zip(&small).filter(|(_, small)| on_circle(small)).map(|(edge, _)| *edge).collect()
}

/// A node on its way: its number and the place of the next edge to follow.
struct Step {
    node: u32,
    next: usize,
}

/// The component of each node. `edges` are sorted.
fn components(count: usize, edges: &[Edge]) -> Vec<u32> {
    let first = |node: u32| edges.partition_point(|(from, _)| *from < node);
    let (mut order, mut low) = (vec![UNSEEN; count], vec![UNSEEN; count]);
    let (mut component, mut open) = (vec![UNSEEN; count], Vec::new());
    let (mut seen, mut found) = (0, 0);
    let mut path: Vec<Step> = Vec::new();
    for start in 0..count as u32 {
        if order[start as usize] != UNSEEN {
            continue;
        }
        let mut enter = Some(start);
        loop {
            if let Some(node) = enter.take() {
                (order[node as usize], low[node as usize]) = (seen, seen);
                seen += 1;
                open.push(node);
                path.push(Step { node, next: first(node) });
            }
            let Some(step) = path.last_mut() else { break };
            let node = step.node;
            if let Some((_, to)) = edges.get(step.next).filter(|(from, _)| *from == node) {
                step.next += 1;
                if order[*to as usize] == UNSEEN {
                    enter = Some(*to);
                } else if component[*to as usize] == UNSEEN {
                    low[node as usize] = low[node as usize].min(order[*to as usize]);
                }
                continue;
            }
            path.pop();
            if let Some(above) = path.last() {
                low[above.node as usize] = low[above.node as usize].min(low[node as usize]);
            }
            if low[node as usize] == order[node as usize] {
                while let Some(member) = open.pop() {
                    component[member as usize] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_circle_is_found_and_what_merely_hangs_on_it_is_not() {
        let check = |edges: &[Edge], expected: &[Edge]| assert_eq!(on_circles(edges.to_vec()), expected);
        check(&[], &[]);
        check(&[(1, 2), (2, 3)], &[]);
        check(&[(1, 2), (2, 1)], &[(1, 2), (2, 1)]);
        check(&[(7, 7)], &[(7, 7)]);
        // nested in two groups, no circle
        check(&[(1, 3), (2, 3), (1, 2)], &[]);
        check(&[(9, 1), (1, 2), (2, 3), (3, 1), (3, 4)], &[(1, 2), (2, 3), (3, 1)]);
        check(&[(1, 2), (2, 1), (2, 3), (3, 4), (4, 3)], &[(1, 2), (2, 1), (3, 4), (4, 3)]);
    }

    #[test]
    fn ten_thousand_levels_and_a_million_edges_do_no_harm() {
        let deep: Vec<Edge> = (0..10_000).map(|i| (i, i + 1)).collect();
        assert_eq!(on_circles(deep.clone()), []);
        let round: Vec<Edge> = deep.iter().copied().chain([(10_000, 0)]).collect();
        assert_eq!(on_circles(round).len(), 10_001);
        let dense = (0..1000u32).flat_map(|i| (i + 1..1000).map(move |j| (i, j)));
        assert_eq!(on_circles(dense.collect()), []);
    }

    /// An edge lies on a circle when its end reaches its start.
    fn naive(edges: &[Edge]) -> BTreeSet<Edge> {
        let reaches = |start: u32, goal: u32| {
            let mut known = BTreeSet::from([start]);
            let mut left = vec![start];
            while let Some(node) = left.pop() {
                for (_, to) in edges.iter().filter(|(from, _)| *from == node) {
                    if known.insert(*to) {
                        left.push(*to);
                    }
                }
            }
            known.contains(&goal)
        };
        edges.iter().copied().filter(|(from, to)| reaches(*to, *from)).collect()
    }

    proptest! {
        #[test]
        fn circles_are_where_a_naive_walk_comes_back(edges in prop::collection::vec((0u32..9, 0u32..9), 0..24)) {
            prop_assert_eq!(on_circles(edges.clone()).into_iter().collect::<BTreeSet<_>>(), naive(&edges));
        }
    }
}
