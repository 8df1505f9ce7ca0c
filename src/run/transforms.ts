import type { Rdds } from '../component/rdds.ts';
import type { Batch, BatchResult } from '../engine/engine.ts';

/** The batch with what stands for the job's transforms in it. Rejects with the error of a transform's function. */
export async function withTransforms(batch: Batch, rdds: Rdds | undefined): Promise<Batch> {
  const expanded = await rdds?.expand(batch);
  return expanded ? { ...batch, expanded, inputs: new Map([...batch.inputs, ...expanded.inputs]) } : batch;
}

/** The records that the job's own sources gave, without those that transforms have added. */
export const ownRecords = ({ recordsIn }: BatchResult, { expanded }: Batch): BatchResult['recordsIn'] =>
  expanded ? new Map([...recordsIn].filter(([source]) => !expanded.inputs.has(source))) : recordsIn;
