import type { Level, Log } from './log.ts';

/** So many milliseconds after a line, equal ones are counted and not written. */
const span = 10_000;
/** So many different lines are remembered. */
const remembered = 1_000;

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly timer: NodeJS.Timeout;
  more: number;
}

/** A log that writes equal lines once in ten seconds, and then how many more there were. */
export interface CalmLog extends Log {
  /** True for a line that has not been there in the last ten seconds: for who writes it in another way. Others are counted. */
  isNew(level: Level, message: string): boolean;
  /** Tells what has been counted so far. */
  flush(): void;
}

export function calmLog(log: Log): CalmLog {
  const lines = new Map<string, Line>();
  const forget = (key: string): void => {
    const line = lines.get(key);
    lines.delete(key);
    clearTimeout(line?.timer);
    if (!line || line.more === 0) return;
    const { level, message, more } = line;
    log.write(level, `… and ${more} more in the last ${span / 1_000} s: ${message.slice(0, shown)}`, { more });
  };
  const isNew = (level: Level, message: string): boolean => {
    const key = `${level} ${message}`;
    const line = lines.get(key);
    if (line) {
      line.more++;
      return false;
    }
    const [oldest] = lines.keys();
    if (lines.size >= remembered && oldest !== undefined) forget(oldest);
    lines.set(key, { level, message, more: 0, timer: setTimeout(forget, span, key).unref() });
    return true;
  };
  return {
    format: log.format,
    isNew,
    write: (level, message, fields) => {
      if (level === 'debug' || isNew(level, message)) log.write(level, message, fields);
    },
    flush() {
      for (const key of [...lines.keys()]) forget(key);
    },
  };
}

/** So much of a line says which one is meant. */
const shown = 200;
