//! Cycles in a directed graph.

/// Returns the cycle number of each node: two nodes have the same number if each reaches the other. `edges` holds the
/// successors of each node. This is Tarjan's algorithm without recursion, because chains may be as long as the input.
pub(crate) fn cycles(edges: &[Vec<usize>]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let mut search = TarjanSearch {
        order: vec![NEW; edges.len()],
        low: vec![NEW; edges.len()],
        cycle: vec![NEW; edges.len()],
        open: Vec::new(),
    };
    let mut next = 0;
    for root in 0..edges.len() {
        if search.order[root] != NEW {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((node, edge)) = path.pop() {
            if edge == 0 {
                search.order[node] = next;
                search.low[node] = next;
                search.open.push(node);
                next += 1;
            }
            match edges[node].get(edge).copied().filter(|&to| to < edges.len()) {
                Some(to) => {
                    path.push((node, edge + 1));
                    if search.order[to] == NEW {
                        path.push((to, 0));
                    } else if search.cycle[to] == NEW {
                        search.low[node] = search.low[node].min(search.order[to]);
                    }
                }
                None => {
                    search.close(node);
                    if let Some(&(before, _)) = path.last() {
                        search.low[before] = search.low[before].min(search.low[node]);
                    }
                }
            }
        }
    }
    search.cycle
}

struct TarjanSearch {
    /// The order of discovery.
    order: Vec<usize>,
    /// The earliest node reachable from each node.
    low: Vec<usize>,
    cycle: Vec<usize>,
    /// Nodes whose cycle is not complete.
    open: Vec<usize>,
}

impl TarjanSearch {
    /// Closes the cycle of a node once all its successors were visited.
    fn close(&mut self, node: usize) {
        if self.low[node] == self.order[node] {
            while let Some(member) = self.open.pop() {
                self.cycle[member] = node;
                if member == node {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::cycles;

    /// Nodes of one cycle have the same letter.
    fn check(edges: &[&[usize]], expected: &str) {
        let edges: Vec<_> = edges.iter().map(|to| to.to_vec()).collect();
        let found = cycles(&edges);
        for (one, first) in expected.char_indices() {
            for (other, second) in expected.char_indices() {
                assert_eq!(
                    found[one] == found[other],
                    first == second,
                    "{edges:?}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn cycles_are_found() {
        check(&[], "");
        check(&[&[0]], "a");
        check(&[&[1], &[]], "ab");
        check(&[&[1], &[0]], "aa");
        check(&[&[1], &[2], &[0], &[0]], "aaab");
        check(&[&[1, 3], &[2], &[1], &[4], &[3, 1]], "abbcc");
        check(&[&[1], &[0, 2], &[3], &[2], &[4, 2]], "aabbc");
    }

    #[test]
    fn long_chains_do_not_overflow() {
        let length = 200_000;
        let edges: Vec<_> = (0..length).map(|node| vec![(node + 1) % length]).collect();
        assert!(cycles(&edges).iter().all(|cycle| *cycle == 0));
    }
}
