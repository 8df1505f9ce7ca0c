import { describe, expect, it } from 'vitest';
import type { Batch, BatchResult } from '#src/engine/engine.ts';
import { stageCode } from '#src/local/worker/stageCode.ts';
import type { Sample } from '#src/observe/insight.ts';
import type { Edge } from '#src/plan/plan.ts';
import { stagesOf } from '#src/plan/stages.ts';
import { Taps } from '#src/run/taps.ts';
import { loadJob } from '#src/spec/load.ts';
import { folderWith } from '../cli/command.ts';

const text = `
batchInterval: 1s
sources:
  numbers: { queue: { batches: [[1]] } }
  idle: { queue: { batches: [[1]] } }
streams:
  doubled: { from: numbers, steps: [{ map: x => 2 * x }] }
sinks:
  - from: doubled
    print: {}
`;

async function opened() {
  const { plan, streams } = await loadJob(`${folderWith({ 'job.yaml': text })}/job.yaml`);
  const inputs = new Map();
  const batch: Batch = { time: 1_000, zeroTime: 0, inputs };
  return { plan: plan!, taps: new Taps(plan!, streams as ReadonlyMap<string, Edge>), batch };
}

const tap = (sampled: (sample: Sample) => void = () => undefined) => ({
  stream: 'doubled',
  limit: 2,
  interval: 0,
  sampled,
});

const shown = (text: string) => ({ text, json: text, cut: false });

describe('taps', () => {
  it('change nothing while nobody looks, before and after', async () => {
    const { plan, taps, batch } = await opened();
    expect(taps.into(batch)).toBe(batch);
    const close = taps.open(tap());
    const tapped = taps.into(batch).expanded!.plan;
    expect(tapped.nodes.slice(0, plan.nodes.length)).toEqual(plan.nodes);
    const code = (of: typeof plan): string => stageCode(stagesOf(of)[0]!, { strict: false });
    expect(code(tapped)).not.toBe(code(plan));
    close();
    expect(taps.into(batch)).toBe(batch);
  });

  it('hand out the last records of all partitions, and keep them from the job', async () => {
    const { plan, taps, batch } = await opened();
    const samples: Sample[] = [];
    taps.open(tap((sample) => samples.push(sample)));
    taps.into(batch);
    const own = plan.nodes.find(({ kind }) => kind === 'sink')!.id;
    const messages = [
      { records: 10, shown: [shown('9'), shown('10')] },
      { records: 5, shown: [shown('14'), shown('15')] },
    ];
    const sinks = new Map([
      [own, []],
      [plan.nodes.length, messages],
    ]);
    const result: BatchResult = { sinks, recordsIn: new Map(), tasks: 2 };
    expect([...taps.handOut(batch, result).sinks.keys()]).toEqual([own]);
    expect(samples).toEqual([{ batchTime: 1_000, records: 15, shown: [shown('10'), shown('15')] }]);
  });

  it('share a sink, as large as the largest wants it', async () => {
    const { plan, taps, batch } = await opened();
    taps.open(tap());
    taps.open({ ...tap(), limit: 7 });
    const { plan: tapped, configs } = taps.into(batch).expanded!;
    expect(tapped.nodes).toHaveLength(plan.nodes.length + 1);
    expect(configs.get(plan.nodes.length)).toEqual({ limit: 7 });
  });

  it('look no more often than asked', async () => {
    const { plan, taps, batch } = await opened();
    taps.open({ ...tap(), interval: 1e9 });
    const sinks = new Map([[plan.nodes.length, []]]);
    taps.handOut(taps.into(batch), { sinks, recordsIn: new Map(), tasks: 0 });
    expect(taps.into(batch)).toBe(batch);
  });

  it('refuse a stream that is not there, or that no sink needs', async () => {
    const { taps } = await opened();
    const open = (stream: string) => () => taps.open({ ...tap(), stream });
    expect(open('double')).toThrowError(expect.objectContaining({ code: 'unknown-stream' }));
    expect(open('idle')).toThrowError(expect.objectContaining({ code: 'unused-stream' }));
  });
});
