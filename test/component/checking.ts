import type { JsonValue } from '#src/base/json.ts';
import {
  type CheckContext,
  checkComponent,
  checkConfig,
  type SettingProblem,
  type WithSettings,
} from '#src/component/check.ts';
import { defineFormat } from '#src/component/format.ts';
import { type Setting, s } from '#src/component/settings.ts';
import { checkFunction } from '#src/function/check.ts';

export interface Checked {
  readonly config: unknown;
  readonly problems: readonly SettingProblem[];
}

const unused = (): never => {
  throw new Error('only its settings are looked at');
};

const csv = defineFormat({
  summary: 'Values between commas.',
  config: s.object({ header: s.boolean({ default: false }), delimiter: s.string({ default: ',' }) }),
  examples: [],
  cuttable: () => true,
  framer: unused,
  decoder: unused,
});

const text = defineFormat({ ...csv, summary: 'Lines.', config: s.object({}) });

const formats = new Map([
  ['csv', csv],
  ['text', text],
]);

/** Streams are called `a` and `b`; paths are below /jobs. */
function contextFor(problems: SettingProblem[], more: Partial<CheckContext>): CheckContext {
  const report = (problem: SettingProblem): void => {
    problems.push(problem);
  };
  return {
    report,
    fn(text, path) {
      const checked = checkFunction(text, { exports: [] });
      if ('reference' in checked) return checked.reference;
      for (const { code, message, remedy } of checked.problems) report({ path, on: 'value', code, message, remedy });
      return undefined;
    },
    stream(name, path) {
      if (name === 'a' || name === 'b') return { from: name === 'a' ? 0 : 1, port: 'out' };
      report({ path, on: 'value', code: 'unknown-stream', message: `No stream is called \`${name}\`.` });
      return undefined;
    },
    path: (name) => `/jobs/${name}`,
    formats: { names: [...formats.keys()], get: (name) => formats.get(name) },
    ...more,
  };
}

export function check(setting: Setting, value: JsonValue | undefined, more: Partial<CheckContext> = {}): Checked {
  const problems: SettingProblem[] = [];
  return { config: checkConfig(setting, value, ['it'], contextFor(problems, more)), problems };
}

export function checkSettingsOf(component: WithSettings, value: JsonValue | undefined): Checked {
  const problems: SettingProblem[] = [];
  return { config: checkComponent(component, value, ['step'], contextFor(problems, {})), problems };
}
