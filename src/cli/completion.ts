import type { Command, Option } from 'commander';
import { documented } from './docs.ts';
import { print } from './output.ts';
import { program } from './program.ts';

/** `streamjob completion SHELL`: a script that the shell is to read; it asks nobody later, so that completing is instant. */
export default async function completion(shell: 'bash' | 'zsh'): Promise<number> {
  const zsh = 'autoload -Uz compinit bashcompinit && compinit -u && bashcompinit\n';
  await print(
    `${shell === 'zsh' ? zsh : ''}${bashScript(
      commandsOf(
        program(() => {}),
        [],
      ),
    )}`,
  );
  return 0;
}

/** What may stand behind some words of the command line. */
interface Completions {
  /** The words, as in `checkpoint show`. */
  readonly words: string;
  readonly options: readonly Option[];
  /** Commands or arguments. */
  readonly next: readonly string[];
  readonly files: 'jobs' | 'all' | 'none';
}

function commandsOf(command: Command, words: readonly string[]): readonly Completions[] {
  const here: Completions = {
    words: words.join(' '),
    options: command.createHelp().visibleOptions(command),
    next: [...command.commands.map((child) => child.name()), ...argumentsOf(command)],
    files: filesOf(command),
  };
  return [here, ...command.commands.flatMap((child) => commandsOf(child, [...words, child.name()]))];
}

function argumentsOf(command: Command): readonly string[] {
  if (command.name() === 'docs') return documented();
  return command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
}

function filesOf({ registeredArguments: [first] }: Command): Completions['files'] {
  if (first?.name() === 'job') return 'jobs';
  return first?.name() === 'dir' ? 'all' : 'none';
}

/** For bash; zsh understands it by `bashcompinit`. */
function bashScript(commands: readonly Completions[]): string {
  const values = commands.flatMap(({ words, options }) => options.flatMap((option) => valuesOf(words, option)));
  return `_streamjob() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path="" files="" i IFS=$' \\t\\n'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${commands.flatMap(({ words }) => (words ? [`"${words}"`] : [])).join('|')}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $before" in
${values.map(([options, reply]) => `    ${options}) ${reply}; return ;;`).join('\n')}
  esac
  case "$path" in
${commands.map(caseOf).join('\n')}
  esac
  case "$word" in -*) return ;; esac
  case "$files" in
    none) return ;;
    jobs) IFS=$'\\n'; COMPREPLY+=($(compgen -f -X '!*.y*ml' -- "$word"; compgen -d -- "$word")) ;;
    all) IFS=$'\\n'; COMPREPLY+=($(compgen -f -- "$word")) ;;
  esac
  compopt -o filenames 2>/dev/null
}
complete -F _streamjob streamjob
`;
}

const caseOf = ({ words, options, next, files }: Completions): string => {
  const flags = options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));
  return `    "${words}") files=${files}; case "$word" in
      -*) COMPREPLY=($(compgen -W '${flags.join(' ')}' -- "$word")) ;;
      *) COMPREPLY=($(compgen -W '${next.join(' ')}' -- "$word")) ;;
    esac ;;`;
};

/** What may stand behind an option of a command that takes a value: its choices, else a file or nothing. */
function valuesOf(words: string, option: Option): readonly (readonly [string, string])[] {
  if (!option.required) return [];
  const given = [option.short, option.long].filter((flag) => flag !== undefined);
  const flags = given.map((flag) => `"${words} ${flag}"`).join('|');
  if (option.argChoices) return [[flags, `COMPREPLY=($(compgen -W '${option.argChoices.join(' ')}' -- "$word"))`]];
  const takesFile = /<(file|dir|job)>/.test(option.flags);
  return [[flags, takesFile ? 'COMPREPLY=($(compgen -f -- "$word"))' : ':']];
}
