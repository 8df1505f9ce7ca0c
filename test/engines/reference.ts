import { StreamjobError } from '#src/base/errors.ts';
import { catalog } from '#src/catalog/index.ts';
import { type InitialPair, loadInitial } from '#src/component/initial.ts';
import type { FormatConfig } from '#src/component/settings.ts';
import type { CommitMessage, SinkDefinition } from '#src/component/sink.ts';
import { loadTables } from '#src/component/tables.ts';
import type { Batch, BatchResult, Engine, EngineJob } from '#src/engine/engine.ts';
import { type CompiledFunction, compileFunction, type FunctionEnvironment } from '#src/function/compile.ts';
import { importModule } from '#src/function/module.ts';
import type { FunctionReference } from '#src/function/reference.ts';
import { inputsOf, type NodeId, type Plan, type PlanNode, type SinkNode } from '#src/plan/plan.ts';
import { keeps } from '#src/plan/stages.ts';
import { BatchMeaning, type SourceReader, wantValue } from './meaning.ts';
import { type Memory, nothing } from './memory.ts';

/**
 * The definition of meaning (meaning.ts) as an engine: one thread, everything in arrays, as short as can be, so that it can
 * be checked by reading.  Sources that are received it does not know.
 */
export class ReferenceEngine implements Engine {
  readonly parallelism: number;
  #job: EngineJob | undefined;
  #environment: FunctionEnvironment = { exports: {}, tables: {} };
  #functions: ReadonlyMap<FunctionReference, CompiledFunction> = new Map();
  readonly #initial = new Map<NodeId, readonly InitialPair[]>();
  readonly #readers = new Map<NodeId, SourceReader>();
  readonly #sinks = new Map<NodeId, SinkDefinition>();
  /** After each batch that was run and may yet be given up; and after the newest that is done. */
  readonly #after = new Map<number, Memory>();
  #memory = nothing;

  constructor(parallelism = 3) {
    this.parallelism = parallelism;
  }

  async open(job: EngineJob): Promise<void> {
    this.#job = job;
    const { module } = job.plan;
    const tables = await loadTables(job.plan, catalog.formats.load);
    this.#environment = { exports: module ? await importModule(module.path) : {}, tables };
    for (const node of job.plan.nodes) {
      if (node.kind === 'state') this.#initial.set(node.id, await loadInitial(node, catalog.formats.load));
    }
    await this.#prepare(job);
  }

  async #prepare({ plan, configs }: Pick<EngineJob, 'plan' | 'configs'>): Promise<void> {
    this.#functions = compileAll(plan, this.#environment);
    for (const { id, kind, origin } of plan.nodes) {
      const config = configs.get(id) ?? this.#job!.configs.get(id);
      if (kind === 'source') this.#readers.set(id, await openReader(origin.component, config));
      if (kind === 'sink') this.#sinks.set(id, await catalog.sinks.load(origin.component));
    }
  }

  /** Windows take their batches in between their slides too. */
  get #keeping(): readonly NodeId[] {
    const { plan } = this.#job!;
    const used = new Set(plan.nodes.filter(({ kind }) => kind === 'sink').map(({ id }) => id));
    for (const id of used) for (const { from } of inputsOf(plan.nodes[id]!)) used.add(from);
    return plan.nodes
      .filter((node) => used.has(node.id) && (keeps(node) || node.kind === 'window'))
      .map(({ id }) => id);
  }

  async receive(): Promise<void> {
    throw new StreamjobError('not-supported', 'The reference engine does not receive.');
  }

  async stopReceiving(): Promise<void> {}

  async runBatch(batch: Batch): Promise<BatchResult> {
    const { configs, strict = false } = this.#job!;
    const { plan } = batch.expanded ?? this.#job!;
    if (batch.expanded) await this.#prepare(batch.expanded);
    const { parallelism } = this;
    const run = new BatchMeaning({
      batch,
      plan,
      strict,
      parallelism,
      functions: this.#functions,
      initial: this.#initial,
      memory: this.#memory,
    });
    const sinks = new Map<NodeId, readonly CommitMessage[]>();
    for (const node of plan.nodes) {
      if (node.kind === 'source') await run.read(node, this.#readers.get(node.id)!);
    }
    for (const node of plan.nodes) {
      if (node.kind === 'sink' && run.isDue(node.id))
        sinks.set(node.id, await this.#write(node, run, configs.get(node.id)));
    }
    for (const id of this.#keeping) run.records({ from: id, port: 'out' });
    this.#after.set(batch.time, run.memory);
    return { sinks, recordsIn: run.recordsIn, tasks: 1 };
  }

  async #write(node: SinkNode, run: BatchMeaning, config: unknown): Promise<CommitMessage[]> {
    const messages: CommitMessage[] = [];
    const compile = (reference: FunctionReference) => compileFunction(reference, this.#environment);
    const job = this.#job!.plan.name;
    const sink = node.origin.name;
    const waits = () => undefined;
    const where = { time: run.time, job, sink, attempt: 'reference', run: 0, again: false, waits, compile };
    for (const [partition, records] of run.records(node.input).entries()) {
      const writer = this.#sinks.get(node.id)!.worker(config, { ...where, partition });
      for (const record of records) writer.write(wantValue(node, record));
      messages.push(await writer.close());
    }
    return messages;
  }

  forget(time: number, done: boolean): void {
    if (done) this.#memory = this.#after.get(time)!;
    this.#after.clear();
  }

  async close(): Promise<void> {}
}

function compileAll(
  { nodes }: Plan,
  environment: FunctionEnvironment,
): ReadonlyMap<FunctionReference, CompiledFunction> {
  const references = nodes.flatMap(functionsOf).filter((reference) => reference !== undefined);
  return new Map(references.map((reference) => [reference, compileFunction(reference, environment)]));
}

function functionsOf(node: PlanNode): readonly (FunctionReference | undefined)[] {
  if (node.kind === 'narrow') return [node.fn];
  if (node.kind === 'fold') return [node.create, node.mergeValue, node.mergeCombiners];
  if (node.kind === 'state') return [node.fn];
  return node.kind === 'sort' ? [node.by] : [];
}

async function openReader(component: string, config: unknown): Promise<SourceReader> {
  const reader = (await catalog.sources.load(component)).worker?.(config, catalog.formats.load);
  if (!reader)
    throw new StreamjobError('not-supported', `The reference engine does not receive, as ${component} does.`);
  const { format, ...framing } = config as { format?: FormatConfig; delimiter?: string; maxRecordBytes?: number };
  if (!format) return { reader, decode: undefined };
  const { delimiter = '\n', maxRecordBytes = 1e6 } = framing;
  const { decoder } = await catalog.formats.load(format.name);
  return { reader, decode: decoder(format.config, { delimiter: Buffer.from(delimiter), maxRecordBytes }) };
}
