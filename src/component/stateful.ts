import type { JsonValue } from '../base/json.ts';
import type { InitialFile } from '../plan/plan.ts';
import { type FormatConfig, s } from './settings.ts';

const initialFile = s.object({
  file: s.path({ description: 'The file that they are read from; a `.gz` file is decompressed.' }),
  format: s.format({
    default: 'json',
    description:
      'What the file holds: `json` is a pair a line or one array of pairs, `csv` two columns. Records with the two fields `key` and `state` are pairs too.',
  }),
});

/** Settings that steps with state have in common. */
export const stateSettings = {
  initial: s.oneOf([s.list(s.list(s.json({}), {}), {}), initialFile], {
    optional: true,
    description:
      'Pairs [key, state] that are there before the first batch, no two with the same key; or a file of them: `{ file: totals.json }`. Once the checkpoint holds states they are not looked at any more.',
  }),
  id: s.string({
    optional: true,
    advanced: true,
    description: 'Names the state, in place of its stream and its number among the steps with state there.',
  }),
};

type InitialConfig = readonly (readonly JsonValue[])[] | { readonly file: string; readonly format: FormatConfig };

/** The setting `initial` as a node has it. */
export function initialOf(config: InitialConfig | undefined): {
  readonly initial?: readonly JsonValue[] | InitialFile;
} {
  if (config === undefined) return {};
  if (!('file' in config)) return { initial: config };
  const { file, format } = config;
  return { initial: { path: file, format } };
}
