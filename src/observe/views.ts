import type { JsonValue } from '../base/json.ts';
import { keepersOf } from '../plan/kept.ts';
import { type NodeId, stepName } from '../plan/plan.ts';
import type { BatchRecord } from './batchRecord.ts';
import { type ErrorText, withoutRecords } from './errorText.ts';
import { flowOf } from './flow.ts';
import { graphOf } from './graph.ts';
import type { JobHistory } from './history.ts';
import { outputsOf } from './outputs.ts';

/** What the page is told, as JSON. `records`: whether who asks may see records, which messages of errors may hold. */
export interface Viewer {
  readonly records: boolean;
}

/** All that the page begins with. */
export const jobView = (history: JobHistory, viewer: Viewer): JsonValue => ({
  name: history.plan.name,
  batchInterval: history.plan.batchInterval,
  startTime: history.startTime,
  records: viewer.records,
  graph: graphOf(history.plan) as unknown as JsonValue,
  batches: [...history.batches.values()].map((batch) => batchView(batch, viewer)),
  ...(statusView(history, viewer) as object),
});

/** All that changes and is not of a single batch. */
export function statusView(history: JobHistory, viewer: Viewer): JsonValue {
  const { status, reason, total } = history;
  return {
    status,
    reason: reason ?? null,
    total: { ...total },
    sources: sourcesView(history, viewer),
    kept: keptView(history),
    flow: flowOf(history) as unknown as JsonValue,
  };
}

function sourcesView({ plan, sources, lastCompleted }: JobHistory, { records }: Viewer): JsonValue {
  const nodes = plan.nodes.filter(({ kind }) => kind === 'source');
  return nodes.map(({ id, origin }) => {
    const said = sources.get(id);
    const error = said?.lastError;
    return {
      id,
      name: origin.name,
      component: origin.component,
      receives: said?.receives ?? false,
      state: said?.state ?? null,
      message: records ? (said?.message ?? null) : null,
      lastError: error ? { time: error.time, message: records ? error.message : 'needs the token' } : null,
      lastBatch: lastCompleted?.recordsIn.get(id) ?? 0,
    };
  });
}

function keptView({ plan, keys, held }: JobHistory): JsonValue {
  return keepersOf(plan).map(({ id, kind, node }) => ({
    id,
    kind,
    name: stepName(node.origin),
    keys: keys.get(node.id) ?? null,
    bytes: held.get(node.id)?.bytes ?? null,
    batches: held.get(node.id)?.batches ?? null,
  }));
}

/** So many characters of a message stand in a list. */
const shownInList = 300;

/** A batch in a list: short, as there may be thousands. */
export function batchView(batch: BatchRecord, viewer: Viewer): JsonValue {
  const { batchTime, submissionTime, processingStartTime, processingEndTime, status, records, error } = batch;
  return {
    time: batchTime,
    submitted: submissionTime,
    started: processingStartTime ?? null,
    ended: processingEndTime ?? null,
    status,
    records,
    error: error ? shownError(error, viewer).message.slice(0, shownInList) : null,
  };
}

/** A batch on a page of its own. */
export function batchDetailView(batch: BatchRecord, { plan }: JobHistory, viewer: Viewer): JsonValue {
  const { details, error, recordsIn } = batch;
  const nameOf = (id: NodeId): string => {
    const origin = plan.nodes[id]?.origin;
    return origin ? stepName(origin) : 'a step of the transform';
  };
  return {
    ...(batchView(batch, viewer) as object),
    error: error ? (shownError(error, viewer) as unknown as JsonValue) : null,
    detailed: details !== undefined,
    inputs: [...(details?.inputs ?? [])].map(([source, text]) => ({
      source: nameOf(source),
      records: recordsIn.get(source) ?? null,
      partitions: text.partitions,
      lines: viewer.records ? text.lines : [],
      more: viewer.records ? text.more : 0,
    })),
    stages: [...(details?.stages.values() ?? [])].map((stage) => ({
      ...(stage as object),
      recordsOut: stage.recordsOut.map(({ node, records }) => ({ to: nameOf(node), records })),
    })),
    outputs: outputsOf(batch, plan).map(({ description, startTime, endTime, error }) => ({
      name: description,
      started: startTime ?? null,
      ended: endTime ?? null,
      error: error ? shownError(error, viewer).message : null,
    })),
  };
}

export const shownError = (error: ErrorText, { records }: Viewer): ErrorText =>
  records ? error : withoutRecords(error);
