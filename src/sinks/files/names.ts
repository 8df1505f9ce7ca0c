import type { ConfigProblem } from '../../component/checkContext.ts';
import type { SinkTask } from '../../component/sink.ts';

/** The settings of the `files` sink. */
export interface FilesConfig {
  readonly path: string;
  readonly prefix: string;
  readonly suffix?: string;
  readonly format: 'text' | 'json' | 'csv' | { readonly csv: Partial<CsvConfig> };
  readonly partitioned: boolean;
  /** Begin another file when this many milliseconds or bytes are over. */
  readonly roll?: { readonly every: number } | { readonly size: number };
  readonly writeEmpty: boolean;
  readonly overwrite: boolean;
}

export interface CsvConfig {
  readonly columns?: readonly string[];
  readonly header: boolean;
  readonly delimiter: string;
}

/** What no file or directory can be called, or cannot be at once. */
export function nameProblems({ prefix, suffix = '', partitioned, roll }: FilesConfig): readonly ConfigProblem[] {
  const wrong = Object.entries({ prefix, suffix }).filter(([, text]) => /[/\\\0\n]/.test(text));
  const both = {
    setting: 'roll',
    message: 'A sink can be `partitioned` or can `roll`, but not both.',
    remedy: 'Choose one: directories of a batch each, or files of many batches.',
  };
  const problems = wrong.map(([setting, text]) => ({
    setting,
    message: `The ${setting} ${JSON.stringify(text)} cannot be part of a file name.`,
    remedy: 'Directories belong into `path`.',
  }));
  return partitioned && roll ? [...problems, both] : problems;
}

export const formatName = ({ format }: FilesConfig): 'text' | 'json' | 'csv' =>
  typeof format === 'string' ? format : 'csv';

/** Compressed files are known by their name. */
export const isCompressed = ({ suffix = '' }: FilesConfig): boolean => /(^|\.)gz$/.test(suffix);

/** The name of a batch's file: `part-1700000000000.txt`. */
export const targetName = (config: FilesConfig, time: number): string =>
  `${config.prefix}${config.prefix && '-'}${time}${dotSuffix(config)}`;

/** What a task writes aside; the leading dot hides it from readers, `files` sources among them. */
export const partName = (config: FilesConfig, task: SinkTask): string =>
  `.${targetName(config, task.time)}.${task.attempt}.${task.partition}.tmp`;

/** Where the parts of a batch are joined. */
export const joinedName = (config: FilesConfig, time: number): string => `.${targetName(config, time)}.joined.tmp`;

/** A task's file in the directory of a batch, as Spark names it. */
export const partFileName = (config: FilesConfig, partition: number): string =>
  `part-${String(partition).padStart(5, '0')}${isCompressed(config) ? '.gz' : ''}`;

/** What a rolling sink remembers. */
export const rollName = (config: FilesConfig): string =>
  `.${config.prefix}${config.prefix && '-'}roll${dotSuffix(config)}`;

/** True for what this sink has written aside, at any time; another one may have a longer suffix. */
export function isLeftover(config: FilesConfig, name: string): boolean {
  const before = `.${config.prefix}${config.prefix && '-'}`;
  const suffix = dotSuffix(config);
  const rest = /^\d+(\..*)\.tmp$/.exec(name.slice(before.length))?.[1] ?? '';
  const isOurs = name.startsWith(before) && rest.startsWith(suffix);
  return isOurs && /^\.(joined|replaced|[^.]+\.\d+)$/.test(rest.slice(suffix.length));
}

function dotSuffix(config: FilesConfig): string {
  const ending = config.suffix ?? { text: 'txt', json: 'json', csv: 'csv' }[formatName(config)];
  return ending && `.${ending}`;
}
