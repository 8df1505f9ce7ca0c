import type { ReceiverState } from '../engine/engine.ts';

/** All states that a receiver may have. */
export const receiverStates = [
  'waiting',
  'active',
  'idle',
  'ended',
  'failed',
] as const satisfies readonly ReceiverState[];
