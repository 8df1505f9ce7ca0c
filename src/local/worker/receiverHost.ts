import type { NodeId } from '../../plan/plan.ts';
import type { OpenMessage } from '../wire/messages.ts';
import { HostedReceiver, type Memory, type Say } from './hostedReceiver.ts';

/**
 * Runs the receivers of a job on its I/O thread, and cuts what they take into blocks of whole records, one every
 * blockInterval while something comes. A quarter of the pool is for blocks, the rest for the shuffles that work them off: beyond
 * it receivers are asked to pause, and `freed` lets them go on.
 */
export class ReceiverHost {
  readonly #hosted: readonly HostedReceiver[];
  readonly #blockInterval: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor(hosted: readonly HostedReceiver[], blockInterval: number) {
    this.#hosted = hosted;
    this.#blockInterval = blockInterval;
  }

  static async open(job: OpenMessage, memory: Memory, say: Say): Promise<ReceiverHost> {
    const hosted: HostedReceiver[] = [];
    for (const node of job.plan.nodes) {
      if (node.kind !== 'source') continue;
      const receiver = await HostedReceiver.open(node, job, memory, say);
      if (receiver) hosted.push(receiver);
    }
    return new ReceiverHost(hosted, job.blockInterval);
  }

  start(): void {
    for (const receiver of this.#hosted) receiver.start();
    this.#tick();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#hosted.map((receiver) => receiver.stop()));
    clearTimeout(this.#timer);
  }

  freed(): void {
    for (const receiver of this.#hosted) receiver.freed();
  }

  limit(source: NodeId, bytesPerSecond: number | undefined): void {
    for (const receiver of this.#hosted) if (receiver.source === source) receiver.limit(bytesPerSecond);
  }

  /** Blocks are cut at multiples of blockInterval, as Spark's are. */
  #tick(): void {
    const wait = this.#blockInterval - (Date.now() % this.#blockInterval);
    this.#timer = setTimeout(() => {
      for (const receiver of this.#hosted) receiver.cut();
      this.#tick();
    }, wait);
  }
}
