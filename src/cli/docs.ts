import { Chalk } from 'chalk';
import { type ErrorCode, errorCodes, StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { type MetricText, metricTable } from '../base/metricTable.ts';
import { didYouMean } from '../base/suggest.ts';
import type { OperatorExample } from '../component/operator.ts';
import type { Setting } from '../component/settings.ts';
import { settingRows } from '../spec/generate/settingsTable.ts';
import { jobShape, settingsShape, streamShape, testShape } from '../spec/shape.ts';
import { kinds, shelves } from './list.ts';
import { colourful, print } from './output.ts';

const chalk = new Chalk({ level: colourful() ? 1 : 0 });

/** Parts of a job file that are no components. */
const parts: Readonly<Record<string, { readonly summary: string; readonly config: Setting }>> = {
  job: { summary: 'The job file. Paths are relative to it.', config: jobShape },
  settings: { summary: 'How a job is run: the `settings` of a job file.', config: settingsShape },
  stream: { summary: 'One of the `streams` of a job file.', config: streamShape },
  test: { summary: 'One of the `tests` of a job file, run by `streamjob test`.', config: testShape },
};

/** `streamjob docs NAME`: a component, a part of the job file, the metrics or an error code, from what the reference is made of. */
export default async function docs(name: string): Promise<number> {
  const text = await textOf(name);
  if (text === '') throw nothingCalled(name);
  await print(text);
  return 0;
}

/** What `docs` tells of a name; empty if nothing has it. */
export const textOf = async (name: string): Promise<string> =>
  [...(await componentSections(name)), ...partSections(name), ...metricSections(name), ...codeSections(name)].join(
    '\n',
  );

/** All names that `docs` knows, but for the error codes. */
export const documented = (): readonly string[] => [
  ...new Set([...kinds.flatMap((kind) => shelves[kind].names), ...Object.keys(parts), 'metrics']),
];

function nothingCalled(name: string): StreamjobError {
  const meant = didYouMean(name, [...documented(), ...Object.keys(errorCodes)]);
  const remedy = `${meant}\`streamjob list\` shows all components.`;
  return new StreamjobError('bad-usage', `No source, step, sink or format is called ${name}.`, { remedy });
}

/** A name can be that of a source and of a sink. */
async function componentSections(name: string): Promise<readonly string[]> {
  const kindsOfName = kinds.filter((kind) => shelves[kind].names.includes(name));
  return Promise.all(
    kindsOfName.map(async (kind) => {
      const definition = await shelves[kind].load(name);
      const { summary, config } = definition;
      const short = 'short' in definition ? definition.short : undefined;
      const examples = 'examples' in definition ? definition.examples.map(exampleText) : [];
      const shortForm = short === undefined ? '' : `\nThe short form gives ${chalk.cyan(short)}.\n`;
      return [section(name, kind.slice(0, -1), summary, config), shortForm, ...examples].join('');
    }),
  );
}

const partSections = (name: string): readonly string[] => {
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
  return part ? [section(name, 'part of a job file', part.summary, part.config)] : [];
};

const codeSections = (name: string): readonly string[] => {
  if (!Object.hasOwn(errorCodes, name)) return [];
  const { exit, means } = errorCodes[name as ErrorCode];
  return [`${head(name, 'error code')}${means}\nExit code ${exit}.\n`];
};

function metricSections(name: string): readonly string[] {
  if (name !== 'metrics') return [];
  const about = (type: string, labels: readonly string[]): string =>
    chalk.dim([type, ...(labels.length > 0 ? [`by ${labels.join(', ')}`] : [])].join(', '));
  const texts = Object.entries<MetricText>(metricTable).map(
    ([metric, { type, labels = [], help }]) => `  ${chalk.cyan(metric)}  ${about(type, labels)}\n      ${help}\n`,
  );
  return [`${head(name, 'of run --ui, at /metrics')}For Prometheus, all with the label job_name.\n\n${texts.join('')}`];
}

const head = (name: string, what: string): string => `${chalk.bold(name)} ${chalk.dim(`(${what})`)}\n`;

function section(name: string, what: string, summary: string, config: Setting): string {
  const rows = settingRows(config);
  const settings =
    rows.length === 0 ? 'No settings.\n' : `${chalk.bold('Settings')}\n${rows.map(settingText).join('')}`;
  return `${head(name, what)}${plain(summary)}\n\n${settings}`;
}

function settingText([name = '', type = '', value = '', description = '']: readonly string[]): string {
  const preset = value === '' || value === 'required' ? value : `default ${value}`;
  const facts = [type, preset].filter(Boolean).map(plain).join(', ');
  const about = description === '' ? '' : `      ${plain(description)}\n`;
  return `  ${chalk.cyan(plain(name))}  ${chalk.dim(facts)}\n${about}`;
}

type Example = Pick<OperatorExample, 'title' | 'yaml'> & Partial<OperatorExample>;

function exampleText({ title, yaml, given, other, expect }: Example): string {
  const batches = (expect ?? []).map((result, index) => {
    const second = other ? `  and  ${batchText(other[index])}` : '';
    return `      ${batchText(given?.[index])}${second}  gives  ${batchText(result)}\n`;
  });
  return `\n${chalk.bold('Example')}: ${plain(title)}\n${yaml.trimEnd().replace(/^(?=.)/gm, '      ')}\n${batches.join('')}`;
}

const batchText = (batch: readonly JsonValue[] = []): string => JSON.stringify(batch);

/** Without the marks of Markdown. */
const plain = (text: string): string => text.replaceAll('`', '');
