import type { ChalkInstance } from 'chalk';
import type { Logger } from 'pino';
import { colourful } from './output.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, unknown>>;

/** What a command tells beside its results, on standard error: text for people, JSON lines for collectors. */
export interface Log {
  readonly format: 'text' | 'json';
  /** `fields` are for machines: the text says the same. */
  write(level: Level, message: string, fields?: Fields): void;
}

export interface LogOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly logFormat?: 'text' | 'json';
}

const order: readonly Level[] = ['debug', 'info', 'warn', 'error'];

export async function openLog(options: LogOptions): Promise<Log> {
  const lowest: Level = options.quiet ? 'warn' : options.verbose ? 'debug' : 'info';
  const format = options.logFormat ?? (process.stderr.isTTY ? 'text' : 'json');
  return format === 'json' ? jsonLog(lowest) : textLog(lowest);
}

async function jsonLog(lowest: Level): Promise<Log> {
  const { pino } = await import('pino');
  const logger: Logger = pino(
    {
      level: lowest,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    pino.destination({ fd: 2, sync: true }),
  );
  return { format: 'json', write: (level, message, fields = {}) => logger[level](fields, message) };
}

async function textLog(lowest: Level): Promise<Log> {
  const { Chalk } = await import('chalk');
  const line = lineIn(new Chalk({ level: colourful(process.stderr) ? 1 : 0 }));
  return {
    format: 'text',
    write(level, message) {
      if (order.indexOf(level) >= order.indexOf(lowest)) process.stderr.write(`${line(level, message)}\n`);
    },
  };
}

const lineIn = (chalk: ChalkInstance) => {
  const marks = { debug: '', info: '', warn: `${chalk.yellow('warning')} `, error: `${chalk.red('error')} ` };
  return (level: Level, message: string): string => `${chalk.dim(timeOfDay())} ${marks[level]}${message}`;
};

const timeOfDay = (): string => new Date().toTimeString().slice(0, 8);
