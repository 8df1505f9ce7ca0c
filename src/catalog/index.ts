import { StreamjobError } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import type { FormatDefinition } from '../component/format.ts';
import type { OperatorDefinition } from '../component/operator.ts';
import type { SinkDefinition } from '../component/sink.ts';
import type { SourceDefinition } from '../component/source.ts';
import { components, hidden } from './generated/components.ts';

/** The components of one kind. Functions here need no `this`. */
export interface Shelf<Definition> {
  /** In alphabetical order, without those that are not in the job language. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Loads one component's file. Throws StreamjobError `unknown-component`. */
  load(name: string): Promise<Definition>;
}

type Loaders<Definition> = { readonly [name: string]: () => Promise<{ readonly default: Definition }> };

/** Every component there is. None is loaded before it is asked for. */
export const catalog = {
  operators: shelf<OperatorDefinition>('step', components.operators),
  sources: shelf<SourceDefinition>('source', components.sources),
  sinks: shelf<SinkDefinition>('sink', components.sinks),
  formats: shelf<FormatDefinition>('format', components.formats),
};

function shelf<Definition>(kind: string, loaders: Loaders<Definition>): Shelf<Definition> {
  const names = Object.keys(loaders).filter((name) => !hidden.has(`${kind} ${name}`));
  const has = (name: string): boolean => Object.hasOwn(loaders, name);
  const load = async (name: string): Promise<Definition> => {
    const loader = has(name) ? loaders[name] : undefined;
    if (!loader) throw unknownComponent(kind, name, names);
    return (await loader()).default;
  };
  return { names, has, load };
}

function unknownComponent(kind: string, name: string, names: readonly string[]): StreamjobError {
  const remedy = `${didYouMean(name, names)}There are ${names.join(', ')}.`;
  return new StreamjobError('unknown-component', `No ${kind} is called ${name}.`, { remedy });
}
