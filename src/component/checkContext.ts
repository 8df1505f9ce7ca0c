import type { ErrorCode } from '../base/errors.ts';
import type { FunctionReference } from '../function/reference.ts';
import type { Edge } from '../plan/plan.ts';
import type { FormatDefinition } from './format.ts';
import type { Setting } from './settings.ts';

/** Where a value stands: keys and list positions from the whole of what is checked. */
export type Path = readonly (string | number)[];

export interface SettingProblem {
  readonly path: Path;
  /** The key at `path`, or its value. What is missing is reported on the value that lacks it. */
  readonly on: 'key' | 'value';
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy?: string;
}

/** What checking needs from outside. */
export interface CheckContext {
  report(problem: SettingProblem): void;
  /** Checks the text of a function, that is `async` or not, and reports what is wrong with it. */
  fn(text: string, path: Path, async?: boolean): FunctionReference | undefined;
  /** The edge out of a stream; reports a name that is unknown. */
  stream(name: string, path: Path): Edge | undefined;
  /** The absolute form of a path. */
  path(text: string): string;
  readonly formats: { readonly names: readonly string[]; get(name: string): FormatDefinition | undefined };
  /** True for settings from TypeScript: a duration may be a number. */
  readonly numbersAsMilliseconds?: boolean;
}

/** A component as far as its settings go. The name is for messages; else it is the last key of the path. */
export interface WithSettings {
  readonly name?: string;
  readonly config: Setting;
  readonly short?: string;
  check?(config: never): readonly ConfigProblem[];
}

/** What is wrong with settings beyond what each of them takes. */
export interface ConfigProblem {
  /** The setting that it is shown at. */
  readonly setting: string;
  readonly message: string;
  readonly remedy: string;
}
