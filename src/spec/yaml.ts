import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Node } from 'yaml';
import { type Problem, problemAt, type Report } from './problem.ts';
import type { SourceText, Span } from './sourceText.ts';
import { childrenOf, type MapEntry, type ScalarTree, type Tree } from './tree.ts';
import { deepest, parseDocuments, TooDeep, tooDeep } from './yamlParse.ts';
import { syntaxProblems } from './yamlSyntax.ts';
import { tornFunction, wrongFunctionStyle } from './yamlTraps.ts';

const mostValues = 2_000_000;

/** How many values a tree holds, with itself, and how deep they nest. */
interface Measure {
  readonly size: number;
  readonly depth: number;
}

export interface YamlText {
  readonly tree: Tree;
  /** Values that are not what was meant, and reported: what is wrong with them otherwise is of no interest. */
  readonly spoiled: ReadonlySet<Tree>;
}

/** Reads a text as one YAML document. Reports what is not YAML, and what YAML reads otherwise than it was meant. */
export function readYaml(source: SourceText, report: Report): YamlText | undefined {
  try {
    const documents = parseDocuments(source.text);
    const problems = syntaxProblems(documents, source);
    for (const problem of problems) report(problem);
    return problems.length > 0 ? undefined : new Reader(source, documents[0]!, report).read();
  } catch (thrown) {
    report(problemOf(thrown, source));
    return undefined;
  }
}

function problemOf(thrown: unknown, source: SourceText): Problem {
  if (thrown instanceof Unreadable) return thrown.problem;
  if (!(thrown instanceof TooDeep)) throw thrown;
  return problemAt(
    { source, start: thrown.offset, end: thrown.offset + 1 },
    { code: 'bad-yaml', message: thrown.message },
  );
}

/** Ends the reading at once. */
class Unreadable extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Turns the nodes of the library into a tree. */
class Reader {
  readonly #source: SourceText;
  readonly #document: Document;
  readonly #report: Report;
  readonly #anchors = new Map<string, Tree | 'open'>();
  readonly #spoiled = new Set<Tree>();
  readonly #measured = new Map<Tree, Measure>();
  #values = 0;

  constructor(source: SourceText, document: Document, report: Report) {
    this.#source = source;
    this.#document = document;
    this.#report = report;
  }

  read(): YamlText {
    const tree = this.#tree(this.#document.contents, { source: this.#source, start: 0, end: 0 });
    return { tree, spoiled: this.#spoiled };
  }

  /** `missing` is where a value would be that is not written. */
  #tree(node: unknown, missing: Span): Tree {
    const span = spanOf(node, missing);
    if (isAlias(node)) return this.#alias(node.source, span);
    if (!isScalar(node) && !isCollection(node))
      return { kind: 'scalar', value: null, text: '', style: 'plain', ...missing };
    if (node.anchor) this.#anchors.set(node.anchor, 'open');
    const tree = isScalar(node) ? this.#scalar(node.value, node.type, span, node.source) : this.#collection(node, span);
    if (node.anchor) this.#anchors.set(node.anchor, tree);
    this.#count(1, span);
    return tree;
  }

  /** Aliases of aliases can stand for more values than memory holds. */
  #count(values: number, span: Span): void {
    this.#values += values;
    if (this.#values <= mostValues) return;
    const message = `With its aliases the file holds more than ${mostValues} values.`;
    throw new Unreadable(problemAt(span, { code: 'bad-yaml', message }));
  }

  #alias(name: string, span: Span): Tree {
    const tree = this.#anchors.get(name);
    if (tree === undefined || tree === 'open') {
      const message = tree ? `*${name} stands inside of what it refers to.` : `Nothing above is marked &${name}.`;
      throw new Unreadable(
        problemAt(span, { code: 'bad-yaml', message, remedy: `Mark the value that is meant: &${name}.` }),
      );
    }
    const { size, depth } = this.#measure(tree);
    if (depth >= deepest) throw new Unreadable(problemAt(span, { code: 'bad-yaml', message: tooDeep }));
    this.#count(size, span);
    return tree;
  }

  #measure(tree: Tree): Measure {
    const known = this.#measured.get(tree);
    if (known) return known;
    const children = childrenOf(tree).map((child) => this.#measure(child));
    const size = children.reduce((sum, child) => sum + child.size, 1);
    const measure = { size, depth: children.reduce((most, child) => Math.max(most, child.depth), 0) + 1 };
    this.#measured.set(tree, measure);
    return measure;
  }

  #scalar(value: unknown, type: unknown, span: Span, source: unknown): ScalarTree {
    const style = styles[type as keyof typeof styles] ?? 'plain';
    const text = typeof value === 'string' ? value : typeof source === 'string' ? source : '';
    const tree: ScalarTree = { kind: 'scalar', value: this.#json(value, text, span), text, style, ...span };
    return this.#spoil(tree, wrongFunctionStyle(tree));
  }

  #json(value: unknown, text: string, span: Span): ScalarTree['value'] {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    const message = `${text || String(value)} is not a value of a job file.`;
    this.#report(
      problemAt(span, {
        code: 'bad-yaml',
        message,
        remedy: 'Use null, true, false, a finite number, a text, a list or a map.',
      }),
    );
    return null;
  }

  #collection(node: Node, span: Span): Tree {
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.#tree(item, span)), ...span };
    }
    const entries = new Map<string, MapEntry>();
    const merged: Tree[] = [];
    const pairs = isMap(node) ? node.items : [];
    for (const { key, value } of pairs) {
      const keySpan = spanOf(key, span);
      const name = this.#key(key, keySpan);
      const tree = this.#tree(value, { ...keySpan, start: keySpan.end });
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') merged.push(tree);
      else if (name !== undefined) this.#enter(entries, name, { key: keySpan, value: tree });
    }
    for (const tree of merged) this.#merge(entries, tree);
    const torn = isMap(node) && node.flow ? tornFunction(pairs, span) : undefined;
    return this.#spoil({ kind: 'map', entries, ...span }, torn);
  }

  #spoil<T extends Tree>(tree: T, problem: Problem | undefined): T {
    if (problem) {
      this.#spoiled.add(tree);
      this.#report(problem);
    }
    return tree;
  }

  #key(key: unknown, span: Span): string | undefined {
    if (isScalar(key) && key.value !== null)
      return typeof key.value === 'string' ? key.value : String(key.source ?? key.value);
    this.#report(problemAt(span, { code: 'bad-yaml', message: 'A key must be a text.', remedy: 'Quote it.' }));
    return undefined;
  }

  #enter(entries: Map<string, MapEntry>, name: string, entry: MapEntry): void {
    const first = entries.get(name);
    if (first === undefined) {
      entries.set(name, entry);
      return;
    }
    const { line } = this.#source.place(first.key.start);
    const message = `\`${name}\` stands twice: the first is in line ${line}.`;
    this.#report(problemAt(entry.key, { code: 'duplicate-name', message, remedy: 'Remove or rename one of them.' }));
  }

  /** `<<: *defaults`: what is not set here is taken from there. */
  #merge(entries: Map<string, MapEntry>, from: Tree): void {
    if (from.kind === 'list') {
      for (const item of from.items) this.#merge(entries, item);
    } else if (from.kind === 'map') {
      for (const [name, entry] of from.entries) if (!entries.has(name)) entries.set(name, entry);
    } else {
      const message = '`<<` takes the settings of another map, and this is none.';
      this.#report(problemAt(from, { code: 'bad-yaml', message, remedy: 'Write <<: *NAME, where &NAME marks a map.' }));
    }
  }
}

const styles = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
} as const;

function spanOf(node: unknown, missing: Span): Span {
  const range = isScalar(node) || isCollection(node) || isAlias(node) ? node.range : undefined;
  return range ? { source: missing.source, start: range[0], end: range[1] } : missing;
}
