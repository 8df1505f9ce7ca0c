import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { hideRecords } from '../base/logRecords.ts';
import { address, collect, duration, positive, setting, time } from './arguments.ts';
import { choices } from './initChoices.ts';

/** A command's work: gets its arguments and options, gives the exit code. Loaded when the command is called. */
type Work = { default(argument: never, options: never): Promise<number> };

/** All commands, their options and help. `finish` gets the exit code of the one that ran. */
export function program(finish: (exitCode: number) => void): Command {
  const lazily = (load: () => Promise<Work>) => async (argument: unknown, options: unknown) => {
    if ((options as { logRecords?: boolean }).logRecords === false) hideRecords();
    finish(await (await load()).default(argument as never, options as never));
  };

  const top = new Command('streamjob')
    .description('Runs stream jobs that are written in one YAML file.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', examples)
    .exitOverride();

  addRun(top, lazily);
  addValidate(top, lazily);
  addTest(top, lazily);
  addExplain(top, lazily);
  addInit(top, lazily);
  addLookIn(top, lazily);
  addDiscovery(top, lazily);
  addCheckpoint(top.command('checkpoint'), lazily);
  return top;
}

type Lazily = (load: () => Promise<Work>) => (argument: unknown, options: unknown) => Promise<void>;

function addRun(top: Command, lazily: Lazily): void {
  withVariables(top.command('run').argument('<job>', 'the job file'))
    .summary('run a job until it is stopped')
    .description('Runs a job until it ends, or until Ctrl-C or SIGTERM stops it: what has arrived is processed first.')
    .addOption(
      new Option('-t, --threads <n>', 'worker threads; a number, or auto for one per core').argParser(positive('auto')),
    )
    .option('--once', 'process what is there now, and end')
    .option('--batches <n>', 'end after so many batches', positive())
    .option('--duration <time>', 'end after this time: 500ms, 30s, 10m, 1h', duration)
    .option('--checkpoint <dir>', "keep what must survive there, in place of the job's `checkpoint`")
    .option('--fresh', 'begin anew: remove what the checkpoint holds')
    .option('--skip-if-running', 'end quietly, with 0, if another process runs the job already')
    .addOption(
      new Option('--watch', 'when a file of the job was edited, go on with the new version').conflicts([
        'once',
        'batches',
        'duration',
      ]),
    )
    .addOption(new Option('--ui [host:port]', 'serve the dashboard (default: 127.0.0.1:4040)').argParser(address))
    .addOption(
      new Option('--ui-token <token>', 'what shows records needs it (default: a new one, printed)').env(
        'STREAMJOB_UI_TOKEN',
      ),
    )
    .option('-q, --quiet', 'tell only warnings and errors')
    .option('-v, --verbose', 'tell every batch, and details')
    .addOption(logFormat())
    .addOption(noLogRecords())
    .addHelpText('after', exitCodes)
    .action(lazily(() => import('./run.ts')));
}

function addValidate(top: Command, lazily: Lazily): void {
  withVariables(top.command('validate').argument('<job...>', 'job files'))
    .summary('check job files without running them')
    .description(
      'Checks everything in the job files that can be checked without starting, and tells all problems at once.',
    )
    .option('--json', 'print the result as JSON')
    .addOption(noLogRecords())
    .action(lazily(() => import('./validate.ts')));
}

function addTest(top: Command, lazily: Lazily): void {
  withVariables(top.command('test').argument('<job...>', 'job files'))
    .summary('run the tests in job files')
    .description(
      'Runs the tests: of the job files on the real engine and a virtual clock. Sources, sinks and checkpoint are not touched.',
    )
    .option('-t, --threads <n>', 'worker threads', positive(), 2)
    .option('-u, --update', 'write what streams give into the files, in place of what they were expected to give')
    .addOption(
      new Option('--record [n]', 'read so many batches of the sources (default: 1) and add them as a test')
        .argParser(positive())
        .conflicts('update'),
    )
    .addOption(noLogRecords())
    .action(lazily(() => import('./test.ts')));
}

function addExplain(top: Command, lazily: Lazily): void {
  withVariables(top.command('explain').argument('<job>', 'the job file'))
    .summary('show how a job will be run')
    .description('Shows the sources, stages, shuffles and sinks of a job.')
    .addOption(
      new Option('-f, --format <format>', 'how to print it').choices(['text', 'json', 'mermaid']).default('text'),
    )
    .action(lazily(() => import('./explain.ts')));
}

function addInit(top: Command, lazily: Lazily): void {
  const choice = (name: keyof typeof choices, description: string): Option =>
    new Option(`--${name} <${name}>`, description).choices(Object.keys(choices[name]));
  top
    .command('init')
    .argument('[name]', 'the name of the job', 'job')
    .summary('write a job to begin with')
    .description(
      'Writes NAME.yaml, a small job with a test. At a terminal it asks what is not given; what is there is never replaced.',
    )
    .addOption(choice('source', 'where records come from'))
    .addOption(choice('compute', 'what becomes of them'))
    .addOption(choice('sink', 'where the results go'))
    .option('-y, --yes', 'ask nothing')
    .action(lazily(() => import('./init.ts')));
}

function addLookIn(top: Command, lazily: Lazily): void {
  const ofJob = (command: Command): Command =>
    command
      .argument('<stream>', 'a source, stream or stream of errors')
      .option('-j, --job <job>', 'its job file, name or process id (default: the only one that runs)')
      .addOption(new Option('-f, --format <format>', 'how to print').choices(['text', 'json']).default('text'));
  top
    .command('top')
    .argument('[job]', 'a running job: its job file, name or process id')
    .summary('show how a running job goes')
    .description(
      'Shows the sources, stages, states and batches of a running job, again and again at a terminal.\nWithout a job lists those that you run, if there is more than one.',
    )
    .option('--once', 'print it once')
    .option('--json', 'print it once as JSON')
    .action(lazily(() => import('./top.ts')));
  ofJob(top.command('tap'))
    .summary('show the last records of a stream in a running job')
    .description(
      'Shows some of the last records that a stream gives in each batch, while the job runs. It costs the job nothing before and after.',
    )
    .addOption(new Option('-n, --limit <n>', 'records of a batch').argParser(positive()).default(10))
    .addOption(
      new Option('--interval <time>', 'at most one batch in this time').argParser(duration).default(1_000, '1s'),
    )
    .option('--batches <n>', 'end after so many batches', positive())
    .action(lazily(() => import('./tap.ts')));
  ofJob(top.command('slice'))
    .summary('show all records of a stream in a span of time')
    .description('Shows all records that a stream gave, batch by batch, if the job file says `remember`.')
    .option('--last <time>', 'of the last 30s, 10m', duration)
    .addOption(
      new Option('--from <time>', 'from this time on, as in 2026-11-21T03:22:53Z').argParser(time).conflicts('last'),
    )
    .addOption(new Option('--to <time>', 'up to and with this time (default: now)').argParser(time))
    .action(lazily(() => import('./slice.ts')));
}

function addDiscovery(top: Command, lazily: Lazily): void {
  top
    .command('list')
    .addArgument(new Argument('[kind]', 'only these').choices(['sources', 'steps', 'sinks', 'formats']))
    .summary('name all sources, steps, sinks and formats')
    .description('Names all sources, steps, sinks and formats, each with what it is.')
    .action(lazily(() => import('./list.ts')));
  top
    .command('docs')
    .argument('<name>', 'a source, step, sink or format; job, settings, stream or test; an error code')
    .summary('explain a component, with its settings and examples')
    .description('Explains a component, a part of the job file or an error code.')
    .action(lazily(() => import('./docs.ts')));
  top
    .command('schema')
    .summary('print the JSON Schema of job files')
    .description('Prints the JSON Schema of job files, for editors.')
    .action(lazily(() => import('./schema.ts')));
  top
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh']))
    .summary('print what makes a shell complete commands')
    .description(
      'Prints a script that makes the shell complete commands, options, names and job files:\n' +
        'put `source <(streamjob completion bash)` into ~/.bashrc, or the same with zsh into ~/.zshrc.',
    )
    .action(lazily(() => import('./completion.ts')));
}

function addCheckpoint(checkpoint: Command, lazily: Lazily): void {
  const command = (name: keyof typeof import('./checkpoint.ts'), called: string = name): Command =>
    checkpoint
      .command(called)
      .argument('<dir>', 'the checkpoint directory')
      .action(lazily(async () => ({ default: (await import('./checkpoint.ts'))[name] })));
  const asking = (command: Command): Command => command.option('--yes', 'do it without asking');
  checkpoint
    .summary('look into a checkpoint, or mend it')
    .description('Looks into a checkpoint directory, or mends it.');
  command('show')
    .description(
      'Shows batches, what each source remembers and has received, what windows and states hold, and the size on disk; also of a running job.',
    )
    .option('--json', 'print it as JSON');
  asking(command('forget', 'reset'))
    .description(
      'Forgets everything: the next run reads all input again. Or what one step holds: it then begins with nothing.',
    )
    .option('--state <id>', 'only the window or state of this name, as `show` tells it');
  asking(command('skip'))
    .description(
      'Leaves out a batch that cannot be run: the oldest that waits, or the one named. What it read is lost.',
    )
    .addOption(new Option('--batch <time>', 'the batch, by its time').argParser(time));
  asking(command('unlock')).description('Lets the next process in, if a process that is gone for good holds the lock.');
}

const withVariables = (command: Command): Command =>
  command
    .option(
      '--set <path=value>',
      'change a setting of the job file, as in batchInterval=5s; repeatable',
      collect(setting),
    )
    .option('--env-file <file>', 'read variables for ${NAME} from a file; set ones win; repeatable', collect(String));

const logFormat = (): Option =>
  new Option('--log-format <format>', 'how to write the log (default: text on a terminal, else json)').choices([
    'text',
    'json',
  ]);

const noLogRecords = (): Option =>
  new Option('--no-log-records', 'leave records out of what is told of errors (also: STREAMJOB_NO_LOG_RECORDS=1)');

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const examples = `
Examples:
  $ streamjob init                            write a job to begin with
  $ streamjob run wordcount.yaml              run until Ctrl-C
  $ streamjob run logs.yaml --once            work off what is there, for cron
  $ tail -f app.log | streamjob run errors.yaml
  $ streamjob validate *.yaml
  $ streamjob test *.yaml`;

const exitCodes = `
Exit codes:
  0  the job is done, or was stopped and has processed all that it received
  1  the job failed
  2  the job file or the command line is wrong
  3  the surroundings are: a file is missing, a port taken, an output in the way
  130, 143  ended at once by a second Ctrl-C or SIGTERM`;
