import type { Declaration, Declarations, Reference } from './declarations.ts';
import { type JobContext, reportUnknownStream } from './jobContext.ts';
import { orderByNeed } from './order.ts';
import { problemAt } from './problem.ts';

/** The streams of a job by name: its sources and streams, and what `onError: { to: NAME }` defines. */
export interface Names {
  /** Sources and streams, each behind those that it needs. */
  readonly order: readonly StreamName[];
  /** The names that stand in a circle. */
  readonly circular: ReadonlySet<string>;
}

export interface StreamName {
  readonly name: string;
  /** Absent for a stream of errors. */
  readonly declaration?: Declaration;
  /** What sends its errors here. */
  readonly failing: readonly Declaration[];
}

/** Finds out what each name means. Reports names that are defined twice or never, circles, and what nothing uses. */
export function resolveNames(declarations: Declarations, job: JobContext): Names {
  const names = collect(declarations, job);
  reportUnknown(declarations, names, job);
  const needs = (name: string) =>
    needsOf(names.get(name)!)
      .map((one) => one.name)
      .filter((one) => names.has(one));
  const { order, circles } = orderByNeed([...names.keys()], needs);
  for (const circle of circles) reportCircle(circle, names, job);
  reportUnused(declarations, names, needs, job);
  return { order: order.map((name) => names.get(name)!), circular: new Set(circles.flat()) };
}

function collect({ sources, streams }: Declarations, { report }: JobContext): Map<string, StreamName> {
  const names = new Map<string, StreamName>();
  const twice = ({ name, key }: { readonly name: string; readonly key: Reference['at'] }, first: string): void => {
    const message = `\`${name}\` is the name of a ${first} already.`;
    report(
      problemAt(key, {
        code: 'duplicate-name',
        message,
        remedy: 'Sources, streams and onError share their names: rename one.',
      }),
    );
  };
  for (const declaration of [...sources, ...streams]) {
    const { name } = declaration;
    const first = names.get(name)?.declaration;
    if (first) twice(declaration, first.kind);
    else names.set(name, { name, declaration, failing: [] });
  }
  for (const declaration of [...sources, ...streams]) {
    const to = errorsOf(declaration);
    const known = to && names.get(to.name);
    if (to && known?.declaration) twice({ name: to.name, key: to.at }, known.declaration.kind);
    else if (to) names.set(to.name, { name: to.name, failing: [...(known?.failing ?? []), declaration] });
  }
  return names;
}

const errorsOf = ({ onError }: Declaration): Reference | undefined =>
  typeof onError === 'object' ? onError.to : undefined;

/** The streams that a name's stream is made of, where it says so. */
function needsOf({ declaration, failing }: StreamName): readonly Reference[] {
  if (!declaration) return failing.map(({ name, key }) => ({ name, at: key }));
  return [...declaration.from, ...declaration.steps.flatMap(({ references }) => references)];
}

function reportUnknown(
  { streams, sinks }: Declarations,
  names: ReadonlyMap<string, StreamName>,
  job: JobContext,
): void {
  // What steps name is looked up when their settings are checked.
  for (const { name, at } of [...streams, ...sinks].flatMap(({ from }) => from)) {
    if (!names.has(name)) reportUnknownStream(name, at, names.keys(), job.report);
  }
}

function reportCircle(circle: readonly string[], names: ReadonlyMap<string, StreamName>, { report }: JobContext): void {
  const [first] = circle;
  const last = names.get(circle.at(-1)!)!;
  const closing = needsOf(last).find(({ name }) => name === first)!;
  const message =
    circle.length === 1
      ? `\`${first}\` is made of itself.`
      : `Streams need each other in a circle: ${[...circle, first].join(' ← ')}.`;
  report(
    problemAt(closing.at, {
      code: 'cycle',
      message,
      remedy: 'A stream can be made only of streams that do not need it.',
    }),
  );
}

function reportUnused(
  { sinks }: Declarations,
  names: ReadonlyMap<string, StreamName>,
  needs: (name: string) => readonly string[],
  { report }: JobContext,
): void {
  const reached = reachedFrom(
    sinks.flatMap(({ from }) => from.map(({ name }) => name)),
    names,
    needs,
  );
  const mentioned = new Set(
    [...names.values()].flatMap((name) => (name.declaration ? needsOf(name) : [])).map(({ name }) => name),
  );
  for (const { name, declaration, failing } of names.values()) {
    if (reached.has(name)) continue;
    if (declaration) {
      const message = `No sink uses the ${declaration.kind} \`${name}\`.`;
      report(
        problemAt(declaration.key, {
          severity: 'warning',
          code: 'unused-stream',
          message,
          remedy: 'Add a sink, or remove it.',
        }),
      );
    } else if (!mentioned.has(name)) {
      const message = `Nothing uses \`${name}\`, and what fails would be lost.`;
      const remedy = `Add a stream or sink with \`from: ${name}\`, or write \`onError: skip\`.`;
      report(problemAt(errorsOf(failing[0]!)!.at, { code: 'unused-stream', message, remedy }));
    }
  }
}

function reachedFrom(
  start: readonly string[],
  names: ReadonlyMap<string, StreamName>,
  needs: (name: string) => readonly string[],
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = start.filter((name) => names.has(name));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(...needs(name));
  }
  return reached;
}
