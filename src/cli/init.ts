import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import { type Chosen, choices, type Part } from './initChoices.ts';
import { howToRun, jobText, sampleOf } from './initJob.ts';
import { print } from './output.ts';
import { schemaFile } from './schema.ts';

type InitOptions = Partial<Chosen> & { readonly yes?: boolean };

/** `streamjob init [NAME]`: writes a job with a test, and says what to run next. */
export default async function init(path: string, options: InitOptions): Promise<number> {
  const name = jobName(path);
  const folder = dirname(path);
  const chosen = options.yes || !process.stdin.isTTY ? { ...defaults, ...partsOf(options) } : await ask(options);
  await create(join(folder, `${name}.yaml`), jobText(name, chosen, schemaFor(folder)));
  const sample = sampleOf(chosen);
  const sampled = sample && (await createIfMissing(join(folder, sample.path), sample.text));
  await print(report(join(folder, name), chosen, sampled));
  return 0;
}

function jobName(path: string): string {
  const name = basename(path).replace(/\.ya?ml$/, '');
  if (/^\w[\w.-]*$/.test(name)) return name;
  throw new StreamjobError('bad-usage', `The name of a job is made of letters, digits, _, - and dots, not ${name}.`, {
    remedy: 'Give another name, such as `streamjob init wordcount`.',
  });
}

const first = <P extends Part>(part: P): Chosen[P] => Object.keys(choices[part])[0] as Chosen[P];

const defaults: Chosen = { source: first('source'), compute: first('compute'), sink: first('sink') };

const partsOf = ({ source, compute, sink }: InitOptions): Partial<Chosen> => ({
  ...(source && { source }),
  ...(compute && { compute }),
  ...(sink && { sink }),
});

const questions: Readonly<Record<Part, string>> = {
  source: 'Where do records come from?',
  compute: 'What becomes of them?',
  sink: 'Where do the results go?',
};

/** Asks for what the command line does not say. */
async function ask(options: InitOptions): Promise<Chosen> {
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  dialogue.once('close', () => closed.abort());
  try {
    const chosen: Record<Part, string> = { ...defaults, ...partsOf(options) };
    for (const part of ['source', 'compute', 'sink'] as const) {
      chosen[part] =
        options[part] ?? (await askFor(part, (text) => dialogue.question(text, { signal: closed.signal })));
    }
    return chosen as Chosen;
  } catch (error) {
    if (!closed.signal.aborted) throw error;
    throw new StreamjobError('bad-usage', 'Nothing was written, for the questions were not answered.', {
      remedy: 'Answer them, or give --yes.',
      cause: error,
    });
  } finally {
    dialogue.close();
  }
}

async function askFor(part: Part, question: (text: string) => Promise<string>): Promise<string> {
  const names = Object.keys(choices[part]);
  const lines = Object.entries(choices[part]).map(([name, about], i) => `  ${i + 1}  ${name.padEnd(7)} ${about}\n`);
  let text = `${questions[part]}\n${lines.join('')}[${names[0]}] `;
  for (;;) {
    const answer = (await question(text)).trim();
    const found = answer === '' ? names[0] : (names[Number(answer) - 1] ?? names.find((name) => name === answer));
    if (found !== undefined) return found;
    text = `${didYouMean(answer, names)}Answer with a number or a name, or with Enter for ${names[0]}: `;
  }
}

/** A relative path where the installation lies in the folder, so that the job can be given to others. */
function schemaFor(folder: string): string {
  const file = fileURLToPath(schemaFile);
  const path = relative(folder, file);
  return path.startsWith('..') ? file : `./${path}`;
}

async function create(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw notWritten(file, cause);
    const remedy = 'Give another name: `streamjob init NAME`.';
    throw new StreamjobError('output-exists', `${file} is there already, and was left as it is.`, { remedy, cause });
  });
}

const notWritten = (file: string, cause: unknown): StreamjobError =>
  new StreamjobError('output-exists', `${file} cannot be written: ${messageOf(cause)}.`, {
    remedy: 'Go to a folder that may be written to.',
    cause,
  });

/** The path, if the file was not there before. */
async function createIfMissing(file: string, text: string): Promise<string | undefined> {
  await mkdir(dirname(file), { recursive: true });
  return writeFile(file, text, { flag: 'wx' }).then(
    () => file,
    () => undefined,
  );
}

function report(path: string, { source }: Chosen, sample: string | undefined): string {
  const next = [`streamjob test ${path}.yaml`, ...howToRun(path, source)];
  return `Wrote ${path}.yaml${sample ? ` and ${sample}` : ''}. Next:\n${next.map((line) => `  ${line}\n`).join('')}`;
}
