import type { SinkTask } from '../../component/sink.ts';

/** The settings of the `files` sink. */
export interface FilesConfig {
  readonly path: string;
  readonly prefix: string;
  readonly suffix?: string;
  readonly format: 'text' | 'json';
  readonly writeEmpty: boolean;
  readonly overwrite: boolean;
}

/** The name of a batch's file: `part-1700000000000.txt`. */
export const targetName = (config: FilesConfig, time: number): string =>
  `${config.prefix}${config.prefix && '-'}${time}${dotSuffix(config)}`;

/** What a task writes aside; the leading dot hides it from readers, `files` sources among them. */
export const partName = (config: FilesConfig, task: SinkTask): string =>
  `.${targetName(config, task.time)}.${task.attempt}.${task.partition}.tmp`;

/** Where the parts of a batch are joined. */
export const joinedName = (config: FilesConfig, time: number): string => `.${targetName(config, time)}.joined.tmp`;

/** True for what this sink has written aside, at any time. */
export function isLeftover(config: FilesConfig, name: string): boolean {
  const before = `.${config.prefix}${config.prefix && '-'}`;
  const [, time, rest = ''] = /^(\d+)(\..*)\.tmp$/.exec(name.slice(before.length)) ?? [];
  return name.startsWith(before) && time !== undefined && rest.startsWith(`${dotSuffix(config)}.`);
}

function dotSuffix({ suffix, format }: FilesConfig): string {
  const ending = suffix ?? (format === 'text' ? 'txt' : 'json');
  return ending && `.${ending}`;
}
