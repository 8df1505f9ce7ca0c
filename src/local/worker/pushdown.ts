import { isUtf8 } from 'node:buffer';
import { delimiterFramer, onlyUtf8, view } from '../../component/delimited.ts';
import type { FramingOptions } from '../../component/format.ts';
import { ofInput } from '../../component/source.ts';
import type { NarrowNode } from '../../plan/plan.ts';
import type { Pipe } from '../../plan/stages.ts';
import { Tokenizer } from './tokenizer.ts';

/**
 * A first step behind a text source that is done on bytes, before any string is made: `line => line.split(' ')` and
 * `line => line.includes('word')` are what most jobs over text begin with, and cost several times less this way. Only
 * functions of exactly these forms are recognised; the result is the same as theirs.
 */
export type Pushdown =
  | { readonly kind: 'split'; readonly separator: number; readonly pipe: Pipe }
  | { readonly kind: 'includes'; readonly needle: string; readonly pipe: Pipe };

/** The pushdown for what consumes the lines of a text source; undefined if there is none. */
export function pushdownOf(consumers: readonly Pipe[], framing: FramingOptions): Pushdown | undefined {
  const [pipe] = consumers;
  if (consumers.length !== 1 || !pipe || pipe.node.kind !== 'narrow' || pipe.node.on !== 'record') return undefined;
  if (framing.delimiter.length !== 1 || framing.delimiter[0] !== lineFeed) return undefined;
  return splitBy(pipe.node, pipe) ?? searchFor(pipe.node, pipe);
}

const lineFeed = 10;
const lines = delimiterFramer(Buffer.of(lineFeed));

function splitBy({ op, fn }: NarrowNode, pipe: Pipe): Pushdown | undefined {
  const separator = op === 'flatMap' ? callOn('split', fn.text) : undefined;
  if (separator === undefined || !/^[\t -~]$/.test(separator)) return undefined;
  return { kind: 'split', separator: separator.charCodeAt(0), pipe };
}

function searchFor({ op, fn }: NarrowNode, pipe: Pipe): Pushdown | undefined {
  const needle = op === 'filter' ? callOn('includes', fn.text) : undefined;
  if (needle === undefined || !/^[\t -~]+$/.test(needle)) return undefined;
  return { kind: 'includes', needle, pipe };
}

/** The text in `x => x.METHOD('text')`, where there is nothing to unescape in it. */
function callOn(method: string, text: string): string | undefined {
  const match =
    /^\s*\(?\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*\)?\s*=>\s*\1\s*\.\s*(\w+)\(\s*(['"])([^'"\\]*)\3\s*\)\s*$/u.exec(
      text,
    );
  return match?.[2] === method ? match[4] : undefined;
}

/** Reads blocks of whole lines into a stage. */
export interface BlockReader {
  /** A task begins. */
  start?(): void;
  /** Returns how many records the bytes held. `input` names where they come from. */
  read(bytes: Uint8Array, start: number, end: number, input?: string): number;
}

/** What the records go to. */
interface LineStage {
  push(lines: readonly string[]): void;
  pushTokens(texts: readonly string[], tokens: Int32Array, count: number): void;
  bad(record: unknown, thrown: unknown): void;
}

/** Does the step that is pushed down. Lines that are not UTF-8 are taken out before. */
export function pushdownReader(pushdown: Pushdown, stage: LineStage): BlockReader {
  const { start, read } = utf8Reader(pushdown, stage);
  return {
    ...(start && { start }),
    read(bytes, from, to, input) {
      const block = view(bytes, from, to);
      if (isUtf8(block)) return read(bytes, from, to);
      let bad = 0;
      const kept = onlyUtf8(block, lines, (record, error) => {
        bad++;
        stage.bad(record, ofInput(error, input));
      });
      return bad + read(kept, 0, kept.length);
    },
  };
}

function utf8Reader(pushdown: Pushdown, stage: LineStage): BlockReader {
  if (pushdown.kind === 'includes') return { read: search(pushdown.needle, (lines) => stage.push(lines)) };
  const tokenizer = new Tokenizer(pushdown.separator);
  return {
    start: () => tokenizer.start(),
    read(bytes, start, end) {
      let lines = 0;
      for (let at = start; at < end || tokenizer.inLine; ) {
        at = tokenizer.read(bytes, at, end);
        stage.pushTokens(tokenizer.texts, tokenizer.tokens, tokenizer.count);
        lines += tokenizer.lines;
      }
      return lines;
    },
  };
}

/** Decodes only the lines in which the needle occurs. */
function search(needle: string, push: (lines: readonly string[]) => void): BlockReader['read'] {
  const wanted = Buffer.from(needle);
  return (bytes, start, end) => {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const found: string[] = [];
    for (let hit = block.indexOf(wanted); hit >= 0; ) {
      const lineEnd = endOfLine(block, hit);
      found.push(lineText(block, block.lastIndexOf(lineFeed, hit) + 1, lineEnd));
      hit = block.indexOf(wanted, lineEnd);
    }
    push(found);
    return countLines(block);
  };
}

function endOfLine(block: Buffer, from: number): number {
  const end = block.indexOf(lineFeed, from);
  return end < 0 ? block.length : end;
}

/** The carriage return of a CRLF is not part of the line; one before the end of the input is. */
const lineText = (block: Buffer, start: number, end: number): string =>
  block.toString('utf8', start, end < block.length && end > start && block[end - 1] === 13 ? end - 1 : end);

function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = 0; at < block.length; at = endOfLine(block, at) + 1) lines++;
  return lines;
}
