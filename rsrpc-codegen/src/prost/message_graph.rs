//! The graph of messages that contain each other, to work around limits of prost-build.
//!
//! prost-build boxes fields of recursive messages but does not follow groups. To find cycles and messages that can be
//! `Copy` or `Eq`, it walks every path from each message. Inputs with too many paths must be rejected first.

use std::collections::HashMap;

use super::placeholders::Placeholders;
use crate::Diagnostic;
use crate::cycles::cycles;
use crate::input::descriptor::{self, FieldDescriptor, MessageDescriptor};
use crate::input::{Files, SourceFile, definitions};
use crate::naming::join;

/// All messages, and the fields by which one contains another.
pub(super) struct MessageGraph<'a> {
    nodes: Vec<MessageNode<'a>>,
}

struct MessageNode<'a> {
    full_name: String,
    message: &'a MessageDescriptor,
    source: &'a SourceFile,
    place: Vec<i32>,
    edges: Vec<FieldEdge<'a>>,
}

/// A singular message field.
struct FieldEdge<'a> {
    field: &'a FieldDescriptor,
    target: usize,
}

/// Maximum number of steps that prost-build may take, equal to a few seconds.
const MAX_PROST_STEPS: u64 = 500_000_000;
/// Maximum depth of nested messages, which prost-build follows by recursion.
const MAX_MESSAGE_DEPTH: u64 = 1_000;

impl<'a> MessageGraph<'a> {
    pub(super) fn new(files: &'a Files) -> Self {
        let mut nodes = Vec::new();
        for source in files.all() {
            nodes.extend(
                definitions::messages(&source.file)
                    .into_iter()
                    .map(|at| MessageNode {
                        full_name: at.full_name,
                        message: at.item,
                        source,
                        place: at.place,
                        edges: Vec::new(),
                    }),
            );
        }
        let indices: HashMap<String, usize> = nodes
            .iter()
            .enumerate()
            .map(|(index, node)| (node.full_name.clone(), index))
            .collect();
        for node in &mut nodes {
            let fields = node.message.field.iter().filter(|field| is_message(field));
            node.edges = fields
                .filter_map(|field| {
                    let target = *indices.get(field.type_name.trim_start_matches('.'))?;
                    Some(FieldEdge { field, target })
                })
                .collect();
        }
        Self { nodes }
    }

    /// Returns the paths of group fields that must be boxed because prost-build boxes no field of their cycle.
    pub(super) fn boxed_groups(&self, placeholders: &Placeholders<'_>) -> Vec<String> {
        if !self.edges().any(|(_, edge)| is_group(edge.field)) {
            return Vec::new();
        }
        // prost-build boxes a field if a path of messages without groups leads back.
        let by_messages = self.cycles(|_, edge| !is_group(edge.field));
        let cycle = |cycles: &[usize], from: usize, edge: &FieldEdge<'_>| cycles[from] == cycles[edge.target];
        let rest = self.cycles(|from, edge| is_group(edge.field) || !cycle(&by_messages, from, edge));
        let mut paths = Vec::new();
        for (from, edge) in self.edges() {
            if is_group(edge.field) && cycle(&rest, from, edge) {
                let node = &self.nodes[from];
                let oneof = edge
                    .field
                    .oneof_index
                    .and_then(|index| usize::try_from(index).ok());
                let oneof = oneof.and_then(|index| node.message.oneof_decl.get(index));
                let own = |name: &str| placeholders.path(&join(&node.full_name, name));
                let field = own(&edge.field.name);
                paths.push(match (oneof, field.rsplit_once('.')) {
                    (Some(oneof), Some((_, field))) => format!(".{}.{field}", own(&oneof.name)),
                    _ => format!(".{field}"),
                });
            }
        }
        paths
    }

    /// Rejects inputs that would take prost-build too long.
    pub(super) fn check(&self) -> Result<(), Diagnostic> {
        let cycles = self.cycles(|_, edge| !is_group(edge.field));
        let mut costs: Vec<Option<DeriveCosts>> = vec![None; self.nodes.len()];
        let mut reach = ReachCounter::new(self.nodes.len());
        let mut steps = 0_u64;
        // Post-order traversal. It is not recursive, because it has to detect excessive depth.
        for start in 0..self.nodes.len() {
            let mut open = vec![(start, false)];
            while let Some((index, is_last_visit)) = open.pop() {
                let node = &self.nodes[index];
                if costs[index].is_some() {
                    continue;
                }
                let is_cycle = |edge: &FieldEdge<'_>| cycles[index] == cycles[edge.target];
                let edges = node.edges.iter().filter(|edge| !is_group(edge.field));
                if !is_last_visit {
                    open.push((index, true));
                    open.extend(
                        edges
                            .filter(|edge| !is_cycle(edge))
                            .map(|edge| (edge.target, false)),
                    );
                    continue;
                }
                let of = |edge: &FieldEdge<'_>| match costs[edge.target] {
                    Some(costs) if !is_cycle(edge) => costs,
                    _ => DeriveCosts::NO_MORE,
                };
                let found = DeriveCosts {
                    eq: node.cost(is_eq, |edge| of(edge).eq),
                    copy: node.cost(is_copy, |edge| of(edge).copy),
                };
                costs[index] = Some(found);
                let reached = reach.count(self, index, MAX_PROST_STEPS - steps);
                let walks = found
                    .eq
                    .ways
                    .saturating_add(found.copy.ways)
                    .saturating_add(to_u64(node.edges.len()));
                steps = steps.saturating_add(walks.saturating_mul(reached));
                let depth = found.eq.depth.max(found.copy.depth);
                if steps >= MAX_PROST_STEPS || depth > MAX_MESSAGE_DEPTH {
                    return Err(node.refuse());
                }
            }
        }
        Ok(())
    }

    fn edges(&self) -> impl Iterator<Item = (usize, &FieldEdge<'a>)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.flat_map(|(from, node)| node.edges.iter().map(move |edge| (from, edge)))
    }

    /// Returns the cycle number of each message, following only the edges for which `counts` is true.
    fn cycles(&self, counts: impl Fn(usize, &FieldEdge<'_>) -> bool) -> Vec<usize> {
        let counts = &counts;
        let nodes = self.nodes.iter().enumerate();
        let edges = nodes.map(|(from, node)| {
            let edges = node.edges.iter().filter(move |edge| counts(from, edge));
            edges.map(|edge| edge.target).collect()
        });
        cycles(&edges.collect::<Vec<_>>())
    }
}

impl MessageNode<'_> {
    /// Returns the cost of deciding whether the message has a trait. prost-build checks fields in order until one lacks
    /// it.
    fn cost(
        &self,
        scalar: fn(&FieldDescriptor) -> bool,
        held: impl Fn(&FieldEdge<'_>) -> TraversalCost,
    ) -> TraversalCost {
        let mut cost = TraversalCost {
            ways: 1,
            depth: 1,
            holds: true,
        };
        let mut edges = self.edges.iter().filter(|edge| !is_group(edge.field));
        for field in &self.message.field {
            if field.r#type == descriptor::TYPE_MESSAGE && field.label != descriptor::LABEL_REPEATED {
                let Some(edge) = edges.next() else { break };
                let inner = held(edge);
                cost.ways = cost.ways.saturating_add(inner.ways);
                cost.depth = cost.depth.max(inner.depth.saturating_add(1));
                cost.holds = inner.holds;
            } else {
                cost.holds = scalar(field);
            }
            if !cost.holds {
                break;
            }
        }
        cost
    }

    fn refuse(&self) -> Diagnostic {
        let message = format!(
            "`{}` contains more nested messages than prost-build can process; make some fields repeated, or \
             generate some of the packages separately and name them with \
             extern_path=.proto.path=::rust::path",
            self.full_name
        );
        self.source.error(&self.place, &self.full_name, message)
    }
}

/// The cost of deciding which optional traits a message derives.
#[derive(Clone, Copy)]
struct DeriveCosts {
    eq: TraversalCost,
    copy: TraversalCost,
}

#[derive(Clone, Copy)]
struct TraversalCost {
    /// The number of messages visited, counted once per path.
    ways: u64,
    /// The depth of recursion.
    depth: u64,
    /// Set if the message has the trait.
    holds: bool,
}

impl DeriveCosts {
    /// The cost of an edge of a cycle, where the walk ends.
    const NO_MORE: Self = Self {
        eq: TraversalCost {
            ways: 1,
            depth: 1,
            holds: false,
        },
        copy: TraversalCost {
            ways: 1,
            depth: 1,
            holds: false,
        },
    };
}

/// Counts the messages reachable from one.
struct ReachCounter {
    seen_from: Vec<usize>,
}

impl ReachCounter {
    fn new(nodes: usize) -> Self {
        Self {
            seen_from: vec![usize::MAX; nodes],
        }
    }

    /// Returns the count, which stops soon after `most`.
    fn count(&mut self, graph: &MessageGraph<'_>, start: usize, most: u64) -> u64 {
        let mut open = vec![start];
        let mut steps = 1;
        while let Some(index) = open.pop() {
            for edge in &graph.nodes[index].edges {
                steps += 1;
                if self.seen_from[edge.target] != start {
                    self.seen_from[edge.target] = start;
                    open.push(edge.target);
                }
            }
            if steps > most {
                break;
            }
        }
        steps
    }
}

fn is_message(field: &FieldDescriptor) -> bool {
    matches!(field.r#type, descriptor::TYPE_MESSAGE | descriptor::TYPE_GROUP)
        && field.label != descriptor::LABEL_REPEATED
}

fn is_group(field: &FieldDescriptor) -> bool {
    field.r#type == descriptor::TYPE_GROUP
}

fn is_eq(field: &FieldDescriptor) -> bool {
    // Repeated scalars are `Eq`, messages are not assumed to be.
    !matches!(
        field.r#type,
        1 | 2 | descriptor::TYPE_GROUP | descriptor::TYPE_MESSAGE
    )
}

fn is_copy(field: &FieldDescriptor) -> bool {
    field.label != descriptor::LABEL_REPEATED && !matches!(field.r#type, 9..=12)
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
