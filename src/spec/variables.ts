import type { JsonValue } from '../base/json.ts';
import { type Problem, problemAt } from './problem.ts';
import { type Path, type ScalarTree, type Tree, toJson } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value whose `${NAME}` are replaced, and what was replaced in it. */
export interface Resolved {
  readonly value: JsonValue;
  readonly replaced: readonly Replaced[];
}

/** A scalar that named a variable. */
export interface Replaced {
  readonly path: Path;
  /** The other type that the result can be meant as: the text of a number, the number in a quoted text. */
  readonly otherwise: JsonValue;
  readonly problems: readonly Problem[];
}

/**
 * The plain value of a tree with `${NAME}`, `${NAME:-default}` and `${NAME:?message}` replaced. A plain scalar takes the type that
 * YAML sees in the result, a quoted one stays text; `instead` gives the other type at the paths that want it.
 */
export function resolveVariables(
  tree: Tree,
  env: Environment | undefined,
  instead: (path: Path) => boolean = () => false,
): Resolved {
  const replaced: Replaced[] = [];
  const value = toJson(tree, (scalar, path) => {
    if (env === undefined || typeof scalar.value !== 'string' || !scalar.value.includes('${')) return scalar.value;
    const { text, problems } = replaceVariables(scalar, env);
    const typed = typedScalar(text);
    const [first, second] = scalar.style === 'plain' ? [typed, text] : [text, typed];
    replaced.push({ path, otherwise: second, problems });
    return instead(path) ? second : first;
  });
  return { value, replaced };
}

const reference = /\$\$\{|\$\{(?:([A-Za-z_]\w*)(?:(:-|:\?)([^}]*))?\}|[^}\s]*\}?)/g;

function replaceVariables(scalar: ScalarTree, env: Environment): { text: string; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const text = String(scalar.value).replace(reference, (whole, name?: string, operator?: string, rest?: string) => {
    if (whole === '$${') return '${';
    const set = name !== undefined && Object.hasOwn(env, name) ? env[name] : undefined;
    if (set !== undefined && (set !== '' || operator === undefined)) return set;
    if (operator === ':-') return rest!;
    problems.push(problemAt(scalar, name === undefined ? malformed(whole) : missing(name, operator && rest)));
    return whole;
  });
  return { text, problems };
}

const malformed = (whole: string) =>
  ({
    code: 'bad-value',
    message: `\`${whole}\` does not name a variable.`,
    remedy: 'Write ${NAME}, ${NAME:-default} or ${NAME:?message}; for the characters themselves write $${.',
  }) as const;

const missing = (name: string, message: string | undefined) =>
  ({
    code: 'missing-variable',
    message: message ? `${name}: ${message}` : `The environment variable ${name} is not set.`,
    remedy: `Set ${name}, or give a default: \${${name}:-default}.`,
  }) as const;

/** What YAML makes of a plain scalar. */
export function typedScalar(text: string): JsonValue {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  return /^0o[0-7]+$|^0x[\da-fA-F]+$/.test(text) ? Number(text) : text;
}
