//! The order of the export: what is referred to goes before what refers to it.
//!
//! The service drops a reference to an object that it does not know yet. An order in which every target
//! comes first needs no second round; where references run in a circle, the object that closes it is
//! exported once more at the end.

use super::flow::CloudBound;
use std::collections::{BTreeMap, BTreeSet};

/// Objects in the order of export, and those whose references reach forward.
pub(super) struct Ordered {
    pub(super) objects: Vec<(String, CloudBound)>,
    /// Anchors of objects to be sent once more when all are known.
    pub(super) again: BTreeSet<String>,
}

/// Depth first over the references, without recursion: directories nest deeper than a stack.
pub(super) fn references_first(mut objects: BTreeMap<String, CloudBound>) -> Ordered {
    let targets = |object: &CloudBound| object.references.values().flatten().cloned().collect::<Vec<_>>();
    let edges: BTreeMap<String, Vec<String>> =
        objects.iter().map(|(anchor, object)| (anchor.clone(), targets(object))).collect();
    // people, contacts and groups in the order of their names: the same on every run
    let mut roots: Vec<(String, &String)> =
        objects.iter().map(|(anchor, object)| (object.dn.to_lowercase(), anchor)).collect();
    roots.sort();
    let mut done = BTreeSet::new();
    let mut order = Vec::with_capacity(edges.len());
    for (_, root) in roots {
        let mut stack = vec![(root, 0)];
        let mut open = BTreeSet::from([root]);
        while let Some((anchor, next)) = stack.pop() {
            if done.contains(anchor) {
                continue;
            }
            match edges[anchor].get(next) {
                Some(target) => {
                    stack.push((anchor, next + 1));
                    if !done.contains(target) && edges.contains_key(target) && open.insert(target) {
                        stack.push((target, 0));
                    }
                }
                None => {
                    done.insert(anchor);
                    order.push(anchor.clone());
                }
            }
        }
    }
    let position: BTreeMap<&String, usize> =
        order.iter().enumerate().map(|(i, anchor)| (anchor, i)).collect();
    let forward = |anchor: &&String| edges[*anchor].iter().any(|t| position.get(t) > position.get(anchor));
    let again = order.iter().filter(forward).cloned().collect();
    let objects = order.iter().filter_map(|anchor| objects.remove_entry(anchor)).collect();
    Ordered { objects, again }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::tenant::SyncType;

    fn object(name: &str, refers_to: &[&str]) -> (String, CloudBound) {
        let references = BTreeMap::from([("member", refers_to.iter().map(|t| (*t).to_owned()).collect())]);
        let bound = CloudBound {
            kind: SyncType::Group,
            dn: name.to_owned(),
            properties: Default::default(),
            references,
        };
        (name.to_owned(), bound)
    }

    #[test]
    fn every_target_comes_first_and_a_circle_is_closed_by_a_second_export() {
        let objects = [
            object("all", &["sales", "gone"]),
            object("sales", &["ada", "berlin"]),
            object("berlin", &["sales"]),
            object("ada", &[]),
            object("self", &["self"]),
        ];
        let ordered = references_first(objects.into());
        let names: Vec<&str> = ordered.objects.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["ada", "berlin", "sales", "all", "self"]);
        assert_eq!(ordered.again, BTreeSet::from(["berlin".to_owned()]));
    }
}
