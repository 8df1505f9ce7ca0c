import type { EngineEvents } from '../../engine/engine.ts';
import type { NodeId } from '../../plan/plan.ts';
import type { SinkWaits } from '../wire/messages.ts';

/** Which sinks wait for their other side: told when the first of their tasks waits, and when none does any more. */
export class SinkStates {
  readonly #tell: EngineEvents['sink'];
  /** Of each that was told to wait: the tasks that do. */
  readonly #waiting = new Map<NodeId, Set<string>>();

  constructor(tell?: EngineEvents['sink']) {
    this.#tell = tell;
  }

  hear({ sink, attempt, why }: SinkWaits): void {
    const waiting = this.#waiting.get(sink);
    if (why === undefined) {
      if (waiting?.delete(attempt) && waiting.size === 0) this.#goesOn(sink);
    } else if (waiting) waiting.add(attempt);
    else {
      this.#waiting.set(sink, new Set([attempt]));
      this.#tell?.(sink, 'waiting', why);
    }
  }

  /** With a batch ends the waiting of its tasks, also if their threads have died. If it failed, nobody has answered yet. */
  async during<T>(batch: Promise<T>): Promise<T> {
    try {
      const result = await batch;
      for (const sink of this.#waiting.keys()) this.#goesOn(sink);
      return result;
    } finally {
      for (const waiting of this.#waiting.values()) waiting.clear();
    }
  }

  #goesOn(sink: NodeId): void {
    this.#waiting.delete(sink);
    this.#tell?.(sink, 'active', 'what it sends is taken again');
  }
}
