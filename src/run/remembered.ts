import { StreamjobError } from '../base/errors.ts';
import type { Engine, Remembered } from '../engine/engine.ts';
import { isDue, type Plan, type WindowNode } from '../plan/plan.ts';
import { rememberedOf } from '../plan/remember.ts';
import { type NamedStreams, namedStream } from './taps.ts';

export interface SliceOptions {
  readonly plan: Plan;
  readonly streams: NamedStreams;
  readonly engine: Engine;
  /** Undefined as long as the job is starting. */
  readonly zeroTime: number | undefined;
}

/**
 * What a remembered stream gave in its batches from `from` to `to`, both rounded down to a batch, and inclusive; the oldest first.
 * Throws StreamjobError `unknown-stream`, and `not-supported` if the stream is not remembered.
 */
export function sliceOf(
  { plan, streams, engine, zeroTime }: SliceOptions,
  stream: string,
  from: number,
  to: number,
): readonly Remembered[] {
  namedStream(streams, stream);
  const window = rememberedOf(plan, stream);
  if (!window || !engine.remembered) throw notRemembered(stream);
  if (zeroTime === undefined) return [];
  const { slide } = window;
  const floor = (time: number): number => time - modulo(time - zeroTime, slide);
  return engine.remembered(window.id, floor(from), floor(to)).filter(isOf(window, zeroTime));
}

/** Between its slides a stream has no batches. */
const isOf =
  ({ slide }: WindowNode, zeroTime: number) =>
  ({ batchTime }: Remembered): boolean =>
    isDue(slide, batchTime, zeroTime);

const modulo = (a: number, b: number): number => ((a % b) + b) % b;

const notRemembered = (stream: string): StreamjobError =>
  new StreamjobError('not-supported', `The batches of ${stream} are not remembered.`, {
    remedy: 'Set `remember: 60s` in the job file, or call `remember` of the context; the stream needs a sink.',
  });
