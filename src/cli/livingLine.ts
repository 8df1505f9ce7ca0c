/** At most so often, in milliseconds, is it drawn. */
const pace = 100;

/** A terminal shows `^C` behind the line, which must not begin another one. */
const roomForKeys = 3;

/** A text, and how many columns it takes. */
export interface Content {
  readonly text: string;
  readonly width: number;
}

type Write = NodeJS.WriteStream['write'];

/**
 * A line at the end of a terminal that changes in place. What anybody else writes to the terminal, through standard output or standard
 * error, appears above it: the line is taken away before, and comes back when that has ended in a new line.
 */
export class LivingLine {
  readonly #content: (columns: number) => Content;
  readonly #terminal = process.stderr;
  readonly #write: Write = process.stderr.write.bind(process.stderr);
  readonly #undo: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** How many columns it takes; 0 while it is not there. */
  #shown = 0;
  /** Somebody else has written a part of a line. */
  #interrupted = false;
  #closed = false;

  /** `content` says what it is now, in at most so many columns. */
  constructor(content: (columns: number) => Content) {
    this.#content = content;
    for (const stream of [process.stdout, process.stderr]) if (stream.isTTY) this.#giveWay(stream);
    const redraw = (): void => this.#draw();
    const close = (): void => this.close();
    this.#terminal.on('resize', redraw);
    process.on('exit', close);
    this.#undo.push(
      () => this.#terminal.off('resize', redraw),
      () => process.off('exit', close),
    );
  }

  /** The text may be another one now. */
  changed(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => this.#draw(), pace).unref();
  }

  /** Takes the line away. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#erase();
    for (const undo of this.#undo) undo();
  }

  #giveWay(stream: NodeJS.WriteStream): void {
    const { write } = stream;
    stream.write = ((...args: Parameters<Write>) => {
      this.#erase();
      const [chunk] = args as readonly unknown[];
      if (chunk !== '') this.#interrupted = !endsLine(chunk);
      this.changed();
      return Reflect.apply(write, stream, args);
    }) as Write;
    this.#undo.push(() => {
      stream.write = write;
    });
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#erase();
    if (this.#closed || this.#interrupted) return;
    const { text, width } = this.#content(this.#columns - roomForKeys);
    this.#write(text);
    this.#shown = width;
  }

  /** A terminal that has become narrower has broken the line into several. */
  #erase(): void {
    if (this.#shown === 0) return;
    const above = Math.max(0, Math.ceil(this.#shown / this.#columns) - 1);
    this.#write(`\r${above > 0 ? `\x1b[${above}A` : ''}\x1b[J`);
    this.#shown = 0;
  }

  get #columns(): number {
    return Math.max(2, this.#terminal.columns || 80);
  }
}

function endsLine(chunk: unknown): boolean {
  if (typeof chunk === 'string') return chunk.endsWith('\n');
  return chunk instanceof Uint8Array && chunk.at(-1) === 10;
}
