import type { StreamjobError } from '#src/base/errors.ts';
import type { Receiver, ReceiverChannel, ReceiverContext } from '#src/component/source.ts';
import json from '#src/formats/json.ts';
import { type CompiledFunction, compileFunction } from '#src/function/compile.ts';
import type { FunctionReference } from '#src/function/reference.ts';

interface Channel {
  readonly label: string;
  readonly bytes: () => string;
  ended: boolean;
}

/** A receiver's host that keeps everything, and can be asked to wait for something to be so. */
export class Receiving implements ReceiverContext {
  readonly name = 'lines';
  readonly states: [state: string, message: string][] = [];
  readonly channels: Channel[] = [];
  readonly failures: unknown[] = [];
  hasEnded = false;
  /** While set, channels say that memory is full after each write. */
  full = false;
  readonly taken: unknown[] = [];
  /** What is not stored yet waits for `store()`, if this is set. */
  holding = false;
  #storing: (() => void)[] = [];
  #drained: (() => void)[] = [];
  #waiting: (() => void)[] = [];

  channel(label: string): ReceiverChannel {
    const pieces: Buffer[] = [];
    const channel: Channel = { label, bytes: () => Buffer.concat(pieces).toString(), ended: false };
    this.channels.push(channel);
    return {
      write: (bytes) => {
        pieces.push(Buffer.from(bytes));
        this.#changed();
        return !this.full;
      },
      drained: () => this.drained(),
      end: () => {
        channel.ended = true;
        this.#changed();
      },
    };
  }

  drained(): Promise<void> {
    return this.full ? new Promise((resolve) => this.#drained.push(resolve)) : Promise.resolve();
  }

  records(records: readonly unknown[]): void {
    this.taken.push(...records);
    this.#changed();
  }

  stored(): Promise<void> {
    return this.holding ? new Promise((resolve) => this.#storing.push(resolve)) : Promise.resolve();
  }

  store(): void {
    for (const resolve of this.#storing.splice(0)) resolve();
  }

  /** Records are lines of JSON. */
  firstError(bytes: Uint8Array): StreamjobError | undefined {
    let first: StreamjobError | undefined;
    const decode = json.decoder({}, { delimiter: Buffer.from('\n'), maxRecordBytes: 1e6 });
    decode(bytes, 0, bytes.length, (_record, error) => {
      first ??= error;
    });
    return first;
  }

  /** Functions are exports of `exports`. */
  exports: { readonly [name: string]: unknown } = {};
  async compile(reference: FunctionReference): Promise<CompiledFunction> {
    return compileFunction(reference, { exports: this.exports, tables: {} });
  }

  state(state: 'waiting' | 'active' | 'idle', message: string): void {
    this.states.push([state, message]);
    this.#changed();
  }

  ended(): void {
    this.hasEnded = true;
    this.#changed();
  }

  failed(error: unknown): void {
    this.failures.push(error);
    this.#changed();
  }

  /** Memory is there again. */
  makeRoom(): void {
    this.full = false;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  get text(): string {
    return this.channels.map((channel) => channel.bytes()).join('');
  }

  /** Resolves once the condition holds; the test's own deadline ends a wait in vain. */
  async until(condition: (this: this) => boolean): Promise<void> {
    while (!condition.call(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The message of the first state that matches. */
  async said(pattern: RegExp): Promise<string> {
    const find = (): string | undefined => this.states.map(([, message]) => message).find((text) => pattern.test(text));
    await this.until(() => find() !== undefined);
    return find() as string;
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Runs a receiver for the length of a test. */
export async function receiving(receiver: Receiver, test: () => Promise<void>): Promise<void> {
  await receiver.start();
  try {
    await test();
  } finally {
    await receiver.stop();
  }
}
