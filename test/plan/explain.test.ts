import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlanBuilder } from '#src/plan/builder.ts';
import { explainMermaid, explainText } from '#src/plan/explain.ts';
import { keyGroups, keyHash, type Plan } from '#src/plan/plan.ts';
import { anyPlan } from './plans.arbitrary.ts';

/** Two sources, a union, a fold, a join of both sides, dead letters, a stream that nothing uses. */
function demo(): Plan {
  const plan = new PlanBuilder();
  const named = (name: string, component: string, step?: number) => {
    plan.origin = { name, component, ...(step === undefined ? {} : { step }) };
  };
  named('lines', 'socket');
  const lines = plan.source({ config: {} });
  named('more', 'files');
  const more = plan.source({ config: {} });
  named('words', 'flatMap', 0);
  plan.onError = 'emit';
  const words = plan.narrow({ input: lines, op: 'flatMap', on: 'record', fn: { text: 'line =>\n  line.split("#")' } });
  plan.onError = undefined;
  named('words', 'union', 1);
  const all = plan.union({ inputs: [words, more] });
  named('counts', 'countByValue', 0);
  const one = { text: '() => 1' };
  const counts = plan.fold({ input: all, key: 'record', create: one, mergeValue: one, mergeCombiners: one });
  named('joined', 'cogroup', 0);
  const joined = plan.cogroup({ inputs: [counts, all], partitions: 3 });
  named('joined', 'count', 1);
  const total = plan.fold({ input: joined, key: 'none', mergeValue: one, mergeCombiners: one, zero: 0 });
  named('unused', 'repartition', 0);
  plan.repartition({ input: lines, partitions: 2 });
  named('out', 'print');
  plan.sink({ input: total, config: {} });
  named('bad', 'files');
  plan.sink({ input: { from: words.from, port: 'error' }, config: {} });
  return { version: 1, name: 'demo', batchInterval: 1000, keyHash, keyGroups, nodes: plan.nodes };
}

test('as text: sources, fused steps, shuffles, sinks', () => {
  expect(explainText(demo())).toMatchInlineSnapshot(`
    "demo: a batch every 1s, 5 stages

    stage 0: source lines (socket)
      words, step 1 (flatMap)  line => line.split("#")
      - words, step 2 (union)
        - => stage 2: by key, combined before
        - => stage 3: by key, right side
      - what fails: => sink bad (files)

    stage 1: source more (files)
      words, step 2 (union)
      - => stage 2: by key, combined before
      - => stage 3: by key, right side

    stage 2: counts, step 1 (countByValue), default partitions
      => stage 3: by key, left side

    stage 3: joined, step 1 (cogroup), 3 partitions
      => stage 4: to one partition, combined before

    stage 4: joined, step 2 (count), 1 partition
      => sink out (print)

    left out, as no sink needs it:
      unused, step 1 (repartition)
    "
  `);
});

test('as Mermaid: the same', () => {
  expect(explainMermaid(demo())).toMatchInlineSnapshot(`
    "flowchart TD
      subgraph stage0 [stage 0]
        s0n0(["lines (socket)"])
        s0n2["words, step 1 (flatMap)<br/>line =#62; line.split(#34;#35;#34;)"]
        s0n3["words, step 2 (union)"]
      end
      subgraph stage1 [stage 1]
        s1n1(["more (files)"])
        s1n3["words, step 2 (union)"]
      end
      subgraph stage2 [stage 2]
        s2n4["counts, step 1 (countByValue)"]
      end
      subgraph stage3 [stage 3]
        s3n5["joined, step 1 (cogroup)"]
      end
      subgraph stage4 [stage 4]
        s4n6["joined, step 2 (count)"]
      end
      n8[/"out (print)"/]
      n9[/"bad (files)"/]
      s0n0 --> s0n2
      s0n2 --> s0n3
      s0n3 ==>|by key, combined before| s2n4
      s0n3 ==>|by key, right side| s3n5
      s0n2 -->|what fails| n9
      s1n1 --> s1n3
      s1n3 ==>|by key, combined before| s2n4
      s1n3 ==>|by key, right side| s3n5
      s2n4 ==>|by key, left side| s3n5
      s3n5 ==>|to one partition, combined before| s4n6
      s4n6 --> n8
    "
  `);
});

/** A fold of which some records fail, before they are moved or behind. */
function failingFold(): Plan {
  const plan = new PlanBuilder();
  const named = (name: string, component: string, step?: number) => {
    plan.origin = { name, component, ...(step === undefined ? {} : { step }) };
  };
  named('pairs', 'queue');
  const pairs = plan.source({ config: {} });
  named('sums', 'reduceByKey', 0);
  plan.onError = 'emit';
  const add = { text: '(a, b) => a + b' };
  const { from } = plan.fold({ input: pairs, key: 'pair', mergeValue: add, mergeCombiners: add });
  plan.onError = undefined;
  named('bad', 'map', 0);
  const bad = plan.narrow({ input: { from, port: 'error' }, op: 'map', on: 'record', fn: { text: 'e => e.error' } });
  named('out', 'print');
  plan.sink({ input: bad, config: {} });
  return { version: 1, name: 'failing', batchInterval: 1000, keyHash, keyGroups, nodes: plan.nodes };
}

test('what fails at a shuffle stands in the stages before and behind it', () => {
  expect(explainText(failingFold())).toMatchInlineSnapshot(`
    "failing: a batch every 1s, 2 stages

    stage 0: source pairs (queue)
      => stage 1: by key, combined before
      - what fails: bad, step 1 (map)  e => e.error
        => sink out (print)

    stage 1: sums, step 1 (reduceByKey), default partitions
      - what fails: bad, step 1 (map)  e => e.error
        => sink out (print)
    "
  `);
  expect(explainMermaid(failingFold())).toMatchInlineSnapshot(`
    "flowchart TD
      subgraph stage0 [stage 0]
        s0n0(["pairs (queue)"])
        s0n2["bad, step 1 (map)<br/>e =#62; e.error"]
      end
      subgraph stage1 [stage 1]
        s1n1["sums, step 1 (reduceByKey)"]
        s1n2["bad, step 1 (map)<br/>e =#62; e.error"]
      end
      n3[/"out (print)"/]
      s0n0 ==>|by key, combined before| s1n1
      s1n1 -->|what fails| s0n2
      s0n2 --> n3
      s1n1 -->|what fails| s1n2
      s1n2 --> n3
    "
  `);
});

test('a name over several lines does not break the chart', () => {
  const [first, ...others] = demo().nodes;
  const renamed = { ...first!, origin: { name: 'a\nb"', component: 'c' } };
  expect(explainMermaid({ ...demo(), nodes: [renamed, ...others] })).toContain('s0n0(["a#10;b#34; (c)"])');
});

test('every node of any plan is mentioned, and no text breaks the chart', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const text = explainText(plan);
      for (const node of plan.nodes) expect(text).toContain(node.origin.name);
      const lines = explainMermaid(plan).trimEnd().split('\n');
      for (const line of lines.slice(1)) {
        expect(line).toMatch(
          /^ {2}(subgraph stage\d+ \[stage \d+\]|end|\S+ (-->|==>)(\|[^|]*\|)? \S+| *\w+[([/]+"[^"]*"[/\])]+)$/,
        );
      }
    }),
  );
});
