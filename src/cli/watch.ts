import { type Deferred, deferred } from '../base/deferred.ts';
import { isFile } from '../component/initial.ts';
import type { InitialFile, Plan } from '../plan/plan.ts';
import type { CheckpointOptions } from './checkpointOfRun.ts';
import { ChildRun } from './childRun.ts';
import { FileWatch } from './fileWatch.ts';
import { isRunnable, load, type RunnableJob, type VariableOptions, withJob } from './load.ts';
import { type Log, type LogOptions, openLog } from './log.ts';
import { reportError } from './reportError.ts';
import { onSignals, type Signal } from './signals.ts';
import { tellProblem } from './tellProblem.ts';

type WatchOptions = VariableOptions & LogOptions & CheckpointOptions;

/**
 * `streamjob run JOB --watch`: runs the job, and when its file, functions module, a table or a file of initial states was edited, stops
 * it gracefully and runs what is there now, from the same checkpoint. What is not valid is told, and the version before goes on.
 */
export default async function watch(file: string, options: WatchOptions): Promise<number> {
  const log = await openLog(options);
  return withJob(file, options, (job) => new Watch(job, options, log).run(), tellProblem(log));
}

/** How long nothing must change: editors write a file in several steps, and people save several files. */
const quiet = 200;

class Watch {
  readonly #options: WatchOptions;
  readonly #log: Log;
  /** The version that runs, or is to run next. */
  #job: RunnableJob;
  #child: ChildRun | undefined;
  #signal: Signal | undefined;
  /** Another version is there than the one that was started last. */
  #edited = false;
  /** Resolved when it is, or a signal came. */
  #news: Deferred<void> = deferred();
  #looking: Promise<void> = Promise.resolve();

  constructor(job: RunnableJob, options: WatchOptions, log: Log) {
    this.#job = job;
    this.#options = options;
    this.#log = log;
  }

  async run(): Promise<number> {
    this.#tellWithoutCheckpoint();
    const ignoreSignals = onSignals(
      (signal) => this.#receive(signal),
      (signal) => this.#receive(signal),
    );
    const files = await this.#watchFiles();
    try {
      return await this.#runVersions();
    } finally {
      ignoreSignals();
      await files.close();
    }
  }

  /** One version after the other, until one ends by itself or by a signal. */
  async #runVersions(): Promise<number> {
    for (let args = process.argv.slice(2).filter((arg) => arg !== '--watch'); ; args = withoutFresh(args)) {
      if (this.#signal) return 0;
      this.#news = deferred();
      this.#edited = false;
      this.#child = new ChildRun(args);
      const code = await this.#child.ended;
      this.#child = undefined;
      if (this.#signal || (code === 0 && !this.#edited)) return code;
      if (!this.#edited)
        this.#log.write('warn', `the job ended with ${code}; it starts again when a file of it changes`);
      await this.#news.promise;
    }
  }

  async #watchFiles(): Promise<FileWatch> {
    let timer: NodeJS.Timeout | undefined;
    const files = await FileWatch.open(filesOf(this.#job), () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.#looking = this.#looking.then(() => this.#look(files));
      }, quiet);
    });
    await this.#look(files);
    return files;
  }

  async #look(files: FileWatch): Promise<void> {
    const job = await this.#read();
    if (!job || this.#signal || versionOf(job) === versionOf(this.#job)) return;
    files.add(filesOf(job));
    this.#job = job;
    this.#edited = true;
    this.#log.write('info', `${job.file} has changed: the new version takes over`);
    this.#child?.pass('SIGTERM');
    this.#news.resolve();
  }

  /** What is there now, if it is fit to run. */
  async #read(): Promise<RunnableJob | undefined> {
    try {
      const job = await load(this.#job.file, this.#options);
      if (isRunnable(job)) return job;
      for (const problem of job.problems) tellProblem(this.#log)(problem);
    } catch (error) {
      reportError(error, this.#log);
    }
    this.#log.write('warn', 'the edited version cannot run; the one before goes on');
    return undefined;
  }

  #receive(signal: Signal): void {
    this.#signal = signal;
    this.#child?.pass(signal);
    this.#news.resolve();
  }

  #tellWithoutCheckpoint(): void {
    if (this.#job.checkpoint || this.#options.checkpoint !== undefined) return;
    this.#log.write('warn', 'without a checkpoint each edited version begins anew: sources, windows and states');
  }
}

const withoutFresh = (args: readonly string[]): string[] => args.filter((arg) => arg !== '--fresh');

const filesOf = ({ file, plan }: RunnableJob): readonly string[] => [
  file,
  ...(plan.module ? [plan.module.path] : []),
  ...dataFilesOf(plan).map(({ path }) => path),
];

/** Tables, and files of initial states. */
const dataFilesOf = ({ tables = {}, nodes }: Plan): readonly InitialFile[] => [
  ...Object.values(tables),
  ...nodes.flatMap((node) => (node.kind === 'state' && node.initial && isFile(node.initial) ? [node.initial] : [])),
];

/** The same for files of the same content. */
const versionOf = ({ text, plan }: RunnableJob): string => JSON.stringify([text, plan.module, dataFilesOf(plan)]);
