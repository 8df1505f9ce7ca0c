import type { Place } from '../base/errors.ts';

/** A stretch of a text, offsets in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

export const spanOf = ({ source, start, end }: Span): Span => ({ source, start, end });

/** A text that people wrote, and what stands where in it. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  place(offset: number): Place {
    const line = this.#lineAt(offset);
    return { file: this.file, line: line + 1, column: offset - this.lineStart(line) + 1 };
  }

  /** Offset of the first character of a line, counted from 0. */
  lineStart(line: number): number {
    return this.#lineStarts[line] ?? this.text.length;
  }

  /** The text of a line counted from 0, without its end. */
  line(line: number): string {
    const start = this.lineStart(line);
    let end = this.lineStart(line + 1);
    if (end > start && this.text[end - 1] === '\n') end -= this.text[end - 2] === '\r' ? 2 : 1;
    return this.text.slice(start, end);
  }

  /** The line, counted from 0, that holds an offset. */
  #lineAt(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStart(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
