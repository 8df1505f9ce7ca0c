import { resolve } from 'node:path';
import type { JsonValue } from '../base/json.ts';
import { type CheckContext, checkComponent, checkConfig, type SettingProblem } from '../component/check.ts';
import type { Setting } from '../component/settings.ts';
import type { CheckedBy, CheckedConfig, ConfigInput, Surroundings } from '../dstream/graph.ts';
import { checkFunction } from '../function/check.ts';
import type { FunctionReference } from '../function/reference.ts';
import type { Component } from './component.ts';
import { offsetInFile, spanInScalar } from './functionOffsets.ts';
import { isSpoiled, type JobContext, reportUnknownStream } from './jobContext.ts';
import { problemAt } from './problem.ts';
import type { Span } from './sourceText.ts';
import { type Path, type ScalarTree, spanAt, type Tree, toJson, treeAt } from './tree.ts';
import { type Replaced, resolveVariables } from './variables.ts';
import { commentFollows, quoteTheFunction } from './yamlTraps.ts';

/** The settings of a component in a job file. */
export class YamlConfig implements ConfigInput {
  readonly written: JsonValue;
  readonly #component: Component;
  readonly #job: JobContext;

  constructor(component: Component, job: JobContext) {
    this.#component = component;
    this.#job = job;
    this.written = component.value ? toJson(component.value) : {};
  }

  check(definition: CheckedBy, surroundings: Surroundings): CheckedConfig | undefined {
    const { name, key } = this.#component;
    const check: Check = (json, context) =>
      checkComponent({ name, ...definition }, fieldOf(json, name), [name], context);
    return new CheckedSettings(this.#tree, key, this.#job).check(check, surroundings);
  }

  refuse({ path, on, code, message, remedy }: SettingProblem): void {
    const { name, key } = this.#component;
    this.#job.report(problemAt(spanAt(this.#tree, [name, ...path], on, key), { code, message, remedy }));
  }

  /** The component with its name. */
  get #tree(): Tree {
    const { name, key, value } = this.#component;
    const bare: Tree = { kind: 'scalar', value: null, text: '', style: 'plain', ...key };
    return { ...key, kind: 'map', entries: new Map([[name, { key, value: value ?? bare }]]) };
  }

  /** Where a setting stands: its value, or the component if it is not given. */
  spanOf(setting: string): Span {
    const { key, value } = this.#component;
    if (value === undefined) return key;
    return value.kind === 'map' ? spanAt(value, [setting], 'value', key) : value;
  }
}

/**
 * The settings at a place of the file that are no component's, checked and complete; undefined if something is wrong with them, which
 * is reported.
 */
export function checkSettings<T>(
  setting: Setting<T>,
  tree: Tree,
  owner: Span,
  job: JobContext,
  surroundings: Surroundings = noSurroundings,
): T | undefined {
  const checked = new CheckedSettings(tree, owner, job).check(
    (json, context) => checkConfig(setting, json, [], context),
    surroundings,
  );
  return checked?.config as T | undefined;
}

const noSurroundings: Surroundings = { edgeOf: () => undefined, formats: { names: [], get: () => undefined } };

const fieldOf = (json: JsonValue, name: string): JsonValue | undefined =>
  (json as { readonly [key: string]: JsonValue })[name];

type Check = (value: JsonValue, context: CheckContext) => unknown;

/** One check of settings: replaces variables, finds the functions, and puts what is wrong where it stands in the file. */
class CheckedSettings {
  readonly #tree: Tree;
  readonly #owner: Span;
  readonly #job: JobContext;
  readonly #functions = new Map<ScalarTree, FunctionReference | undefined>();
  #failed = false;

  constructor(tree: Tree, owner: Span, job: JobContext) {
    this.#tree = tree;
    this.#owner = owner;
    this.#job = job;
  }

  check(check: Check, surroundings: Surroundings): CheckedConfig | undefined {
    if (isSpoiled(this.#tree, this.#job)) return undefined;
    const { config, problems, replaced } = this.#run(check, surroundings);
    for (const problem of problems) this.#report(problem);
    for (const { path, problems } of replaced)
      if (!this.#functions.has(this.#scalarAt(path)!)) this.#reportAll(problems);
    const functions = [...this.#functions.values()].filter((fn) => fn !== undefined);
    return this.#failed ? undefined : { config, functions };
  }

  /** A replaced value that has the wrong type is tried as what else it can be meant as: `5` the text, "5" the number. */
  #run(check: Check, surroundings: Surroundings) {
    const first = this.#runOnce(check, surroundings, () => false);
    const wrong = new Set(first.problems.filter(({ code }) => code === 'wrong-type').map(({ path }) => path.join('.')));
    const instead = (path: Path) => wrong.has(path.join('.'));
    if (!first.replaced.some(({ path }) => instead(path))) return first;
    this.#failed = false;
    return this.#runOnce(check, surroundings, instead);
  }

  #runOnce(check: Check, surroundings: Surroundings, instead: (path: Path) => boolean) {
    const { value, replaced } = resolveVariables(this.#tree, this.#job.env, instead);
    const unresolved = replaced.filter(({ problems }) => problems.length > 0);
    const problems: SettingProblem[] = [];
    const report = (problem: SettingProblem) => {
      this.#failed = true;
      if (!isAtOneOf(problem.path, unresolved)) problems.push(problem);
    };
    return { config: check(value, this.#context(surroundings, report)), problems, replaced };
  }

  #context({ edgeOf, formats }: Surroundings, report: CheckContext['report']): CheckContext {
    return {
      report,
      formats,
      path: (text) => resolve(this.#job.directory, text),
      fn: (_text, path, async = false) => this.#function(this.#scalarAt(path), async),
      stream: (name, path) => {
        const stream = this.#job.streams.get(name);
        if (!stream) reportUnknownStream(name, this.#span(path, 'value'), this.#job.streams.keys(), this.#job.report);
        const edge = stream && edgeOf(stream);
        this.#failed ||= !edge;
        return edge;
      },
    };
  }

  /** Functions are read as they stand: what looks like a variable in them belongs to JavaScript. */
  #function(scalar: ScalarTree | undefined, async: boolean): FunctionReference | undefined {
    if (scalar === undefined) return undefined;
    if (!this.#functions.has(scalar)) this.#functions.set(scalar, this.#checkFunction(scalar, async));
    return this.#functions.get(scalar);
  }

  #checkFunction(scalar: ScalarTree, async: boolean): FunctionReference | undefined {
    const at = scalar.source.place(offsetInFile(scalar, 0));
    const { exports, tables } = this.#job.names;
    const checked = checkFunction(scalar.text, { exports, tables, at, async });
    if ('reference' in checked) return checked.reference;
    this.#failed = true;
    for (const { code, message, remedy, offset } of checked.problems) {
      const cut = code === 'bad-function' && commentFollows(scalar);
      const text = cut
        ? { message: 'YAML takes what follows ` #` for a comment.', remedy: quoteTheFunction }
        : { message, remedy };
      this.#job.report(problemAt(spanInScalar(scalar, offset), { code, ...text }));
    }
    return undefined;
  }

  #report({ path, on, code, message, remedy }: SettingProblem): void {
    this.#job.report(problemAt(this.#span(path, on), { code, message, remedy }));
  }

  #reportAll(problems: Replaced['problems']): void {
    for (const problem of problems) this.#job.report(problem);
    this.#failed ||= problems.length > 0;
  }

  #span(path: Path, on: 'key' | 'value'): Span {
    const tree = this.#tree;
    return spanAt(tree, path, on, tree.kind === 'scalar' && tree.end > tree.start ? tree : this.#owner);
  }

  /** A setting given in the short form is checked under its name, and stands where the settings would. */
  #scalarAt(path: Path): ScalarTree | undefined {
    const found = treeAt(this.#tree, path) ?? treeAt(this.#tree, path.slice(0, -1));
    return found?.kind === 'scalar' ? found : undefined;
  }
}

/** What is wrong with a value whose variable is not set has no meaning. */
const isAtOneOf = (path: Path, replaced: readonly Replaced[]): boolean =>
  replaced.some((one) => one.path.every((step, index) => path[index] === step));
