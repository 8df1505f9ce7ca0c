import { type FileHandle, open } from 'node:fs/promises';
import { hasHole, openLine, sealLine } from '../base/checksum.ts';
import { StreamjobError } from '../base/errors.ts';
import { type Disk, readIfThere } from './disk.ts';

/**
 * A file of sealed lines, each written and synced as one. The checksum of a line goes on from that of the line before, so a
 * line that is missing, or comes twice, shows too.
 */
export class Log<Line> {
  readonly #disk: Disk;
  readonly #path: string;
  #file: FileHandle | undefined;
  #checksum = 0;
  #dirty = false;
  /** Bytes of the whole file. */
  length = 0;

  constructor(path: string, disk: Disk) {
    this.#path = path;
    this.#disk = disk;
  }

  /** Makes these lines, safely, the whole content, in a new file: who still writes the old one writes nothing that counts. */
  async rewrite(lines: readonly Line[]): Promise<void> {
    this.#checksum = 0;
    const bytes = Buffer.from(lines.map((line) => this.#seal(line)).join(''));
    await this.close();
    await this.#disk.replace(this.#path, bytes, 'compact');
    this.#file = await open(this.#path, 'a');
    this.length = bytes.length;
    this.#dirty = false;
  }

  /** Writes a line. After an error nothing may be written any more. */
  async append(line: Line): Promise<void> {
    const bytes = Buffer.from(this.#seal(line));
    this.#dirty = true;
    await this.#disk.append(this.#file!, bytes, 'journal');
    this.length += bytes.length;
  }

  /** Resolves when all that was written is safe. */
  async sync(): Promise<void> {
    if (!this.#dirty) return;
    await this.#disk.sync(this.#file!, 'journal');
    this.#dirty = false;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #seal(line: Line): string {
    const text = JSON.stringify(line);
    const sealed = sealLine(text, this.#checksum);
    this.#checksum = Number.parseInt(sealed.slice(0, 8), 16);
    return sealed;
  }
}

/** The lines of a log, and how many bytes at its end were never written whole; undefined if there is none. */
export async function readLog<Line>(path: string): Promise<{ lines: Line[]; torn: number } | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const lines: Line[] = [];
  let seed = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(lineEnd, at);
    const line = openLine(bytes.toString('utf8', at, end < 0 ? bytes.length - 1 : end), seed);
    if (!line && isTorn(bytes.subarray(at))) return { lines, torn: bytes.length - at };
    if (!line) throw damagedLog(path, lines.length + 1, at);
    lines.push(JSON.parse(line.text) as Line);
    seed = line.checksum;
    at = end < 0 ? bytes.length : end + 1;
  }
  return { lines, torn: 0 };
}

const lineEnd = 0x0a;

/**
 * Whether these bytes can be lines at the end that were not written whole: there is no line end, or a hole where the power failed
 * before the content was on the disk, which at most the last two lines can have. Anything else has been whole once.
 */
function isTorn(rest: Buffer): boolean {
  const ends = rest.reduce((count, byte) => count + (byte === lineEnd ? 1 : 0), 0);
  return ends === 0 || (ends <= 2 && hasHole(rest));
}

const damagedLog = (path: string, line: number, at: number): StreamjobError =>
  new StreamjobError(
    'checkpoint-damaged',
    `${path} is damaged: line ${line}, at byte ${at}, is not what was written.`,
    {
      remedy:
        'Bring the checkpoint back from a backup, or begin anew with --fresh: then what it remembered (files read, data received) is lost.',
    },
  );
