import type { CheckedConfig, Recorded } from '../dstream/graph.ts';
import type { SinkDeclaration } from './declarations.ts';
import { problemAt, type Report } from './problem.ts';

/**
 * Reports sinks that would write the same files: of one component, with one path and the same names of files. A format gives names
 * an ending of its own.
 */
export function reportSameOutputs(
  sinks: ReadonlyMap<SinkDeclaration, Recorded>,
  checked: ReadonlyMap<Recorded, CheckedConfig>,
  report: Report,
): void {
  const writers = new Map<string, SinkDeclaration>();
  for (const [sink, step] of sinks) {
    const output = outputOf(sink, checked.get(step)?.config);
    if (output === undefined) continue;
    const first = writers.get(output.key);
    if (first === undefined) writers.set(output.key, sink);
    else {
      const { line } = first.at.source.place(first.at.start);
      const message = `This sink writes to ${output.path}, as the one in line ${line} does.`;
      report(
        problemAt(sink.at, { code: 'same-output', message, remedy: 'Give one of them another `path` or `prefix`.' }),
      );
    }
  }
}

function outputOf({ component }: SinkDeclaration, config: unknown): { path: string; key: string } | undefined {
  const { path, prefix, suffix, format } = (config ?? {}) as { readonly [setting: string]: unknown };
  if (typeof path !== 'string') return undefined;
  return { path, key: JSON.stringify([component?.name, path, prefix, suffix ?? endingOf(format)]) };
}

/** The ending of names that a format stands for, by its own name, bare or with settings. */
function endingOf(format: unknown): unknown {
  const name = typeof format === 'object' && format !== null ? Object.keys(format)[0] : format;
  return name === 'text' ? 'txt' : name;
}
