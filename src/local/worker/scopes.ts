import { type BindableFunction, compileBindable, type FunctionEnvironment } from '../../function/compile.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { Variant } from '../wire/messages.ts';
import type { UserFunction } from './functions.ts';

/** The functions of a plan whose scopes hold something else in each batch; their texts are compiled once. */
export class Scopes {
  readonly #environment: FunctionEnvironment;
  readonly #functions: BindableFunction[] = [];

  constructor(environment: FunctionEnvironment) {
    this.#environment = environment;
  }

  compile(reference: FunctionReference): UserFunction {
    const bindable = compileBindable(reference, this.#environment);
    this.#functions.push(bindable);
    return bindable.fn as UserFunction;
  }

  /** The scopes of the functions in the order in which they were compiled. */
  bind(scopes: Variant['scopes']): void {
    for (const [i, scope] of scopes.entries()) this.#functions[i]!.bind(scope);
  }
}
