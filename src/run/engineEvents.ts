import { StreamjobError } from '../base/errors.ts';
import type { EngineEvents } from '../engine/engine.ts';
import { type Plan, stepName } from '../plan/plan.ts';
import type { JobListener } from './events.ts';
import type { Inputs } from './inputs.ts';
import type { Ending } from './stop.ts';
import type { Taps } from './taps.ts';

export interface Hearers {
  readonly plan: Plan;
  readonly once: boolean;
  readonly inputs: Inputs;
  readonly taps: Taps;
  readonly ending: Ending;
  readonly listener: JobListener;
}

/** Who is told what the engine says. A receiver that has failed or ended ends the job; with `once` the others go on. */
export function engineEvents(hearers: Hearers): EngineEvents {
  const { inputs, taps, listener } = hearers;
  return {
    block: (source, block) => inputs.addBlock(source, block),
    receiver: (...said) => receiverSays(hearers, ...said),
    sink: (...said) => sinkSays(hearers, ...said),
    log: (level, message) => listener.log?.({ level, message }),
    stage: (batchTime, figures) => listener.stageCompleted?.({ batchTime, figures: taps.ownFigures(figures) }),
  };
}

function receiverSays(
  { plan, once, inputs, ending, listener }: Hearers,
  ...[source, state, message, error]: Parameters<EngineEvents['receiver']>
): void {
  listener.receiver?.({ source, state, message });
  const { origin } = plan.nodes[source]!;
  if (state === 'failed') {
    const failure = error ?? new StreamjobError('source-failed', `${stepName(origin)}: ${message}`);
    ending.begin({ reason: `${origin.name} failed`, error: failure });
  }
  if (state !== 'ended') return;
  inputs.end(source);
  if (!once) ending.begin({ reason: `${origin.name} has ended`, list: true });
}

function sinkSays(
  { plan, listener }: Hearers,
  ...[sink, state, message]: Parameters<NonNullable<EngineEvents['sink']>>
): void {
  listener.sink?.({ sink, state, message });
  const { name } = plan.nodes[sink]!.origin;
  if (state === 'active') listener.log?.({ level: 'info', message: `sink ${name}: ${message}` });
  else listener.log?.({ level: 'warn', message: `sink ${name}: waiting, since ${message}` });
}
