import { type AnyNode, type Expression, parse, parseExpressionAt, tokenizer } from 'acorn';

/** What is wrong with the text of a function. `offset` counts characters of that text. */
export interface FunctionProblem {
  readonly code: 'bad-function' | 'unknown-name';
  readonly message: string;
  readonly remedy: string;
  readonly offset: number;
}

export type Parsed = { readonly expression: Expression } | { readonly problem: FunctionProblem };

export const badFunction = (message: string, offset: number, remedy: string): FunctionProblem => ({
  code: 'bad-function',
  message,
  remedy,
  offset,
});

/** Parses a text as one JavaScript expression in strict mode, with nothing after it. Never evaluates it. */
export function parseFunctionText(text: string): Parsed {
  if (text.trim() === '') return { problem: badFunction('The function is empty.', 0, arrowRemedy) };
  try {
    // Without its parentheses, an expression would end before the last of them.
    const expression = parseExpressionAt(text, 0, { ecmaVersion: 'latest', preserveParens: true });
    const after = endOfRest(text, expression.end);
    if (after < text.length) return { problem: whatFollows(text, after) };
    checkStrict(text);
    return { expression: withoutParentheses(expression) };
  } catch (thrown) {
    return { problem: problemOf(thrown, text) };
  }
}

export const arrowRemedy =
  'Write an arrow function such as x => x.trim(), or the name of a function that the module exports.';

const withoutParentheses = (node: Expression): Expression =>
  node.type === 'ParenthesizedExpression' ? withoutParentheses(node.expression) : node;

/** The offset of the first token after `end`, or the length of the text if only blanks and comments follow. */
function endOfRest(text: string, end: number): number {
  const rest = text.slice(end);
  const token = tokenizer(rest, { ecmaVersion: 'latest' }).getToken();
  return token.start === token.end && token.start >= rest.length ? text.length : end + token.start;
}

function whatFollows(text: string, offset: number): FunctionProblem {
  if (endsInAwait(text.slice(0, offset))) return badFunction('A function may not await.', offset, synchronousRemedy);
  const remedy = 'A function is one expression: put statements into the body of an arrow, x => { …; return y; }.';
  return badFunction(`Nothing may follow the function, but \`${wordAt(text, offset)}\` does.`, offset, remedy);
}

const endsInAwait = (text: string): boolean => /\bawait\s+$/.test(text);

export const synchronousRemedy = 'Functions are synchronous: return the result itself.';

const strictPrefix = '"use strict";(';

function checkStrict(text: string): void {
  try {
    parse(`${strictPrefix}${text}\n)`, { ecmaVersion: 'latest' });
  } catch (thrown) {
    throw Object.assign(thrown as Error, { pos: ((thrown as { pos?: number }).pos ?? 0) - strictPrefix.length });
  }
}

function problemOf(thrown: unknown, text: string): FunctionProblem {
  if (isTooDeep(thrown)) return tooDeep;
  if (!(thrown instanceof SyntaxError)) throw thrown;
  const position = (thrown as { pos?: number }).pos ?? 0;
  const offset = Math.min(Math.max(position, 0), text.length);
  return badFunction(plainMessage(thrown.message, text, offset), offset, syntaxRemedy(text, offset));
}

/** Our own walks run out of stack as a RangeError; the parser says it as a syntax error. */
const isTooDeep = (thrown: unknown): boolean =>
  thrown instanceof RangeError ||
  (thrown instanceof SyntaxError && thrown.message.startsWith('Not enough stack space'));

export const tooDeep = badFunction(
  'The function is nested too deeply to be read.',
  0,
  'Move it into the functions module.',
);

function plainMessage(message: string, text: string, offset: number): string {
  const plain = message.replace(/ \(\d+:\d+\)$/, '');
  if (!/^Unexpected (token|character)/.test(plain)) return `${plain}.`;
  if (/#\s*$/.test(text) && offset === text.length) return '`#` is not expected here.';
  if (text.slice(offset).trim() === '') return 'The function ends too early.';
  return `\`${wordAt(text, offset)}\` is not expected here.`;
}

function syntaxRemedy(text: string, offset: number): string {
  if (endsInAwait(text.slice(0, offset))) return synchronousRemedy;
  return 'A function is JavaScript, such as x => x.trim() or ([key, n]) => n > 1.';
}

/** The word or character at an offset, to be named in a message. */
function wordAt(text: string, offset: number): string {
  const rest = text.slice(offset, offset + 40);
  return /^[\p{ID_Continue}$]+/u.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0x20);
}

/** The nodes directly below a node, in no promised order. */
export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) children.push(item);
  }
  return children;
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
