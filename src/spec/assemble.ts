import { Graph, type Recorded } from '../dstream/graph.ts';
import type { Origin } from '../plan/plan.ts';
import { YamlConfig } from './checkedSettings.ts';
import type { Component } from './component.ts';
import type { Declaration, Declarations, Reference, SinkDeclaration } from './declarations.ts';
import type { JobContext } from './jobContext.ts';
import type { Names, StreamName } from './names.ts';
import { problemAt } from './problem.ts';
import type { Span } from './sourceText.ts';

/** A job's graph, and which of its steps came from where. */
export interface Assembled {
  readonly graph: Graph;
  readonly sinks: ReadonlyMap<SinkDeclaration, Recorded>;
  /** Where each step stands in the file. */
  readonly spans: ReadonlyMap<Origin, Span>;
}

/**
 * Puts the declared streams on record, parents first. `job.streams` holds them then by name. Parts that are wrong are
 * recorded as broken, so that the others are checked all the same.
 */
export function assemble(declarations: Declarations, names: Names, job: JobContext): Assembled {
  const assembly = new Assembly(job, names.circular);
  for (const name of names.order) assembly.addStream(name);
  const sinks = new Map(declarations.sinks.map((sink) => [sink, assembly.addSink(sink)]));
  return { graph: assembly.graph, sinks, spans: assembly.spans };
}

class Assembly {
  readonly graph = new Graph();
  readonly spans = new Map<Origin, Span>();
  readonly #job: JobContext;
  readonly #circular: ReadonlySet<string>;
  /** The steps of each declaration whose failures its onError is about. */
  readonly #failing = new Map<Declaration, Recorded[]>();
  readonly #sinkNames = new Set<string>();

  constructor(job: JobContext, circular: ReadonlySet<string>) {
    this.#job = job;
    this.#circular = circular;
  }

  addStream(stream: StreamName): void {
    this.#job.streams.set(stream.name, this.#recordedOf(stream));
  }

  #recordedOf({ name, declaration, failing }: StreamName): Recorded {
    if (!declaration) {
      const of = failing.flatMap((failed) => this.#failing.get(failed) ?? []);
      return this.graph.errors({ of, origin: { name, component: 'onError' } });
    }
    return declaration.kind === 'stream' ? this.#addSteps(declaration) : this.#addSource(declaration);
  }

  #addSource(declaration: Declaration): Recorded {
    const { name, key, source } = declaration;
    if (!source) return this.graph.broken(this.#origin(name, 'source', key));
    const step = this.graph.source({
      component: source.name,
      config: new YamlConfig(source, this.#job),
      origin: this.#origin(name, source.name, source.key),
      onError: errorPort(declaration),
    });
    this.#failing.set(declaration, [step]);
    return step;
  }

  #addSteps(declaration: Declaration): Recorded {
    const { name, key, steps } = declaration;
    const failing: Recorded[] = [];
    let parent = this.#circular.has(name)
      ? this.graph.broken(this.#origin(name, 'stream', key))
      : this.#parentOf(declaration.from, name, key);
    for (const [index, { component, at }] of steps.entries()) {
      const origin = this.#origin(name, component?.name ?? 'step', at, index);
      parent = component ? this.#addStep(parent, component, origin, declaration) : this.graph.broken(origin);
      failing.push(parent);
    }
    this.#failing.set(declaration, failing);
    return parent;
  }

  #addStep(parent: Recorded, component: Component, origin: Origin, declaration: Declaration): Recorded {
    const config = new YamlConfig(component, this.#job);
    return this.graph.operator({ parent, component: component.name, config, origin, onError: errorPort(declaration) });
  }

  #parentOf(from: readonly Reference[], name: string, at: Span): Recorded {
    if (from.length === 0) return this.graph.broken(this.#origin(name, 'stream', at));
    const parents = from.map(
      (one) => this.#job.streams.get(one.name) ?? this.graph.broken(this.#origin(one.name, 'stream', one.at)),
    );
    const [only] = parents;
    return parents.length === 1 && only ? only : this.graph.union({ parents, origin: this.#origin(name, 'union', at) });
  }

  addSink(sink: SinkDeclaration): Recorded {
    const { from, at, component } = sink;
    const sinkName = this.#sinkName(sink);
    if (!component) return this.graph.broken(this.#origin(sinkName, 'sink', at));
    const origin = this.#origin(sinkName, component.name, component.key);
    const parent = this.#parentOf(from, sinkName, at);
    return this.graph.sink({ parent, component: component.name, config: new YamlConfig(component, this.#job), origin });
  }

  #origin(name: string, component: string, span: Span, step?: number): Origin {
    const at = span.source.place(span.start);
    const origin = { name, component, ...(step !== undefined && { step }), at };
    this.spans.set(origin, span);
    return origin;
  }

  /** A sink that nobody named is called by its stream and component; a second such one has a number. */
  #sinkName({ name: given, from, component, at }: SinkDeclaration): string {
    const wanted = given ?? `${from.map(({ name }) => name).join('+')}-${component?.name}`;
    if (given !== undefined && this.#sinkNames.has(given)) this.#job.report(problemAt(at, sameName(given)));
    let name = wanted;
    for (let number = 2; this.#sinkNames.has(name); number++) name = `${wanted}-${number}`;
    this.#sinkNames.add(name);
    return name;
  }
}

const sameName = (name: string) =>
  ({ code: 'duplicate-name', message: `Two sinks are called \`${name}\`.`, remedy: 'Rename one.' }) as const;

const errorPort = ({ onError }: Declaration): 'skip' | 'emit' | undefined =>
  onError === 'skip' || onError === undefined ? onError : 'emit';
