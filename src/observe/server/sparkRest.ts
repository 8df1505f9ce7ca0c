import type { JsonValue } from '../../base/json.ts';
import type { NodeId } from '../../plan/plan.ts';
import { type BatchRecord, processingTime, schedulingDelay, totalDelay } from '../batchRecord.ts';
import type { JobHistory } from '../history.ts';
import { type BatchOutput, outputCounts, outputsOf } from '../outputs.ts';
import { shownError, type Viewer } from '../views.ts';

/** What Spark's REST API answers below `/api/v1/…/streaming`, with its names of fields. Undefined: there is no such thing. */
export function sparkRest(
  history: JobHistory,
  path: readonly string[],
  query: URLSearchParams,
  viewer: Viewer,
): JsonValue | undefined {
  const [what, id, ...more] = path;
  if (what === 'batches' && id !== undefined && more[0] === 'operations')
    return operations(history, id, more.slice(1), viewer);
  if (more.length > 0) return undefined;
  if (what === 'statistics' && id === undefined) return statistics(history);
  if (what === 'batches') return batches(history, id, query, viewer);
  if (what === 'receivers') return receivers(history, id, viewer);
  return undefined;
}

function statistics(history: JobHistory): JsonValue {
  const { plan, startTime, total } = history;
  const all = [...history.batches.values()];
  const active = history.active.length;
  const states = [...history.sources.values()].filter(({ receives }) => receives);
  const numActiveReceivers = states.filter(({ state }) => state === 'active').length;
  return {
    startTime: sparkTime(startTime),
    batchDuration: plan.batchInterval,
    numReceivers: states.length,
    numActiveReceivers,
    numInactiveReceivers: states.length - numActiveReceivers,
    numTotalCompletedBatches: total.completed,
    numRetainedCompletedBatches: all.length - active,
    numActiveBatches: active,
    numProcessedRecords: total.received,
    numReceivedRecords: total.received,
    ...averages(all, plan.batchInterval),
  };
}

function averages(batches: readonly BatchRecord[], interval: number): { [name: string]: JsonValue } {
  const completed = batches.filter(({ status }) => status === 'completed');
  return {
    ...known('avgInputRate', average(completed.map(({ records }) => (records * 1000) / interval))),
    ...known('avgSchedulingDelay', whole(average(batches.map(schedulingDelay)))),
    ...known('avgProcessingTime', whole(average(batches.map(processingTime)))),
    ...known('avgTotalDelay', whole(average(batches.map(totalDelay)))),
  };
}

function average(values: readonly (number | undefined)[]): number | undefined {
  const numbers = values.filter((value) => value !== undefined);
  return numbers.length === 0 ? undefined : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

const whole = (value: number | undefined): number | undefined => value && Math.trunc(value);

/** Spark leaves out what is not known. */
const known = (name: string, value: JsonValue | undefined): { [name: string]: JsonValue } =>
  value === undefined ? {} : { [name]: value };

function batches(
  history: JobHistory,
  id: string | undefined,
  query: URLSearchParams,
  viewer: Viewer,
): JsonValue | undefined {
  if (id !== undefined) {
    const batch = history.batches.get(Number(id));
    return batch && batchInfo(batch, history, viewer);
  }
  const wanted = query.getAll('status').map((status) => status.toUpperCase());
  const newestFirst = [...history.batches.values()].reverse();
  const listed = newestFirst.filter(({ status }) => wanted.length === 0 || wanted.includes(status.toUpperCase()));
  return listed.map((batch) => batchInfo(batch, history, viewer));
}

function batchInfo(batch: BatchRecord, { plan }: JobHistory, viewer: Viewer): JsonValue {
  const { batchTime, status, records, error } = batch;
  const outputs = outputCounts(batch, plan);
  return {
    batchId: batchTime,
    batchTime: sparkTime(batchTime),
    status: status.toUpperCase(),
    batchDuration: plan.batchInterval,
    inputSize: records,
    ...known('schedulingDelay', schedulingDelay(batch)),
    ...known('processingTime', processingTime(batch)),
    ...known('totalDelay', totalDelay(batch)),
    numActiveOutputOps: outputs.active,
    numCompletedOutputOps: outputs.completed,
    numFailedOutputOps: outputs.failed,
    numTotalOutputOps: outputs.total,
    ...(error && { firstFailureReason: shownError(error, viewer).message }),
  };
}

/** Spark has an output operation compute, too; here what was computed serves all sinks, and its time is that of the batch. */
function operations(
  { batches, plan }: JobHistory,
  id: string,
  [operation, ...more]: readonly string[],
  viewer: Viewer,
): JsonValue | undefined {
  const batch = batches.get(Number(id));
  if (!batch || more.length > 0) return undefined;
  const all = outputsOf(batch, plan).map((output, outputOpId) => operationInfo(output, outputOpId, viewer));
  return operation === undefined ? all : all[Number(operation)];
}

function operationInfo(output: BatchOutput, outputOpId: number, viewer: Viewer): JsonValue {
  const { name, description, startTime, endTime, error } = output;
  return {
    outputOpId,
    name,
    description,
    ...known('startTime', startTime && sparkTime(startTime)),
    ...known('endTime', endTime && sparkTime(endTime)),
    ...known('duration', startTime && endTime && endTime - startTime),
    ...known('failureReason', error && shownError(error, viewer).message),
    jobIds: [],
  };
}

function receivers(history: JobHistory, id: string | undefined, viewer: Viewer): JsonValue | undefined {
  const sources = history.plan.nodes.filter(({ kind }) => kind === 'source').map((node) => node.id);
  if (id === undefined) return sources.map((source) => receiver(history, source, viewer));
  return sources.includes(Number(id)) ? receiver(history, Number(id), viewer) : undefined;
}

function receiver({ plan, sources, batches }: JobHistory, streamId: NodeId, { records }: Viewer): JsonValue {
  const state = sources.get(streamId);
  const completed = [...batches.values()].filter(({ status }) => status === 'completed');
  const rates = completed.map((batch) => ((batch.recordsIn.get(streamId) ?? 0) * 1000) / plan.batchInterval);
  return {
    streamId,
    streamName: plan.nodes[streamId]!.origin.name,
    ...known('isActive', state?.receives ? state.state === 'active' : undefined),
    ...known('lastErrorTime', state?.lastError && sparkTime(state.lastError.time)),
    ...known('lastErrorMessage', records ? state?.lastError?.message : undefined),
    ...known('avgEventRate', average(rates)),
    eventRates: completed.map(({ batchTime }, i) => [batchTime, rates[i]!]),
  };
}

const sparkTime = (time: number): string => new Date(time).toISOString().replace('Z', 'GMT');
