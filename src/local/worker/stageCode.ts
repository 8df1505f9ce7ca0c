import type { FoldNode, NarrowNode, PlanNode, SortNode } from '../../plan/plan.ts';
import type { Pipe, Stage } from '../../plan/stages.ts';
import type { Pushdown } from './pushdown.ts';

/**
 * The JavaScript of a stage: one loop that pushes each record of a block through all steps down to the leaves, with no
 * call, array or test that the steps themselves do not need. It is the body of a function of `use` (see StageRuntime in
 * stage.ts) and returns `{ open, push, bad, close }`.
 *
 * A function's call stands in a `try` of its own, so what it threw is known together with the record it was given, and
 * the rest of the loop costs nothing for it.
 */
export function stageCode(stage: Stage, options: StageCodeOptions): string {
  return new StageCode(stage, options).text();
}

export interface StageCodeOptions {
  readonly strict: boolean;
  /** A first step that has been done on bytes: what is pushed is its result. */
  readonly pushdown?: Pushdown | undefined;
}

class StageCode {
  readonly #stage: Stage;
  readonly #strict: boolean;
  readonly #pushdown: Pushdown | undefined;
  readonly #functions: string[] = [];
  readonly #state: string[] = [];
  readonly #flushes: string[] = [];
  /** Fold leaves that keep their cells by token. */
  readonly #tokenLeaves = new Set<number>();
  readonly #constants = new Map<string, string>();
  /** What a record that fails goes through, by where: also steps that can fail in two ways have one way behind that. */
  readonly #failures = new Map<Pipe, string>();
  #names = 0;

  /** Code that is in the loop over tokens, where the texts pushed are known by number. */
  #withTokens = false;

  constructor(stage: Stage, { strict, pushdown }: StageCodeOptions) {
    this.#stage = stage;
    this.#strict = strict;
    this.#pushdown = pushdown;
    this.#withTokens = pushdown?.kind === 'split';
  }

  text(): string {
    const { root, leaves, pipe } = this.#stage;
    const push = this.#pushFunction(root, this.#pushdown?.pipe.out ?? pipe.out);
    const bad = this.#onFailure(pipe, 'record', 'return;', 'time');
    return `'use strict';
const { f, failed, dead, isPair, notPair, sortKey, iterable, guard, checkHeap, tokenCells } = use;
${[...this.#constants].map(([name, value]) => `const ${name} = ${value};`).join('\n')}
${leaves.map((_, i) => `let l${i}, t${i}, p${i}, q${i};`).join('\n')}
${this.#state.join('\n')}
function open(leaves) {
  ${leaves.map((_, i) => `l${i} = leaves[${i}]; t${i} = l${i}.table; p${i} = t${i}?.primitives;`).join('\n  ')}
  ${[...this.#tokenLeaves].map((i) => `q${i} = tokenCells();`).join(' ')}
  ${this.#state.map((line) => line.replace('let ', '')).join('\n  ')}
}
${push}
function bad(record, e, time) { ${bad} }
${this.#functions.join('\n')}
function close() { ${this.#flushes.join(' ')} }
return { open, push, pushTokens: push, bad, close };`;
  }

  #pushFunction(root: PlanNode, pipes: readonly Pipe[]): string {
    const withTokens = this.#withTokens;
    const steps = this.#emit(pipes, 'r');
    return withTokens
      ? `function push(records, tokens, count) {
  for (let i = 0; i < count; i++) {
    const r = records[i], token = tokens[i];
    ${steps}
  }
}`
      : `function push(records) {
  for (let i = 0; i < records.length; i++) {
    if ((i & 255) === 255) checkHeap();
    const r = records[i];
    ${this.#guard(root, 'r')}
    ${steps}
  }
}`;
  }

  /** Code that gives the record in `variable` to each of the pipes. Where the way forks, each branch is a function. */
  #emit(pipes: readonly Pipe[], variable: string): string {
    if (pipes.length === 1) return this.#step(pipes[0]!, variable);
    return pipes.map((pipe) => `${this.#branch([pipe])}(${variable});`).join(' ');
  }

  #branch(pipes: readonly Pipe[]): string {
    const name = this.#name('branch');
    const withTokens = this.#withTokens;
    this.#withTokens = false;
    this.#functions.push(`function ${name}(r) { ${this.#emit(pipes, 'r')} }`);
    this.#withTokens = withTokens;
    return name;
  }

  #step(pipe: Pipe, r: string): string {
    const { node } = pipe;
    switch (node.kind) {
      case 'union':
        return this.#emit(pipe.out, r);
      case 'narrow':
        return node.op === 'mapPartitions' ? this.#collect(pipe, node, r) : this.#narrow(pipe, node, r);
      case 'fold':
        return this.#fold(pipe, node, r);
      case 'cogroup':
      case 'state':
        return this.#byKey(pipe, r);
      case 'sort':
        return this.#sort(pipe, node, r);
      case 'repartition':
      case 'window':
        return `l${pipe.leaf}.write(${r});`;
      case 'sink':
        return `if (typeof ${r} !== 'string' && typeof ${r} !== 'number') guard(${node.input.from}, ${r}); l${pipe.leaf}.write(${r});`;
      case 'source':
      case 'transform':
        throw new Error(`a ${node.kind} is no step of a stage`);
    }
  }

  #narrow(pipe: Pipe, node: NarrowNode, r: string): string {
    const x = this.#name('x');
    const argument = node.on === 'value' ? `${r}[1]` : r;
    const check = node.on === 'value' ? wantPair(r) : '';
    const call = `${this.#fn(node)}(${argument})`;
    const attempt = `${check} ${x} = ${node.op === 'flatMap' ? `iterable(${call})` : call};`;
    return this.#guarded(pipe, r, `let ${x};`, attempt, this.#behind(pipe, node, r, x));
  }

  #behind(pipe: Pipe, node: NarrowNode, r: string, x: string): string {
    if (node.op === 'filter') return `if (${x}) { ${this.#emit(pipe.out, r)} }`;
    const y = this.#name('r');
    const give = (result: string) =>
      `const ${y} = ${paired(node, r, result)}; ${this.#guard(node, y)} ${this.#emit(pipe.out, y)}`;
    if (node.op === 'map') return give(x);
    const i = this.#name('i');
    return `for (let ${i} = 0; ${i} < ${x}.length; ${i}++) { if ((${i} & 255) === 255) checkHeap(); ${give(`${x}[${i}]`)} }`;
  }

  /** mapPartitions: the records wait in a list until the partition is complete. */
  #collect(pipe: Pipe, node: NarrowNode, r: string): string {
    const list = this.#name('list');
    const flush = this.#name('flush');
    this.#state.push(`let ${list} = [];`);
    this.#flushes.push(`${flush}();`);
    const y = this.#name('r');
    const emit = this.#emit(pipe.out, y);
    this.#functions.push(`function ${flush}() {
  let results;
  try { results = iterable(${this.#fn(node)}(${list})); } catch (e) { throw failed(${node.id}, undefined, e); }
  for (let i = 0; i < results.length; i++) { const ${y} = results[i]; ${this.#guard(node, y)} ${emit} }
}`);
    return `${list}.push(${r});`;
  }

  #fold(pipe: Pipe, node: FoldNode, r: string): string {
    const { leaf } = pipe;
    const k = this.#name('k');
    const v = this.#name('v');
    const c = this.#name('c');
    const create = node.create ? `${this.#fn(node, 'create')}(${v})` : v;
    const merge = (acc: string) => `${acc} = ${this.#fn(node, 'mergeValue')}(${acc}, ${v});`;
    if (node.key === 'none') {
      const attempt = `if (l${leaf}.has) { ${merge(`l${leaf}.acc`)} } else { l${leaf}.acc = ${create}; l${leaf}.has = true; }`;
      return `const ${v} = ${r}; ${this.#guarded(pipe, v, '', attempt, '')}`;
    }
    const find = `${c} = typeof ${k} === 'object' && ${k} !== null ? t${leaf}.find(${k}) : p${leaf}.get(${k});`;
    const add = `if (${c} === undefined) ${this.#withTokens ? `${c} = ` : ''}l${leaf}.add(${k}, ${create}); else ${merge(`${c}.acc`)}`;
    const attempt = this.#withTokens ? this.#byToken(leaf!, k, c, find, add, merge) : `let ${find} ${add}`;
    const keyed = `const ${k} = ${node.key === 'pair' ? `${r}[0]` : r}, ${v} = ${node.key === 'pair' ? `${r}[1]` : r};`;
    const folded = `${keyed} ${this.#guarded(pipe, `{ key: ${k}, value: ${v} }`, '', attempt, '')}`;
    return node.key === 'pair' ? this.#guarded(pipe, r, '', wantPair(r), folded) : folded;
  }

  /** A key that is the very text of a token has its cell under the token's number. */
  #byToken(leaf: number, k: string, c: string, find: string, add: string, merge: (acc: string) => string): string {
    this.#tokenLeaves.add(leaf);
    const known = `${k} === r && token >= 0`;
    return `let ${c} = ${known} ? q${leaf}[token] : undefined;
if (${c} !== undefined) ${merge(`${c}.acc`)}
else { ${find} ${add} if (${known}) q${leaf}[token] = ${c}; }`;
  }

  #byKey(pipe: Pipe, r: string): string {
    const target = this.#name('target');
    const attempt = `${wantPair(r)} ${target} = l${pipe.leaf}.target(${r}[0]);`;
    return this.#guarded(pipe, r, `let ${target};`, attempt, `l${pipe.leaf}.write(${target}, ${r}[0], ${r}[1]);`);
  }

  #sort(pipe: Pipe, node: SortNode, r: string): string {
    if (!node.by) return `l${pipe.leaf}.write(${r}, ${r});`;
    const x = this.#name('x');
    return this.#guarded(
      pipe,
      r,
      `let ${x};`,
      `${x} = sortKey(${this.#fn(node, 'by')}(${r}));`,
      `l${pipe.leaf}.write(${x}, ${r});`,
    );
  }

  /** `attempt` may throw: then the record in `given` has failed at the pipe's node, and `then` is left out. */
  #guarded(pipe: Pipe, given: string, declare: string, attempt: string, then: string): string {
    const label = this.#name('step');
    const onFailure = this.#onFailure(pipe, given, `break ${label};`);
    return `${label}: { ${declare} try { ${attempt} } catch (e) { ${onFailure} } ${then} }`;
  }

  /** `time`: of the batch in which it failed, if that may not be the one that is running. */
  #onFailure(pipe: Pipe, given: string, leave: string, time = 'undefined'): string {
    const { node } = pipe;
    if (node.onError === undefined) return `throw failed(${node.id}, ${given}, e);`;
    if (node.onError === 'skip') return leave;
    const branch = this.#failures.get(pipe) ?? this.#branch(pipe.error);
    this.#failures.set(pipe, branch);
    return `${branch}(dead(${node.id}, ${given}, e, ${time})); ${leave}`;
  }

  #guard(node: PlanNode, variable: string): string {
    return this.#strict ? `guard(${node.id}, ${variable});` : '';
  }

  /** The name of a function of the node; a constant, so that V8 inlines what it calls. */
  #fn(node: PlanNode, role = 'fn'): string {
    const name = `${role}${node.id}`;
    this.#constants.set(name, `f[${node.id}].${role}`);
    return name;
  }

  #name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }
}

const wantPair = (r: string): string => `if (!isPair(${r})) throw notPair(${r});`;

function paired(node: NarrowNode, r: string, result: string): string {
  if (node.on === 'value') return `[${r}[0], ${result}]`;
  return node.on === 'key' ? `[${result}, ${r}]` : result;
}
