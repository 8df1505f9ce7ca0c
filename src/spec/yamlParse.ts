import { Composer, type Document, Lexer, Parser } from 'yaml';

export const deepest = 100;
export const tooDeep = `Values are nested more than ${deepest} levels deep.`;
const options = { uniqueKeys: false, prettyErrors: false, schema: 'core' } as const;

/** A value within more than `deepest` others. */
export class TooDeep extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super(tooDeep);
    this.offset = offset;
  }
}

/**
 * The documents of a text, one at least; the library's `parseDocument` with two changes. Duplicate keys are not looked for, since it
 * takes quadratic time; and nesting so deep that the library would end the process throws TooDeep.
 */
export function parseDocuments(text: string): readonly Document[] {
  return [...new Composer(options).compose(tokensOf(text), true, text.length)];
}

function* tokensOf(text: string) {
  const parser = new Parser();
  const nesting = new Nesting();
  for (const lexeme of new Lexer().lex(text)) {
    nesting.next(lexeme);
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

/** Watches how deep the lexemes of a text nest: brackets, and columns at which block values begin. */
class Nesting {
  #offset = 0;
  #column = 0;
  #brackets = 0;
  #beginsLine = true;
  readonly #columns: number[] = [];

  next(lexeme: string): void {
    if (isControl(lexeme)) return;
    this.#look(lexeme);
    if (this.#brackets + this.#columns.length > deepest) throw new TooDeep(this.#offset);
    this.#offset += lexeme.length;
    const lineEnd = lexeme.lastIndexOf('\n');
    this.#column = lineEnd < 0 ? this.#column + lexeme.length : lexeme.length - lineEnd - 1;
    if (lineEnd >= 0) this.#beginsLine = true;
  }

  #look(lexeme: string): void {
    if (/^\s*$/.test(lexeme)) return;
    if (lexeme === '[' || lexeme === '{') this.#brackets++;
    else if (lexeme === ']' || lexeme === '}') this.#brackets--;
    if (this.#brackets === 0 && (this.#beginsLine || lexeme === '-' || lexeme === '?')) this.#beginBlock();
    this.#beginsLine = lexeme === '-' || lexeme === '?';
  }

  #beginBlock(): void {
    while (this.#columns.length > 0 && this.#columns.at(-1)! >= this.#column) this.#columns.pop();
    this.#columns.push(this.#column);
  }
}

/** The lexer marks the beginning of documents and scalars by single characters that are not in the text. */
const isControl = (lexeme: string): boolean => ['\u0002', '\u0018', '\u001f'].includes(lexeme);
