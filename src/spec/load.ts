import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { type BuiltPlan, buildPlan } from '../dstream/buildPlan.ts';
import { defaultSettings, type JobSettings } from '../plan/jobSettings.ts';
import type { Edge, NodeId, Plan } from '../plan/plan.ts';
import { withRemembered } from '../plan/remember.ts';
import { type Assembled, assemble } from './assemble.ts';
import { assign } from './assignments.ts';
import { readDeclarations } from './declarations.ts';
import { type Checkpoint, type Header, readHeader, readModule } from './header.ts';
import type { JobContext } from './jobContext.ts';
import { type JobTest, readTests } from './jobTests.ts';
import { type Names, resolveNames } from './names.ts';
import { reportSameOutputs } from './outputs.ts';
import { inOrder, type Problem, problemAt, type Report } from './problem.ts';
import { SourceText } from './sourceText.ts';
import { readTables, tableNames } from './tables.ts';
import type { MapTree } from './tree.ts';
import { reportNoCheckpoint, reportSameKeepers, reportSlides } from './windows.ts';
import { readYaml, type YamlText } from './yaml.ts';

export interface LoadOptions {
  /** Where `${NAME}` are looked up. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Changes to the file before it is read: `path=value`, names with dots between them and a YAML value. */
  readonly set?: readonly string[];
  /** Whoever runs the job says where its checkpoint is, so the file need not. */
  readonly keptElsewhere?: boolean;
}

/** A job file as data, or everything that is wrong with it. */
export interface LoadedJob {
  readonly file: string;
  readonly name: string;
  /** The text of the file. */
  readonly text: string;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** Only if none of the problems is an error. */
  readonly plan?: Plan;
  /** Of each source and sink of the plan: checked, complete, with `${NAME}` resolved. Never to be recorded. */
  readonly configs: ReadonlyMap<NodeId, unknown>;
  /** The edge out of each source, stream and stream of errors, by name. */
  readonly streams: ReadonlyMap<string, Edge>;
  readonly settings: JobSettings;
  /** Absent if the file does not say. */
  readonly checkpoint?: Checkpoint;
  readonly tests: readonly JobTest[];
}

/**
 * Reads and checks a job file. What is wrong in it comes back as problems, all at once. Throws StreamjobError `file-missing` if it cannot
 * be read, and `bad-usage` for a `set` that does not fit.
 */
export async function loadJob(file: string, options: LoadOptions = {}): Promise<LoadedJob> {
  const { text, isUtf8 } = await readText(file);
  const source = new SourceText(file, text);
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  if (!isUtf8) report(problemAt({ source, start: 0, end: 0 }, notUtf8));
  const yaml = isUtf8 ? readYaml(source, report) : undefined;
  const root = yaml && rootOf(yaml, source, options.set ?? [], report);
  const loaded = yaml && root ? await readJob(root, source, yaml.spoiled, options, report) : nothing(file);
  const { plan, ...job } = loaded;
  const isFine = !problems.some(({ severity }) => severity === 'error');
  return { file, text, problems: inOrder(problems), ...job, ...(isFine && plan && { plan }) };
}

type Read = Omit<LoadedJob, 'file' | 'text' | 'problems'>;

const nothing = (name: string): Read => ({
  name,
  configs: new Map(),
  streams: new Map(),
  settings: defaultSettings,
  tests: [],
});

async function readText(file: string): Promise<{ text: string; isUtf8: boolean }> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const remedy = 'Give the path of a job file, such as wordcount.yaml.';
    throw new StreamjobError('file-missing', `The job file ${file} cannot be read: ${messageOf(cause)}.`, {
      cause,
      remedy,
    });
  });
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, isUtf8: !text.includes('\0') };
  } catch {
    return { text: bytes.toString('latin1'), isUtf8: false };
  }
}

const notUtf8 = { code: 'bad-yaml', message: 'The file is not UTF-8 text.', remedy: 'Save it as UTF-8.' } as const;

function rootOf({ tree }: YamlText, source: SourceText, set: readonly string[], report: Report): MapTree | undefined {
  const root = set.reduce(assign, tree);
  if (root.kind === 'map') return root;
  const message =
    root.kind === 'scalar' && root.value === null
      ? 'The file is empty.'
      : 'A job file is a map of settings, and this is none.';
  const remedy = 'Begin with `batchInterval: 1s`, then `sources:`, `streams:` and `sinks:`.';
  report(problemAt({ source, start: root.start, end: root.end }, { code: 'bad-yaml', message, remedy }));
  return undefined;
}

async function readJob(
  root: MapTree,
  source: SourceText,
  spoiled: YamlText['spoiled'],
  { env = process.env, keptElsewhere = false }: LoadOptions,
  report: Report,
): Promise<Read> {
  const directory = dirname(resolve(source.file));
  const { module, exports } = await readModule(root, { report, directory, env });
  const names = { ...(exports && { exports }), tables: tableNames(root, report) };
  const job: JobContext = { report, env, directory, spoiled, names, keptElsewhere, streams: new Map() };
  const header = readHeader(root, source, job);
  const declarations = await readDeclarations(root, job);
  const resolved = resolveNames(declarations, job);
  const assembled = assemble(declarations, resolved, job);
  const tests = readTests(root, declarations, job);
  const tables = await readTables(root, job);
  const built = await build(assembled, resolved, header, { ...(module && { module }), ...tables }, job);
  return { name: source.file, settings: defaultSettings, ...header, ...built, tests };
}

async function build(
  assembled: Assembled,
  names: Names,
  header: Header | undefined,
  given: Pick<Plan, 'module' | 'tables'>,
  job: JobContext,
): Promise<Pick<LoadedJob, 'configs' | 'streams'> & { readonly plan: Plan }> {
  const { name = '', batchInterval = 1 } = header ?? {};
  const { plan, configs, edges, checked } = await buildPlan(assembled.graph, {
    name,
    batchInterval,
    ...given,
  });
  reportSameOutputs(assembled.sinks, checked, job.report);
  const streams = new Map(
    [...job.streams].flatMap(([stream, step]) => (edges.has(step) ? [[stream, edges.get(step)!] as const] : [])),
  );
  reportNothingFails(assembled, names, { edges }, job);
  reportSlides(assembled, { plan }, job.report);
  reportSameKeepers(assembled, { plan }, job.report);
  if (header?.checkpoint === undefined && !job.keptElsewhere)
    await reportNoCheckpoint(assembled, { checked }, job.report);
  const { remember } = header ?? {};
  return { plan: remember ? withRemembered(plan, streams, remember) : plan, configs, streams };
}

/** A stream of errors that nothing can send to. */
function reportNothingFails(
  { graph }: Assembled,
  { order }: Names,
  { edges }: Pick<BuiltPlan, 'edges'>,
  { streams, report }: JobContext,
): void {
  const empty = graph.steps.filter(
    (step) => step.kind === 'errors' && !edges.has(step) && step.of.every((one) => edges.has(one)),
  );
  for (const { name, failing } of order) {
    const onError = failing[0]?.onError;
    if (typeof onError !== 'object' || !empty.includes(streams.get(name)!)) continue;
    const message = `Nothing can fail that would be sent to \`${name}\`: no step has a function.`;
    report(problemAt(onError.to.at, { code: 'bad-value', message, remedy: 'Remove `onError`.' }));
  }
}
