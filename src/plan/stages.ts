import {
  type Edge,
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
  /** What the records of the root, and those that failed in it, go through. */
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
  readonly error: readonly Pipe[];
  /** For a leaf its place in `Stage.leaves`. */
  readonly leaf?: number;
}

/** An end of a stage: an input of a shuffle or sink. */
export interface Leaf {
  readonly node: PlanNode;
  readonly input: number;
  /** The unions on the way: records of input `input` come behind the partitions of the inputs before it. */
  readonly unions: readonly { readonly node: NodeId; readonly input: number }[];
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

function usefulNodes(plan: Plan): ReadonlySet<NodeId> {
  const useful = new Set<NodeId>();
  for (const node of parentsFirst(plan.nodes).toReversed()) {
    if (node.kind === 'sink' || useful.has(node.id)) {
      useful.add(node.id);
      for (const edge of inputsOf(node)) useful.add(edge.from);
    }
  }
  return useful;
}

function growPipe(root: PlanNode, consumers: (edge: Edge) => readonly Consumer[]): { pipe: Pipe; leaves: Leaf[] } {
  const leaves: Leaf[] = [];
  const branches = (node: PlanNode, unions: Leaf['unions']): Pick<Pipe, 'out' | 'error'> => {
    const behind = (port: Edge['port']) => consumers({ from: node.id, port }).map((consumer) => grow(consumer, unions));
    return { out: behind('out'), error: behind('error') };
  };
  const grow = ({ node, input }: Consumer, unions: Leaf['unions']): Pipe => {
    if (node.kind === 'sink' || shuffles(node)) {
      leaves.push({ node, input, unions });
      return { node, input, out: [], error: [], leaf: leaves.length - 1 };
    }
    return { node, input, ...branches(node, node.kind === 'union' ? [...unions, { node: node.id, input }] : unions) };
  };
  return { pipe: { node: root, input: 0, ...branches(root, []) }, leaves };
}

/**
 * What a stage does in a batch: it runs; or its window takes the batch in and gives nothing, between its slides; or it rests,
 * because nothing comes. `slides` are those of the plan's nodes.
 */
export function turnOf(
  { root }: Stage,
  slides: readonly number[],
  { time, zeroTime }: { readonly time: number; readonly zeroTime: number },
): 'runs' | 'takesIn' | 'rests' {
  const due = (node: NodeId): boolean => isDue(slides[node]!, time, zeroTime);
  if (due(root.id)) return 'runs';
  return root.kind === 'fold' && root.window && due(root.input.from) ? 'takesIn' : 'rests';
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
  for (const node of parentsFirst(plan.nodes)) counts[node.id] = countOf(node, counts, of);
  return counts;
}

function countOf(
  node: PlanNode,
  counts: readonly number[],
  { sources, windows, parallelism }: PartitionSources,
): number {
  switch (node.kind) {
    case 'source':
      return sources(node.id);
    case 'union':
    case 'transform':
      return node.inputs.reduce((sum, edge) => sum + counts[edge.from]!, 0);
    case 'narrow':
    case 'sink':
      return counts[node.input.from]!;
    case 'fold':
      return node.key === 'none' ? 1 : (node.partitions ?? parallelism);
    case 'cogroup':
      return node.partitions ?? parallelism;
    case 'sort':
      return 1;
    case 'repartition':
      return node.partitions;
    case 'window':
      return windows(node, counts[node.input.from]!);
    case 'state':
      return node.partitions ?? parallelism;
  }
}

/** What a task's partition number becomes at a leaf: unions put the partitions of their inputs one after the other. */
export function partitionOffset(leaf: Leaf, plan: Plan, counts: readonly number[]): number {
  let offset = 0;
  for (const { node, input } of leaf.unions) {
    const union = plan.nodes[node]!;
    for (const edge of inputsOf(union).slice(0, input)) offset += counts[edge.from]!;
  }
  return offset;
}
