import type { EngineFactory } from '#src/cli/testRunner.ts';
import { LocalEngine } from '#src/local/index.ts';
import { ReferenceEngine } from '../engines/reference.ts';

const local = (threads: number): { readonly name: string; readonly engine: EngineFactory } => ({
  name: `the local engine, ${threads} threads`,
  engine: (settings) => new LocalEngine({ ...settings, threads }),
});

/** What every behaviour is tested on; the first defines the meaning. */
export const engines = [
  { name: 'the reference engine', engine: () => new ReferenceEngine() },
  local(1),
  local(2),
  local(4),
];
