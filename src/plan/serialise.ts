import { StreamjobError } from '../base/errors.ts';
import { inputsOf, keyGroups, keyHash, type Plan, type PlanNode } from './plan.ts';

/** A plan as JSON text, readable, one form for equal plans. */
export const planToJson = (plan: Plan): string => `${JSON.stringify(plan, null, 2)}\n`;

/**
 * The plan of a text that `planToJson` made. Throws StreamjobError `not-supported` for a plan of another version or key
 * hash, and `bad-value` for what is no plan.
 */
export function planFromJson(text: string): Plan {
  const plan = parse(text);
  requireSame('version', plan.version, 1);
  requireSame('keyHash', plan.keyHash, keyHash);
  requireSame('keyGroups', plan.keyGroups, keyGroups);
  if (typeof plan.name !== 'string') throw noPlan('its name is missing');
  if (!(Number.isSafeInteger(plan.batchInterval) && plan.batchInterval > 0))
    throw noPlan('its batchInterval is missing');
  if (!Array.isArray(plan.nodes)) throw noPlan('its nodes are missing');
  plan.nodes.forEach(checkNode);
  return plan;
}

function parse(text: string): Plan {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Plan;
  } catch (cause) {
    throw noPlan('it is not JSON', cause);
  }
  throw noPlan('it is not an object');
}

function requireSame(field: string, came: unknown, expected: string | number): void {
  if (came === expected) return;
  throw new StreamjobError('not-supported', `The plan has ${field} ${JSON.stringify(came)}, expected ${expected}.`, {
    remedy: 'Run it with the version of streamjob that wrote it.',
  });
}

const requiredFields: Record<PlanNode['kind'], readonly string[]> = {
  source: ['config'],
  narrow: ['input', 'op', 'on', 'fn'],
  fold: ['input', 'key', 'mergeValue', 'mergeCombiners'],
  cogroup: ['inputs'],
  union: ['inputs'],
  repartition: ['input', 'partitions'],
  sort: ['input', 'ascending'],
  window: ['input', 'length', 'slide'],
  state: ['input', 'op', 'fn', 'emit'],
  transform: ['inputs', 'fn', 'as'],
  sink: ['input', 'config'],
};

function checkNode(node: PlanNode | null, index: number): void {
  const required = node && Object.hasOwn(requiredFields, node.kind) ? requiredFields[node.kind] : undefined;
  if (!node || !required) throw noPlan(`node ${index} is of no known kind`);
  const missing = ['id', 'origin', ...required].find((field) => !Object.hasOwn(node, field));
  if (missing !== undefined) throw noPlan(`node ${index} has no ${missing}`);
  if (node.id !== index) throw noPlan(`node ${index} has the id ${node.id}`);
  const edges: unknown = inputsOf(node);
  if (!Array.isArray(edges) || !edges.every((edge) => isEarlier(edge, index))) {
    throw noPlan(`an input of node ${index} is no earlier node`);
  }
}

function isEarlier(edge: unknown, index: number): boolean {
  const { from, port } = (edge ?? {}) as { from?: unknown; port?: unknown };
  return (
    Number.isInteger(from) && (from as number) >= 0 && (from as number) < index && (port === 'out' || port === 'error')
  );
}

const noPlan = (why: string, cause?: unknown): StreamjobError =>
  new StreamjobError('bad-value', `Expected a plan, but ${why}.`, {
    cause,
    remedy: 'Make it anew from the job file with streamjob explain JOB --format json.',
  });
