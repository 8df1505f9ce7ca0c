import {
  type CogroupNode,
  type Edge,
  edgeSlide,
  type FoldNode,
  type NarrowNode,
  type NodeId,
  type Origin,
  type PlanNode,
  type RepartitionNode,
  type SinkNode,
  type SortNode,
  type SourceNode,
  type StateNode,
  slidesOf,
  type TransformNode,
  type UnionNode,
  type WindowNode,
} from './plan.ts';

type New<N extends PlanNode> = Omit<N, 'id' | 'kind' | 'origin' | 'onError'>;

/** Adds nodes to a plan. Each method returns the edge out of the new node. `origin` and `onError` hold until set again. */
export class PlanBuilder {
  readonly nodes: PlanNode[] = [];
  origin: Origin = { name: '', component: '' };
  onError: 'skip' | 'emit' | undefined;
  readonly #batchInterval: number;

  constructor(batchInterval = 1_000) {
    this.#batchInterval = batchInterval;
  }

  /** Every how many milliseconds records come out of an edge. */
  slideOf(edge: Edge): number {
    const { nodes } = this;
    return edgeSlide(edge, nodes, slidesOf({ batchInterval: this.#batchInterval, nodes }));
  }

  source(node: New<SourceNode>): Edge {
    return this.#add({ kind: 'source', ...node });
  }

  narrow(node: New<NarrowNode>): Edge {
    return this.#add({ kind: 'narrow', ...node });
  }

  fold(node: New<FoldNode>): Edge {
    return this.#add({ kind: 'fold', ...node });
  }

  cogroup(node: New<CogroupNode>): Edge {
    return this.#add({ kind: 'cogroup', ...node });
  }

  union(node: New<UnionNode>): Edge {
    return this.#add({ kind: 'union', ...node });
  }

  repartition(node: New<RepartitionNode>): Edge {
    return this.#add({ kind: 'repartition', ...node });
  }

  sort(node: New<SortNode>): Edge {
    return this.#add({ kind: 'sort', ...node });
  }

  window(node: New<WindowNode>): Edge {
    return this.#add({ kind: 'window', ...node });
  }

  state(node: New<StateNode>): Edge {
    return this.#add({ kind: 'state', ...node });
  }

  transform(node: New<TransformNode>): Edge {
    return this.#add({ kind: 'transform', ...node });
  }

  sink(node: New<SinkNode>): NodeId {
    return this.#add({ kind: 'sink', ...node }).from;
  }

  #add(node: DistributiveOmit<PlanNode, 'id' | 'origin' | 'onError'>): Edge {
    const id = this.nodes.length;
    const onError = this.onError && { onError: this.onError };
    this.nodes.push({ id, origin: this.origin, ...onError, ...node } as PlanNode);
    return { from: id, port: 'out' };
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
