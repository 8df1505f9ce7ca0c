import type { JobHistory } from './history.ts';

/** A source or sink that has waited so long for its other side keeps the job from being ready. */
const patience = 10_000;

/** Why the job is not ready to do its work; nothing if it is. */
export function reasonsNotReady(history: JobHistory, now = Date.now()): readonly string[] {
  const { status, plan, sources, waitingSinks, lastCompleted } = history;
  if (status !== 'running') return [status === 'starting' ? 'the job is starting' : `the job is ${status}`];
  const reasons: string[] = [];
  if (lastCompleted?.error) reasons.push(`the last batch failed: ${lastCompleted.error.means}`);
  for (const [id, { state, since }] of sources) {
    const { name } = plan.nodes[id]!.origin;
    if (state === 'failed') reasons.push(`the source ${name} failed`);
    if (state === 'waiting' && now - since > patience) reasons.push(waiting(`source ${name}`, now - since));
  }
  for (const [id, since] of waitingSinks)
    if (now - since > patience) reasons.push(waiting(`sink ${plan.nodes[id]!.origin.name}`, now - since));
  return reasons;
}

const waiting = (who: string, milliseconds: number): string =>
  `the ${who} has been waiting for ${Math.round(milliseconds / 1000)} s`;
