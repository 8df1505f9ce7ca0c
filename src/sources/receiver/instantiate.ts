import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { Receiver as User } from './base.ts';
import { classTitle } from './title.ts';

type Methods = Omit<User, 'onStart' | 'onStop'>;

/**
 * Makes an object of the user's class and gives it our methods. Throws StreamjobError `bad-value` if it is no class of
 * receivers, `source-failed` if its constructor throws.
 */
export function instantiate(
  UserClass: unknown,
  config: { readonly class: FunctionReference; readonly options: JsonValue },
  methods: Methods,
): User {
  const { at } = config.class;
  const title = classTitle(config.class);
  const remedy =
    'Write `export class NAME { constructor(options) {…} onStart() {…} onStop() {…} }` in the functions module.';
  if (!isConstructor(UserClass)) throw new StreamjobError('bad-value', `${title} is not a class.`, { at, remedy });
  const user = construct(UserClass, config);
  for (const method of ['onStart', 'onStop'] as const) {
    if (typeof user[method] === 'function') continue;
    throw new StreamjobError('bad-value', `The class ${title} has no method \`${method}\`.`, { at, remedy });
  }
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(user, name, { value, enumerable: false, configurable: true, writable: true });
  }
  return user;
}

type UserConstructor = new (options: JsonValue) => User;

/** Arrow functions and methods have no prototype. */
const isConstructor = (value: unknown): value is UserConstructor =>
  typeof value === 'function' && typeof value.prototype === 'object';

function construct(
  UserClass: UserConstructor,
  { class: reference, options }: { readonly class: FunctionReference; readonly options: JsonValue },
): User {
  try {
    return new UserClass(structuredClone(options));
  } catch (cause) {
    const message = `The constructor of ${classTitle(reference)} failed: ${messageOf(cause)}`;
    throw new StreamjobError('source-failed', message, { at: reference.at, cause });
  }
}
