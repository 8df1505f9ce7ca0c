import { catalog } from '../catalog/index.ts';
import type { SettingProblem } from '../component/check.ts';
import type { Setting } from '../component/settings.ts';
import type { FunctionReference } from '../function/reference.ts';
import { PlanBuilder } from '../plan/builder.ts';
import { type Edge, keyGroups, keyHash, type NodeId, type Plan, type PlanNode, type StateNode } from '../plan/plan.ts';
import { loadFormats } from './formats.ts';
import type {
  CheckedBy,
  CheckedConfig,
  Graph,
  Recorded,
  RecordedErrors,
  RecordedOperator,
  RecordedSink,
  RecordedSource,
  Surroundings,
} from './graph.ts';
import { withInitial } from './initialStates.ts';

export interface BuiltPlan {
  /** Of all steps, used or not. Steps that could not be built, and what needs them, are missing. */
  readonly plan: Plan;
  /** Of each source and sink, with `${NAME}` resolved and settings in their final types; never recorded. */
  readonly configs: ReadonlyMap<NodeId, unknown>;
  readonly edges: ReadonlyMap<Recorded, Edge>;
  /** The config of each step that was fine. */
  readonly checked: ReadonlyMap<Recorded, CheckedConfig>;
}

export type PlanHeader = Pick<Plan, 'name' | 'batchInterval' | 'module' | 'tables'>;

/** Makes a plan of a graph: loads the components it names, checks their settings and lets each add its nodes. */
export async function buildPlan(graph: Graph, header: PlanHeader): Promise<BuiltPlan> {
  const definitions = await loadDefinitions(graph);
  const building = new Building(definitions, await formatsFor(definitions), header.batchInterval);
  for (const step of graph.steps) building.add(step);
  await building.readInitialStates();
  const { nodes } = building.builder;
  const plan: Plan = { version: 1, ...header, keyHash, keyGroups, nodes };
  return { plan, configs: building.configs, edges: building.edges, checked: building.checked };
}

type WithComponent = RecordedSource | RecordedOperator | RecordedSink;
type Operator = Awaited<ReturnType<typeof catalog.operators.load>>;
type Definitions = ReadonlyMap<string, CheckedBy>;

const isComponent = (step: Recorded): step is WithComponent => 'component' in step;
const keyOf = (step: WithComponent): string => `${step.kind} ${step.component}`;

async function loadDefinitions(graph: Graph): Promise<Definitions> {
  const wanted = new Map(graph.steps.filter(isComponent).map((step) => [keyOf(step), step]));
  return new Map(await Promise.all([...wanted].map(async ([key, step]) => [key, await loadDefinition(step)] as const)));
}

function loadDefinition({ kind, component }: WithComponent): Promise<CheckedBy> {
  if (kind === 'source') return catalog.sources.load(component);
  return kind === 'sink' ? catalog.sinks.load(component) : catalog.operators.load(component);
}

/** All of them if any component has a format among its settings. */
const formatsFor = (definitions: Definitions): Promise<Surroundings['formats']> =>
  loadFormats([...definitions.values()].some(({ config }) => hasFormat(config)) ? catalog.formats.names : []);

const hasFormat = ({ kind, properties = {}, options = [] }: Setting): boolean =>
  kind === 'format' || Object.values(properties).some(hasFormat) || options.some(hasFormat);

class Building {
  readonly builder: PlanBuilder;
  readonly configs = new Map<NodeId, unknown>();
  readonly edges = new Map<Recorded, Edge>();
  readonly checked = new Map<Recorded, CheckedConfig>();
  /** The edges on which what failed in a step comes out. */
  readonly #failures = new Map<Recorded, readonly Edge[]>();
  readonly #states = new Map<NodeId, Recorded>();
  readonly #definitions: Definitions;
  readonly #surroundings: Surroundings;

  constructor(definitions: Definitions, formats: Surroundings['formats'], batchInterval: number) {
    this.builder = new PlanBuilder(batchInterval);
    this.#definitions = definitions;
    this.#surroundings = { formats, edgeOf: (stream) => this.edges.get(stream) };
  }

  add(step: Recorded): void {
    const first = this.builder.nodes.length;
    this.builder.origin = step.origin;
    const edge = isComponent(step) ? this.#addComponent(step) : this.#addPlain(step);
    if (edge === undefined) return;
    this.edges.set(step, edge);
    if (isComponent(step)) this.#catchErrors(step, first);
    for (const { id, kind } of this.builder.nodes.slice(first)) if (kind === 'state') this.#states.set(id, step);
  }

  /** What the states begin with: see initialStates.ts. */
  async readInitialStates(): Promise<void> {
    const { nodes } = this.builder;
    for (const [id, step] of this.#states) {
      const refuse = (problem: SettingProblem): void => (step as RecordedOperator).config.refuse(problem);
      nodes[id] = await withInitial(nodes[id] as StateNode, refuse);
    }
  }

  #addComponent(step: WithComponent): Edge | undefined {
    const definition = this.#definitions.get(keyOf(step))!;
    const checked = step.config.check(definition, this.#surroundings);
    if (checked === undefined) return undefined;
    this.checked.set(step, checked);
    const input = step.kind === 'source' ? undefined : this.edges.get(step.parent);
    if (step.kind === 'operator')
      return input && (definition as Operator).build(this.builder, input, checked.config as never);
    const config = step.config.written;
    if (step.kind === 'source') return this.#configured(this.builder.source({ config }), checked);
    return input && this.#configured({ from: this.builder.sink({ input, config }), port: 'out' }, checked);
  }

  #configured(edge: Edge, { config }: CheckedConfig): Edge {
    this.configs.set(edge.from, config);
    return edge;
  }

  #addPlain(step: Exclude<Recorded, WithComponent>): Edge | undefined {
    if (step.kind === 'broken') return undefined;
    const inputs = step.kind === 'union' ? this.#edgesOf(step.parents) : this.#failuresOf(step);
    return inputs && inputs.length > 0 ? this.#join(inputs) : undefined;
  }

  #edgesOf(steps: readonly Recorded[]): readonly Edge[] | undefined {
    const edges = steps.map((step) => this.edges.get(step));
    return edges.every((edge) => edge !== undefined) ? edges : undefined;
  }

  #failuresOf(errors: RecordedErrors): readonly Edge[] {
    return errors.of.flatMap((step) => this.#failures.get(step) ?? []);
  }

  #join(inputs: readonly Edge[]): Edge {
    return inputs.length === 1 ? inputs[0]! : this.builder.union({ inputs });
  }

  /** Marks those of a step's nodes, from `first` on, that can fail on a record. */
  #catchErrors(step: WithComponent, first: number): void {
    const { onError } = step;
    if (onError === undefined) return;
    const { nodes } = this.builder;
    const failing = nodes.slice(first).filter((node) => canFail(node, this.checked.get(step)!.functions));
    for (const node of failing) nodes[node.id] = { ...node, onError };
    if (onError === 'emit')
      this.#failures.set(
        step,
        failing.map(({ id }) => ({ from: id, port: 'error' })),
      );
  }
}

/**
 * Whether a node can fail on a record: by a function of the user, or since the record is no pair, or has a key that is none.
 * `mapPartitions` sees all records at once, so none can be named as the one that failed.
 */
export function canFail(node: PlanNode, own: readonly FunctionReference[]): boolean {
  if (node.kind === 'source' || node.kind === 'cogroup') return true;
  if (node.kind === 'fold' && node.key !== 'none') return true;
  if (node.kind === 'narrow' && node.op === 'mapPartitions') return false;
  return Object.values(node).some((field) => own.includes(field));
}
