import { emitKeypressEvents } from 'node:readline';
import { Chalk } from 'chalk';
import { ask, type FoundJob, findJob, runningJobs } from '../observe/control/client.ts';
import { clock } from './figures.ts';
import { colourful, onClosedOutput, print } from './output.ts';
import { onSignals } from './signals.ts';
import { type Overview, topText } from './topText.ts';

interface TopOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

const pace = 1_000;

/** `streamjob top [JOB]`: how a running job goes, again and again at a terminal; without a job, which ones run. */
export default async function top(wanted: string | undefined, { once, json }: TopOptions): Promise<number> {
  if (wanted === undefined) {
    const jobs = await runningJobs();
    if (jobs.length !== 1) return list(jobs, json);
  }
  const job = await findJob(wanted);
  if (once || json || !process.stdout.isTTY) return snapshot(job, json);
  return live(job);
}

async function list(jobs: readonly FoundJob[], json: boolean | undefined): Promise<number> {
  const rows = jobs.map(({ name, file, pid, since }) => ({ name, pid, since: new Date(since).toISOString(), file }));
  const lines = jobs.map(({ name, file, pid, since }) => `${name}  process ${pid}, since ${clock(since)}, ${file}\n`);
  const none = 'No job of yours is running.\n';
  await print(json ? `${JSON.stringify(rows, null, 2)}\n` : lines.length > 0 ? lines.join('') : none);
  return 0;
}

async function snapshot(job: FoundJob, json: boolean | undefined): Promise<number> {
  for await (const answer of ask(job.path, { ask: 'top' }, new AbortController().signal)) {
    const overview = answer as unknown as Overview;
    const columns = process.stdout.isTTY ? process.stdout.columns : 160;
    const text = topText(overview, columns, new Chalk({ level: colourful() ? 1 : 0 })).join('\n');
    await print(json ? `${JSON.stringify(answer, null, 2)}\n` : `${text}\n`);
  }
  return 0;
}

/** On a screen of its own, until q, Ctrl-C or the end of the job. */
async function live(job: FoundJob): Promise<number> {
  const leave = new AbortController();
  const screen = new Screen(() => leave.abort());
  try {
    for await (const answer of ask(job.path, { ask: 'top', every: pace }, leave.signal))
      screen.show(answer as unknown as Overview);
  } finally {
    screen.close();
  }
  if (!leave.signal.aborted) await print(`${job.name} has ended.\n`);
  return 0;
}

const enter = '\x1b[?1049h\x1b[?25l';
const restore = '\x1b[?25h\x1b[?1049l';

/** The whole terminal, given back as it was. */
class Screen {
  readonly #chalk = new Chalk({ level: colourful() ? 1 : 0 });
  readonly #undo: readonly (() => void)[];
  #shown: Overview | undefined;

  constructor(leave: () => void) {
    const redraw = (): void => this.#draw();
    const hear = (_text: string, key: { name?: string; ctrl?: boolean }): void => {
      if (key.name === 'q' || (key.ctrl && key.name === 'c')) leave();
    };
    process.stdout.write(enter);
    process.once('exit', giveBack);
    process.stdout.on('resize', redraw);
    if (process.stdin.isTTY) {
      emitKeypressEvents(process.stdin);
      process.stdin.setRawMode(true).on('keypress', hear).resume();
    }
    this.#undo = [onSignals(leave, leave), onClosedOutput(leave), () => process.stdout.off('resize', redraw)];
  }

  show(overview: Overview): void {
    this.#shown = overview;
    this.#draw();
  }

  /** Line by line over what was there, so that nothing flickers. */
  #draw(): void {
    if (!this.#shown) return;
    const { columns, rows } = process.stdout;
    const lines = topText(this.#shown, columns, this.#chalk).slice(0, rows - 2);
    const text = [...lines, '', this.#chalk.dim('q leaves')].map((line) => `${line}\x1b[K`).join('\r\n');
    process.stdout.write(`\x1b[H${text}\x1b[J`);
  }

  close(): void {
    for (const undo of this.#undo) undo();
    if (process.stdin.isTTY) process.stdin.setRawMode(false).pause();
    process.off('exit', giveBack);
    giveBack();
  }
}

const giveBack = (): void => void process.stdout.write(restore);
