import { Chalk } from 'chalk';
import { catalog } from '../catalog/index.ts';
import { colourful, print } from './output.ts';

/** What `list` shows, by the name that its argument has. */
export const kinds = ['sources', 'steps', 'sinks', 'formats'] as const;
export type Kind = (typeof kinds)[number];

/** The shelf of the catalogue that holds the components of a kind. */
export const shelves = {
  sources: catalog.sources,
  steps: catalog.operators,
  sinks: catalog.sinks,
  formats: catalog.formats,
} as const;

/** `streamjob list [KIND]`: each component with what it is, in a line. */
export default async function list(kind: Kind | undefined): Promise<number> {
  const chalk = new Chalk({ level: colourful() ? 1 : 0 });
  const sections: string[] = [];
  for (const shown of kind ? [kind] : kinds) {
    const lines = await linesOf(shown);
    const width = Math.max(...lines.map(({ name }) => name.length));
    const rows = lines.map(({ name, summary }) => `  ${chalk.cyan(name.padEnd(width))}  ${summary}\n`);
    sections.push(`${chalk.bold(shown)}\n${rows.join('')}`);
  }
  const hint = 'streamjob docs NAME tells the settings of one, with examples.\n';
  await print(`${sections.join('\n')}\n${hint}`);
  return 0;
}

interface Line {
  readonly name: string;
  readonly summary: string;
}

const linesOf = (kind: Kind): Promise<readonly Line[]> =>
  Promise.all(
    shelves[kind].names.map(async (name) => ({ name, summary: plain((await shelves[kind].load(name)).summary) })),
  );

/** The first sentence, without the marks of Markdown. */
const plain = (summary: string): string => {
  const [sentence = summary] = /^.*?[.:](?=\s|$)/s.exec(summary) ?? [];
  return sentence.replaceAll('`', '').replace(/:$/, '.');
};
