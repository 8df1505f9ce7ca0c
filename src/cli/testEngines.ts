import type { Batch, BatchResult, EngineJob } from '../engine/engine.ts';
import { LocalEngine } from '../local/index.ts';
import type { JobSettings } from '../plan/jobSettings.ts';
import type { EngineFactory } from './testRunner.ts';

/** Where tests get their engines from, one test after the other. */
export interface TestEngines {
  readonly engine: EngineFactory;
  /** Ends the threads that wait for another test. */
  close(): Promise<void>;
}

/**
 * Local engines for tests. Starting threads takes longer than most tests do, so a test gets those of the test before it, unless
 * that has failed or had a `functions` module, whose exports may keep what they like.
 */
export function testEngines(threads: number): TestEngines {
  let free: TestEngine | undefined;
  const take = (settings: JobSettings): TestEngine | undefined => {
    const taken = free;
    free = undefined;
    if (!taken || taken.suits(settings)) return taken;
    void taken.end();
    return undefined;
  };
  const keep = (engine: TestEngine): void => {
    void free?.end();
    free = engine;
  };
  return {
    engine: (settings) => {
      const wanted = { ...settings, threads };
      return take(wanted) ?? new TestEngine(wanted, keep);
    },
    close: async () => free?.end(),
  };
}

/** An engine whose threads outlive its jobs, as long as nothing can be left of them. */
class TestEngine extends LocalEngine {
  readonly #freed: (engine: TestEngine) => void;
  #clean = false;

  constructor(settings: JobSettings, freed: (engine: TestEngine) => void) {
    super(settings);
    this.#freed = freed;
  }

  override async open(job: EngineJob): Promise<void> {
    this.#clean = false;
    await super.open(job);
    this.#clean = job.plan.module === undefined;
  }

  override async runBatch(batch: Batch): Promise<BatchResult> {
    try {
      return await super.runBatch(batch);
    } catch (thrown) {
      this.#clean = false;
      throw thrown;
    }
  }

  override async close(): Promise<void> {
    if (!this.#clean) return super.close();
    await this.leave();
    this.#freed(this);
  }

  end(): Promise<void> {
    return super.close();
  }
}
