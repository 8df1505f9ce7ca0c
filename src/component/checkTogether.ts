import { StreamjobError } from '../base/errors.ts';
import type { CheckContext, ConfigProblem, Path, WithSettings } from './checkContext.ts';
import { framingOptions } from './delimited.ts';
import type { FormatConfig } from './settings.ts';

/** Where settings stand; `short`: the one that is given in the short form. */
interface Place {
  readonly path: Path;
  readonly short?: string | undefined;
}

/** Reports what is wrong with settings that are fine each for itself: the component's own rules, and those of framing. */
export function checkTogether(component: WithSettings, config: unknown, place: Place, context: CheckContext): void {
  const problems = [...(component.check?.(config as never) ?? []), ...framingProblems(config as Framed, context)];
  for (const { setting, message, remedy } of problems) {
    const path = place.short === setting ? place.path : [...place.path, setting];
    context.report({ path, on: 'value', code: 'bad-value', message, remedy });
  }
}

interface Framed {
  readonly format?: FormatConfig;
  readonly delimiter?: string;
  readonly maxRecordBytes?: number;
}

/** Whether the format of a source can be cut into records as its other settings say. */
function framingProblems(
  { format, delimiter, maxRecordBytes }: Framed,
  { formats }: CheckContext,
): readonly ConfigProblem[] {
  if (delimiter === undefined || maxRecordBytes === undefined) return [];
  const options = attempt('delimiter', () => framingOptions({ delimiter, maxRecordBytes }));
  if ('problem' in options) return [options.problem];
  const definition = format && formats.get(format.name);
  return definition ? refusedBy('format', () => definition.framer(format.config, options.value)) : [];
}

/** The StreamjobError that work with a setting throws, as a problem of it. */
export function refusedBy(setting: string, work: () => unknown): readonly ConfigProblem[] {
  const attempted = attempt(setting, work);
  return 'problem' in attempted ? [attempted.problem] : [];
}

function attempt<T>(setting: string, work: () => T): { readonly value: T } | { readonly problem: ConfigProblem } {
  try {
    return { value: work() };
  } catch (thrown) {
    if (!(thrown instanceof StreamjobError)) throw thrown;
    return { problem: { setting, message: thrown.message, remedy: thrown.remedy ?? '' } };
  }
}
