import { StreamjobError } from '../base/errors.ts';
import { checkScope } from './capture.ts';
import { freeNames } from './freeNames.ts';
import { asyncNames, globalNames } from './globals.ts';
import type { FunctionReference } from './reference.ts';
import { childrenOf, parseFunctionText } from './syntax.ts';

/** Any class. */
export type AnyClass = abstract new (...args: never[]) => object;

/**
 * A class of the program as data: its source text, with the fields of `scope` (JSON) as names inside of it. It may extend `base`,
 * which stands for an empty class there. Throws StreamjobError `captured-variable` naming what else it uses from outside,
 * `bad-function` if it is no class or has an `import`, and `bad-value` if the scope is not JSON.
 */
export function fromClass(UserClass: AnyClass, base: AnyClass, scope: object = {}): FunctionReference {
  const text = Function.prototype.toString.call(UserClass);
  const parsed = parseFunctionText(text);
  if ('problem' in parsed || parsed.expression.type !== 'ClassExpression') {
    throw new StreamjobError('bad-function', `A class is expected here, not ${UserClass.name || 'this'}.`, {
      remedy: 'Write class Feed { onStart() { … } onStop() { … } }.',
    });
  }
  const { superClass } = parsed.expression;
  const known = superClass?.type === 'Identifier' && Object.getPrototypeOf(UserClass) === base ? superClass.name : '';
  const values = checkScope(scope);
  const isOurs = (name: string): boolean => name === known || Object.hasOwn(values, name);
  const outside = freeNames(parsed.expression).map(({ name }) => name);
  refuseCaptures(
    UserClass,
    outside.filter((name) => !isOurs(name) && !globalNames.has(name) && !asyncNames.has(name)),
  );
  if (imports(parsed.expression)) throw noImport(UserClass);
  const whole = known === '' ? text : `((${known}) => ${text})(class {})`;
  return { text: whole, ...(Object.keys(values).length > 0 && { scope: values }) };
}

const remedy =
  'Give what it needs as `options`, which its constructor gets, or as a scope object; modules of Node are there as process.getBuiltinModule(…).';

function refuseCaptures({ name }: AnyClass, names: readonly string[]): void {
  if (names.length === 0) return;
  const list = names.map((one) => `\`${one}\``).join(', ');
  const message = `The class ${name} uses ${list} from outside, which the thread of the receivers does not have.`;
  throw new StreamjobError('captured-variable', message, { remedy });
}

const imports = (node: Parameters<typeof childrenOf>[0]): boolean =>
  node.type === 'ImportExpression' || childrenOf(node).some(imports);

const noImport = ({ name }: AnyClass): StreamjobError =>
  new StreamjobError('bad-function', `The class ${name} imports, which its source text cannot.`, { remedy });
