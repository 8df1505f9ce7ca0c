import { afterAll } from 'vitest';
import { testEngines } from '#src/cli/testEngines.ts';
import type { EngineFactory } from '#src/cli/testRunner.ts';
import { ReferenceEngine } from '../engines/reference.ts';

/** Its threads are kept from one test of a file to the next. */
function local(threads: number): { readonly name: string; readonly engine: EngineFactory } {
  const { engine, close } = testEngines(threads);
  afterAll(close);
  return { name: `the local engine, ${threads} threads`, engine };
}

/** What every behaviour is tested on; the first defines the meaning. */
export const engines = [
  { name: 'the reference engine', engine: () => new ReferenceEngine() },
  local(1),
  local(2),
  local(4),
];
