import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planFromJson, planToJson } from '#src/plan/serialise.ts';
import { anyPlan } from './plans.arbitrary.ts';

test('a plan survives JSON', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const text = planToJson(plan);
      const read = planFromJson(text);
      deepStrictEqual(read, plan);
      expect(planToJson(read)).toBe(text);
    }),
  );
});

const good = {
  version: 1,
  name: 'p',
  batchInterval: 1000,
  keyHash: 'murmur3-32',
  keyGroups: 256,
  nodes: [
    { id: 0, kind: 'source', origin: { name: 's', component: 'stdin' }, config: null },
    { id: 1, kind: 'sink', origin: { name: 'p', component: 'print' }, input: { from: 0, port: 'out' }, config: null },
  ],
};
const withSink = (change: object) => ({ ...good, nodes: [good.nodes[0], { ...good.nodes[1], ...change }] });

test('a plan written by hand is read', () => {
  expect(planFromJson(JSON.stringify(good))).toEqual(good);
});

test.each([
  ['{', 'Expected a plan, but it is not JSON.'],
  ['[]', 'Expected a plan, but it is not an object.'],
  [{ ...good, version: 2 }, 'The plan has version 2, expected 1.'],
  [{ ...good, version: undefined }, 'The plan has version undefined, expected 1.'],
  [{ ...good, keyHash: 'fnv' }, 'The plan has keyHash "fnv", expected murmur3-32.'],
  [{ ...good, keyGroups: 128 }, 'The plan has keyGroups 128, expected 256.'],
  [{ ...good, batchInterval: 0 }, 'Expected a plan, but its batchInterval is missing.'],
  [{ ...good, nodes: {} }, 'Expected a plan, but its nodes are missing.'],
  [{ ...good, nodes: [null] }, 'Expected a plan, but node 0 is of no known kind.'],
  [withSink({ kind: 'toString' }), 'Expected a plan, but node 1 is of no known kind.'],
  [withSink({ id: 7 }), 'Expected a plan, but node 1 has the id 7.'],
  [withSink({ config: undefined }), 'Expected a plan, but node 1 has no config.'],
  [withSink({ input: { from: 1, port: 'out' } }), 'Expected a plan, but an input of node 1 is no earlier node.'],
  [withSink({ input: { from: 0, port: 'in' } }), 'Expected a plan, but an input of node 1 is no earlier node.'],
  [withSink({ kind: 'union', inputs: 5 }), 'Expected a plan, but an input of node 1 is no earlier node.'],
])('what is no plan is refused with its reason (%#)', (plan, message) => {
  const text = typeof plan === 'string' ? plan : JSON.stringify(plan);
  expect(() => planFromJson(text)).toThrow(expect.objectContaining({ message, remedy: expect.any(String) }));
});
