import { explainMermaid, explainText } from '../plan/explain.ts';
import { planToJson } from '../plan/serialise.ts';
import { type VariableOptions, withJob } from './load.ts';
import { print } from './output.ts';

interface ExplainOptions extends VariableOptions {
  readonly format: keyof typeof formats;
}

const formats = { text: explainText, json: planToJson, mermaid: explainMermaid };

/** `streamjob explain JOB`: how the job will be run. */
export default (file: string, options: ExplainOptions): Promise<number> =>
  withJob(file, options, async ({ plan }) => {
    await print(`${formats[options.format](plan).trimEnd()}\n`);
    return 0;
  });
