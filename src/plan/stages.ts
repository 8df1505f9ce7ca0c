import {
  type Edge,
  edgeSlide,
  inputsOf,
  isDue,
  type NodeId,
  type Plan,
  type PlanNode,
  parentsFirst,
  type WindowNode,
} from './plan.ts';

/**
 * A run of work between shuffles: what one task does with one partition. A stage begins at a source or behind a shuffle
 * (`fold`, `cogroup`, `sort`, `repartition`), pushes its records through a tree of narrow steps and unions, and ends
 * in the shuffles and sinks that the leaves of the tree name.
 */
export interface Stage {
  readonly id: number;
  readonly root: PlanNode;
  /** What the records of the root, and those that failed in it behind the shuffle, go through. */
  readonly pipe: Pipe;
  readonly leaves: readonly Leaf[];
  /** Stages whose leaves feed the shuffle at the root; empty for a source. */
  readonly feeders: readonly number[];
}

/** A node within a stage, and what consumes its records there. A node behind a union that is reached twice stands twice. */
export interface Pipe {
  readonly node: PlanNode;
  /** Which of the node's inputs this is. */
  readonly input: number;
  readonly out: readonly Pipe[];
  /** What failed here. For a leaf: what could not be given to the shuffle. */
  readonly error: readonly Pipe[];
  /** For a leaf its place in `Stage.leaves`. */
  readonly leaf?: number;
}

/** An end of a stage: an input of a shuffle or sink. */
export interface Leaf {
  readonly node: PlanNode;
  readonly input: number;
  readonly junctions: readonly Junction[];
}

/**
 * A node on the way to a leaf that puts partitions of several origins one after the other: a union those of its inputs; a shuffle,
 * for what failed, those of its inputs (it failed before it was moved) and then its own. Records of input `input` come behind
 * the partitions of the inputs before it; a shuffle's own partitions count as one more input.
 */
export interface Junction {
  readonly node: NodeId;
  readonly input: number;
}

/** The stages of a plan, feeders first. Nodes that reach no sink are left out. */
export function stagesOf(plan: Plan): readonly Stage[] {
  const consumers = consumersOf(plan);
  const stages: Stage[] = [];
  for (const root of parentsFirst(plan.nodes)) {
    if (root.kind !== 'source' && !shuffles(root)) continue;
    const { pipe, leaves } = growPipe(root, consumers);
    if (leaves.length === 0) continue;
    const feeders = stages.filter((stage) => stage.leaves.some((leaf) => leaf.node === root)).map((stage) => stage.id);
    stages.push({ id: stages.length, root, pipe, leaves, feeders });
  }
  return stages;
}

/** True for nodes that begin a stage: their input is moved between partitions, or kept from batch to batch. */
export const shuffles = (node: PlanNode): boolean =>
  !['source', 'narrow', 'union', 'transform', 'sink'].includes(node.kind);

interface Consumer {
  readonly node: PlanNode;
  readonly input: number;
}

function consumersOf(plan: Plan): (edge: Edge) => readonly Consumer[] {
  const useful = usefulNodes(plan);
  const consumers = new Map<string, Consumer[]>();
  for (const node of plan.nodes) {
    if (!useful.has(node.id)) continue;
    for (const [input, edge] of inputsOf(node).entries()) {
      const key = `${edge.from} ${edge.port}`;
      consumers.set(key, [...(consumers.get(key) ?? []), { node, input }]);
    }
  }
  return (edge) => consumers.get(`${edge.from} ${edge.port}`) ?? [];
}

/** The nodes that reach a sink, or are remembered. */
export function usefulNodes(plan: Plan): ReadonlySet<NodeId> {
  const useful = new Set<NodeId>();
  for (const node of parentsFirst(plan.nodes).toReversed()) {
    if (node.kind === 'sink' || (node.kind === 'window' && node.remembered) || useful.has(node.id)) {
      useful.add(node.id);
      for (const edge of inputsOf(node)) useful.add(edge.from);
    }
  }
  return useful;
}

function growPipe(root: PlanNode, consumers: (edge: Edge) => readonly Consumer[]): { pipe: Pipe; leaves: Leaf[] } {
  const leaves: Leaf[] = [];
  const behind = (node: PlanNode, port: Edge['port'], junctions: Leaf['junctions']): readonly Pipe[] =>
    consumers({ from: node.id, port }).map((consumer) => grow(consumer, junctions));
  const grow = ({ node, input }: Consumer, before: Leaf['junctions']): Pipe => {
    const joins = node.kind === 'union' || shuffles(node);
    const junctions = joins ? [...before, { node: node.id, input }] : before;
    if (node.kind === 'sink' || shuffles(node)) {
      const leaf = leaves.push({ node, input, junctions: before }) - 1;
      return { node, input, out: [], error: behind(node, 'error', junctions), leaf };
    }
    return { node, input, out: behind(node, 'out', junctions), error: behind(node, 'error', junctions) };
  };
  const own = shuffles(root) ? [{ node: root.id, input: inputsOf(root).length }] : [];
  return { pipe: { node: root, input: 0, out: behind(root, 'out', []), error: behind(root, 'error', own) }, leaves };
}

/**
 * What a stage does in a batch: it runs; or its window takes the batch in and gives nothing, between its slides; or it rests,
 * because nothing comes. `slides` are those of the plan's nodes.
 */
export function turnOf(
  { root }: Stage,
  { nodes }: Plan,
  slides: readonly number[],
  { time, zeroTime }: { readonly time: number; readonly zeroTime: number },
): 'runs' | 'takesIn' | 'rests' {
  const due = (slide: number): boolean => isDue(slide, time, zeroTime);
  if (due(slides[root.id]!)) return 'runs';
  return root.kind === 'fold' && root.window && due(edgeSlide(root.input, nodes, slides)) ? 'takesIn' : 'rests';
}

/** True for nodes that keep something on the thread that runs their partition, from batch to batch. */
export const keeps = (node: PlanNode): boolean =>
  node.kind === 'state' || (node.kind === 'fold' && node.window !== undefined);

/** What the partitions of a plan's nodes depend on. */
export interface PartitionSources {
  readonly sources: (id: NodeId) => number;
  /** Of a window, if so many partitions of the batch arrive there. */
  readonly windows: (window: WindowNode, arriving: number) => number;
  /** Default of keyed steps. */
  readonly parallelism: number;
}

/** How many partitions every node of the plan has in a batch. */
export function partitionCounts(plan: Plan, of: PartitionSources): readonly number[] {
  const counts = new Array<number>(plan.nodes.length).fill(0);
  const arriving = (node: PlanNode): number => arrivingAt(node, plan, counts);
  for (const node of parentsFirst(plan.nodes)) counts[node.id] = countOf(node, arriving, of);
  return counts;
}

/** How many partitions come to a node, at its first inputs if not at all of them. */
function arrivingAt(node: PlanNode, plan: Plan, counts: readonly number[], inputs?: number): number {
  return inputsOf(node)
    .slice(0, inputs)
    .reduce((sum, { from, port }) => {
      const parent = plan.nodes[from]!;
      const moved = port === 'error' && shuffles(parent) ? arrivingAt(parent, plan, counts) : 0;
      return sum + moved + counts[from]!;
    }, 0);
}

function countOf(
  node: PlanNode,
  arriving: (node: PlanNode) => number,
  { sources, windows, parallelism }: PartitionSources,
): number {
  switch (node.kind) {
    case 'source':
      return sources(node.id);
    case 'union':
    case 'transform':
    case 'narrow':
    case 'sink':
      return arriving(node);
    case 'fold':
      return node.key === 'none' ? 1 : (node.partitions ?? parallelism);
    case 'cogroup':
      return node.partitions ?? parallelism;
    case 'sort':
      return 1;
    case 'repartition':
      return node.partitions;
    case 'window':
      return windows(node, arriving(node));
    case 'state':
      return node.partitions ?? parallelism;
  }
}

/** By how much a task's partition number is larger at a leaf. */
export const partitionOffset = ({ junctions }: Leaf, plan: Plan, counts: readonly number[]): number =>
  junctions.reduce((sum, { node, input }) => sum + arrivingAt(plan.nodes[node]!, plan, counts, input), 0);
