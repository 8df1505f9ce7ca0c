import { didYouMean } from '../base/suggest.ts';
import { catalog } from '../catalog/index.ts';
import { type Problem, problemAt, type Report } from './problem.ts';
import { type Span, spanOf } from './sourceText.ts';
import type { MapTree, ScalarTree, Tree } from './tree.ts';

/** A source, step or sink as it stands in the file: a component's name and its settings. */
export interface Component {
  readonly name: string;
  readonly key: Span;
  /** Absent where the component stands bare. */
  readonly value?: Tree;
}

/** What a component is at some place, and which keys may stand beside it. */
export interface ComponentPlace {
  readonly what: 'source' | 'step' | 'sink';
  readonly extras: readonly string[];
}

const catalogs = { source: catalog.sources, step: catalog.operators, sink: catalog.sinks };

const isKnown = (what: ComponentPlace['what'], name: string): boolean => catalogs[what].names.includes(name);

/** The one component of a source, step or sink. Reports what stands in its place or beside it. */
export async function readComponent(
  tree: Tree,
  place: ComponentPlace,
  owner: Span,
  report: Report,
): Promise<Component | undefined> {
  if (tree.kind === 'map') return readMap(tree, place, owner, report);
  if (tree.kind === 'scalar') return readBare(tree, place, owner, report);
  const message = `A ${place.what} is a map with one component, and this is a list.`;
  report(problemAt(tree, { code: 'one-component', message, remedy: `Write one of ${listOf(place)}.` }));
  return undefined;
}

const listOf = ({ what }: ComponentPlace): string => catalogs[what].names.join(', ');

function readBare(tree: ScalarTree, place: ComponentPlace, owner: Span, report: Report): Component | undefined {
  const { what } = place;
  const name = tree.text;
  const at = tree.end > tree.start ? tree : owner;
  if (what === 'step' && isKnown(what, name)) return { name, key: spanOf(at) };
  if (isKnown(what, name)) {
    report(
      problemAt(at, { code: 'one-component', message: `\`${name}\` stands bare.`, remedy: `Write \`${name}: {}\`.` }),
    );
  } else if (name.includes('=>')) {
    const remedy = 'Name what the function is for, as in `map: x => x + 1`.';
    report(problemAt(at, { code: 'one-component', message: `A ${what} is more than a function.`, remedy }));
  } else if (name === '') {
    const message = `A ${what} is missing here.`;
    report(problemAt(at, { code: 'one-component', message, remedy: `Write one of ${listOf(place)}.` }));
  } else {
    report(unknown(name, at, place));
  }
  return undefined;
}

async function readMap(
  tree: MapTree,
  place: ComponentPlace,
  owner: Span,
  report: Report,
): Promise<Component | undefined> {
  const keys = [...tree.entries.keys()].filter((key) => !place.extras.includes(key));
  const [name, second] = keys.filter((key) => isKnown(place.what, key));
  if (name === undefined) {
    reportNone(tree, keys, place, owner, report);
    return undefined;
  }
  if (second !== undefined) {
    reportTwo(tree, [name, second], place, report);
    return undefined;
  }
  const { key, value } = tree.entries.get(name)!;
  const component = { name, key, value };
  const others = keys.filter((other) => other !== name);
  return others.length > 0 && (await reportBeside(tree, component, others, place, report)) ? undefined : component;
}

function reportNone(tree: MapTree, keys: readonly string[], place: ComponentPlace, owner: Span, report: Report): void {
  const [first] = keys;
  if (first !== undefined) {
    report(unknown(first, tree.entries.get(first)!.key, place));
    return;
  }
  const bare = lastWordOfFrom(tree, place);
  if (bare) {
    const message = `\`${bare.name}\` stands bare and is read as part of the line above.`;
    report(problemAt(bare.at, { code: 'one-component', message, remedy: `Write \`${bare.name}: {}\`.` }));
    return;
  }
  const message = `This ${place.what} has no component.`;
  report(
    problemAt(tree.entries.values().next().value?.key ?? owner, {
      code: 'one-component',
      message,
      remedy: `Add one of ${listOf(place)}.`,
    }),
  );
}

/** YAML reads `from: top` and `print` below it as `from: "top print"`. */
function lastWordOfFrom(tree: MapTree, { what }: ComponentPlace): { name: string; at: Span } | undefined {
  const from = tree.entries.get('from')?.value;
  const name = from?.kind === 'scalar' ? / (\S+)$/.exec(from.text)?.[1] : undefined;
  if (from === undefined || name === undefined || !isKnown(what, name)) return undefined;
  const start = from.source.text.lastIndexOf(name, from.end);
  return { name, at: { source: from.source, start, end: start + name.length } };
}

/** What the `from` of a source or sink was meant to be, where a component stands bare below it. */
export function meantFrom(tree: MapTree, place: ComponentPlace): Tree | undefined {
  const from = tree.entries.get('from')?.value;
  const bare = lastWordOfFrom(tree, place);
  if (from?.kind !== 'scalar' || !bare) return from;
  const text = from.text.slice(0, -bare.name.length).trimEnd();
  return { ...from, text, value: text };
}

function unknown(name: string, at: Span, place: ComponentPlace): Problem {
  const meant = didYouMean(name, [...catalogs[place.what].names, ...place.extras]);
  const remedy = meant === '' ? `A ${place.what} is one of ${listOf(place)}.` : meant.trimEnd();
  return problemAt(at, { code: 'unknown-component', message: `\`${name}\` is no ${place.what}.`, remedy });
}

function reportTwo(
  tree: MapTree,
  [first, second]: readonly [string, string],
  { what }: ComponentPlace,
  report: Report,
): void {
  const message = `A ${what} has one component, and here are \`${first}\` and \`${second}\`.`;
  const remedy =
    what === 'step'
      ? `Make two steps of them: begin \`- ${second}\` on a line of its own.`
      : `Make two ${what}s of them.`;
  report(problemAt(tree.entries.get(second)!.key, { code: 'one-component', message, remedy }));
}

/** True if settings of the component stand beside it: then they are missing inside. */
async function reportBeside(
  tree: MapTree,
  component: Component,
  others: readonly string[],
  place: ComponentPlace,
  report: Report,
): Promise<boolean> {
  const definition = await catalogs[place.what].load(component.name);
  const settings = definition.config.properties ?? {};
  for (const other of others) {
    const at = tree.entries.get(other)!.key;
    if (Object.hasOwn(settings, other)) report(problemAt(at, settingBeside(other, component, definition.short)));
    else {
      const remedy = `${didYouMean(other, [...place.extras, ...Object.keys(settings)])}Settings of ${component.name} stand inside of it.`;
      report(
        problemAt(at, {
          code: 'unknown-key',
          message: `\`${other}\` is not known beside \`${component.name}\`.`,
          remedy,
        }),
      );
    }
  }
  return others.some((other) => Object.hasOwn(settings, other));
}

function settingBeside(setting: string, { name, value }: Component, short: string | undefined) {
  const message = `\`${setting}\` is a setting of ${name} and stands beside it.`;
  const isShort = short !== undefined && value?.kind === 'scalar' && value.value !== null;
  const remedy = isShort
    ? `Use the long form: \`${name}: { ${short}: …, ${setting}: … }\`.`
    : `Indent it, so that it stands inside of \`${name}:\`.`;
  return { code: 'one-component', message, remedy } as const;
}
