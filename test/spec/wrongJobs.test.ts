import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadJob } from '#src/spec/load.ts';
import { directoryWith, jobWithSteps, problemsOf, shown } from './loadText.ts';

describe('one component', () => {
  it('is asked for in a step', async () => {
    const steps = [
      '- mpa: x => x',
      '- conut',
      '- x => x',
      '- [map]',
      '-',
      '- {}',
      '- count: {}',
      '  distinct: {}',
      '- reduceByKey: (a, b) => a + b',
      '  partitions: 3',
      '- repartition:',
      '  partitions: 3',
      '- count:',
      '  colour: red',
      '- constructor: {}',
    ];
    expect(await problemsOf(jobWithSteps(steps.join('\n')))).toMatchInlineSnapshot(`
      "job.yaml:8:9  unknown-component  \`mpa\` is no step.
          8 |       - mpa: x => x
            |         ^^^
            Did you mean \`map\`?
      job.yaml:9:9  unknown-component  \`conut\` is no step.
          9 |       - conut
            |         ^^^^^
            Did you mean \`count\`?
      job.yaml:10:9  one-component  A step is more than a function.
         10 |       - x => x
            |         ^^^^^^
            Name what the function is for, as in \`map: x => x + 1\`.
      job.yaml:11:9  one-component  A step is a map with one component, and this is a list.
         11 |       - [map]
            |         ^^^^^
            Write one of ….
      job.yaml:12:8  one-component  A step is missing here.
         12 |       -
            |        ^
            Write one of ….
      job.yaml:13:9  one-component  This step has no component.
         13 |       - {}
            |         ^^
            Add one of ….
      job.yaml:15:9  one-component  A step has one component, and here are \`count\` and \`distinct\`.
         15 |         distinct: {}
            |         ^^^^^^^^
            Make two steps of them: begin \`- distinct\` on a line of its own.
      job.yaml:17:9  one-component  \`partitions\` is a setting of reduceByKey and stands beside it.
         17 |         partitions: 3
            |         ^^^^^^^^^^
            Use the long form: \`reduceByKey: { reduce: …, partitions: … }\`.
      job.yaml:19:9  one-component  \`partitions\` is a setting of repartition and stands beside it.
         19 |         partitions: 3
            |         ^^^^^^^^^^
            Indent it, so that it stands inside of \`repartition:\`.
      job.yaml:21:9  unknown-key  \`colour\` is not known beside \`count\`.
         21 |         colour: red
            |         ^^^^^^
            Settings of count stand inside of it.
      job.yaml:22:9  unknown-component  \`constructor\` is no step.
         22 |       - constructor: {}
            |         ^^^^^^^^^^^
            A step is one of …."
    `);
  });

  it('is asked for in a source and a sink', async () => {
    const job = `batchInterval: 1s
sources:
  a: { queue: { batches: [] } }
  b: queue
  c:
  d: { onError: skip }
  e: { queue: { batches: [] }, stdin: {} }
sinks:
  - from: a
  - print
  - from: a
    collect: {}
  - from: [a, b, c, d, e]
    print: {}
`;
    expect(await problemsOf(job)).toMatchInlineSnapshot(`
      "job.yaml:4:6  one-component  \`queue\` stands bare.
          4 |   b: queue
            |      ^^^^^
            Write \`queue: {}\`.
      job.yaml:5:3  one-component  A source is missing here.
          5 |   c:
            |   ^
            Write one of ….
      job.yaml:6:8  one-component  This source has no component.
          6 |   d: { onError: skip }
            |        ^^^^^^^
            Add one of ….
      job.yaml:7:32  one-component  A source has one component, and here are \`queue\` and \`stdin\`.
          7 |   e: { queue: { batches: [] }, stdin: {} }
            |                                ^^^^^
            Make two sources of them.
      job.yaml:9:5  one-component  This sink has no component.
          9 |   - from: a
            |     ^^^^
            Add one of ….
      job.yaml:10:5  one-component  \`print\` stands bare.
         10 |   - print
            |     ^^^^^
            Write \`print: {}\`.
      job.yaml:12:5  unknown-component  \`collect\` is no sink.
         12 |     collect: {}
            |     ^^^^^^^
            A sink is one of …."
    `);
  });

  it('is seen where print stands bare', async () => {
    const job = (print: string) => `batchInterval: 1s
sources:
  a: { queue: { batches: [] } }
sinks:
  - from: a
    ${print}
`;
    expect(await problemsOf(job('print'))).toMatchInlineSnapshot(`
      "job.yaml:6:5  bad-yaml  \`print\` stands bare among settings.
          6 |     print
            |     ^^^^^
            Write \`print: {}\`, or the value behind a colon."
    `);
    expect(await problemsOf(job('  print'))).toMatchInlineSnapshot(`
      "job.yaml:6:7  one-component  \`print\` stands bare and is read as part of the line above.
          6 |       print
            |       ^^^^^
            Write \`print: {}\`."
    `);
  });
});

describe('settings', () => {
  it('are known, there, and of their type', async () => {
    const steps = [
      '- sortBy: { by: x => x, asending: true }',
      '- map: {}',
      '- repartition: five',
      '- repartition: 0',
      '- combineByKey: v => v',
      '- join: { partitions: 2 }',
    ];
    expect(await problemsOf(jobWithSteps(steps.join('\n')))).toMatchInlineSnapshot(`
      "job.yaml:8:31  unknown-key  \`asending\` is not a setting of \`sortBy\`.
          8 |       - sortBy: { by: x => x, asending: true }
            |                               ^^^^^^^^
            Did you mean \`ascending\`? Its settings are ….
      job.yaml:9:14  missing-key  \`fn\` of \`map\` is missing.
          9 |       - map: {}
            |              ^^
            Add \`fn: …\`, a function such as x => x.trim().
      job.yaml:10:22  wrong-type  \`repartition\` must be a whole number, not the text "five".
         10 |       - repartition: five
            |                      ^^^^
      job.yaml:11:22  bad-value  \`repartition\` must be at least 1, not 0.
         11 |       - repartition: 0
            |                      ^
      job.yaml:12:23  wrong-type  \`combineByKey\` takes its settings in the form \`name: value\`, not the text "v => v".
         12 |       - combineByKey: v => v
            |                       ^^^^^^
            Its settings are ….
      job.yaml:13:15  missing-key  \`with\` of \`join\` is missing.
         13 |       - join: { partitions: 2 }
            |               ^^^^^^^^^^^^^^^^^
            Add \`with: …\`, the name of a stream."
    `);
  });

  it('of the job are known and of their type', async () => {
    const job = `batchInterval: 5
chekpoint: ./here
settings: { thread: 2, memoryLimit: 100, stopTimeout: soon, onBatchFailure: stopp }
functions: 7
sources: []
streams: none
sinks: {}
tests: 1
`;
    expect(await problemsOf(job)).toMatchInlineSnapshot(`
      "job.yaml:1:16  wrong-type  \`batchInterval\` must be a duration such as 500ms, 1s or 10m, not the number 5.
          1 | batchInterval: 5
            |                ^
            Write the unit: \`5s\` or \`5ms\`.
      job.yaml:2:1  unknown-key  \`chekpoint\` is not known here.
          2 | chekpoint: ./here
            | ^^^^^^^^^
            Did you mean \`checkpoint\`? Known here: ….
      job.yaml:3:13  unknown-key  \`thread\` is not a setting of \`settings\`.
          3 | settings: { thread: 2, memoryLimit: 100, stopTimeout: soon, onBatchFailure: stopp }
            |             ^^^^^^
            Did you mean \`threads\`? Its settings are ….
      job.yaml:3:37  wrong-type  \`memoryLimit\` must be a size such as 64KB, 1MB or 1GiB, not the number 100.
          3 | settings: { thread: 2, memoryLimit: 100, stopTimeout: soon, onBatchFailure: stopp }
            |                                     ^^^
            Write the unit: \`100MB\` or \`100B\`.
      job.yaml:3:55  bad-value  \`stopTimeout\` must be a duration such as 500ms, 1s or 10m, not the text "soon".
          3 | settings: { thread: 2, memoryLimit: 100, stopTimeout: soon, onBatchFailure: stopp }
            |                                                       ^^^^
      job.yaml:3:77  bad-value  \`onBatchFailure\` must be \`stop\` or \`continue\`, not the text "stopp".
          3 | settings: { thread: 2, memoryLimit: 100, stopTimeout: soon, onBatchFailure: stopp }
            |                                                                             ^^^^^
            Did you mean \`stop\`?
      job.yaml:4:12  wrong-type  \`functions\` must be a path, not the number 7.
          4 | functions: 7
            |            ^
            Quote it: "7".
      job.yaml:5:10  wrong-type  \`sources\` is a map of names, and this is a list.
          5 | sources: []
            |          ^^
            Write a name and a colon before each: \`NAME: …\`.
      job.yaml:6:10  wrong-type  \`streams\` is a map of names, and this is a single value.
          6 | streams: none
            |          ^^^^
            Write a name and a colon before each: \`NAME: …\`.
      job.yaml:7:8  wrong-type  \`sinks\` is a list, and this is a map.
          7 | sinks: {}
            |        ^^
            Begin each with \`- from: STREAM\`.
      job.yaml:8:8  wrong-type  \`tests\` is a list of tests, and this is none.
          8 | tests: 1
            |        ^
            Begin each test with \`- name: …\`."
    `);
  });

  it('are missed', async () => {
    expect(await problemsOf('name: nothing\n')).toMatchInlineSnapshot(`
      "job.yaml:1:1  missing-key  \`batchInterval\` is missing.
          1 | name: nothing
            | ^^^^^^^^^^^^^
            Add \`batchInterval: …\`, a duration such as 500ms, 1s or 10m.
      job.yaml:1:1  missing-key  \`sources\` is missing.
          1 | name: nothing
            | ^^^^^^^^^^^^^
            Add \`sources: …\`, a value.
      job.yaml:1:1  missing-key  \`sinks\` is missing.
          1 | name: nothing
            | ^^^^^^^^^^^^^
            Add \`sinks: …\`, a value."
    `);
    expect(await problemsOf('')).toMatchInlineSnapshot(`
      "job.yaml:1:1  bad-yaml  The file is empty.
          1 | 
            | ^
            Begin with \`batchInterval: 1s\`, then \`sources:\`, \`streams:\` and \`sinks:\`."
    `);
    expect(await problemsOf('- a\n')).toMatchInlineSnapshot(`
      "job.yaml:1:1  bad-yaml  A job file is a map of settings, and this is none.
          1 | - a
            | ^^^
            Begin with \`batchInterval: 1s\`, then \`sources:\`, \`streams:\` and \`sinks:\`."
    `);
  });
});

describe('functions', () => {
  it('are checked where they stand, in every style of YAML', async () => {
    const steps = [
      '- map: x => x +',
      '- map: x => one(x)',
      `- map: 'x => ''it''s'' + two'`,
      `- map: 'x => ''it is'' + two'`,
      '- map: "x => \\"a\\\\n\\" + \\u0041three"',
      '- map: |',
      '    x => {',
      '      return four;',
      '    }',
      '- map: { fn: x => five }',
      "- map: 'x =>",
      '    x +',
      '',
      "    six'",
      '- map: async x => x',
      '- map: x => x; process.exit()',
      '- map: 1 + 1',
    ];
    expect(await problemsOf(jobWithSteps(steps.join('\n')))).toMatchInlineSnapshot(`
      "job.yaml:8:21  bad-function  The function ends too early.
          8 |       - map: x => x +
            |                     ^
            A function is JavaScript, such as x => x.trim() or ([key, n]) => n > 1.
      job.yaml:9:19  unknown-name  Nothing defines \`one\`.
          9 |       - map: x => one(x)
            |                   ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals.
      job.yaml:10:26  bad-function  Nothing may follow the function, but \`s\` does.
         10 |       - map: 'x => ''it''s'' + two'
            |                          ^
            A function is one expression: put statements into the body of an arrow, x => { …; return y; }.
      job.yaml:11:32  unknown-name  Nothing defines \`two\`.
         11 |       - map: 'x => ''it is'' + two'
            |                                ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals.
      job.yaml:12:31  unknown-name  Nothing defines \`Athree\`.
         12 |       - map: "x => \\"a\\\\n\\" + \\u0041three"
            |                               ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals.
      job.yaml:15:20  unknown-name  Nothing defines \`four\`.
         15 |             return four;
            |                    ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals.
      job.yaml:17:25  unknown-name  Nothing defines \`five\`.
         17 |       - map: { fn: x => five }
            |                         ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals.
      job.yaml:21:11  unknown-name  Nothing defines \`six\`.
         21 |           six'
            |           ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals.
      job.yaml:22:14  bad-function  A function may not be async.
         22 |       - map: async x => x
            |              ^
            Functions are synchronous: return the result itself.
      job.yaml:23:20  bad-function  Nothing may follow the function, but \`;\` does.
         23 |       - map: x => x; process.exit()
            |                    ^
            A function is one expression: put statements into the body of an arrow, x => { …; return y; }.
      job.yaml:24:14  bad-function  \`1 + 1\` is not a function.
         24 |       - map: 1 + 1
            |              ^
            Write an arrow function such as x => x.trim(), or the name of a function that the module exports."
    `);
  });

  it('that YAML cannot read are to be quoted', async () => {
    const one = (step: string) => problemsOf(jobWithSteps(step));
    expect(await one('- map: x => ({ a: 1 })')).toMatchInlineSnapshot(`
      "job.yaml:8:14  bad-yaml  YAML cannot read this function.
          8 |       - map: x => ({ a: 1 })
            |              ^
            Quote the function ('…'), or write it as a block below a |."
    `);
    expect(await one('- map: [k, v] => k')).toMatchInlineSnapshot(`
      "job.yaml:8:21  bad-yaml  YAML cannot read this function.
          8 |       - map: [k, v] => k
            |                     ^^^^
            Quote the function ('…'), or write it as a block below a |."
    `);
    expect(await one('- top: { n: 1, by: ([t, n]) => n }')).toMatchInlineSnapshot(`
      "job.yaml:8:27  bad-yaml  YAML cannot read this function.
          8 |       - top: { n: 1, by: ([t, n]) => n }
            |                           ^
            Quote the function ('…'), or write it as a block below a |."
    `);
    expect(await one('- reduceByKey: { reduce: (a, b) => a + b, partitions: 2 }')).toMatchInlineSnapshot(`
      "job.yaml:8:32  bad-yaml  YAML tears this function apart at its comma.
          8 |       - reduceByKey: { reduce: (a, b) => a + b, partitions: 2 }
            |                                ^^^^^^^^^^^^^^^
            Quote the function ('…'), or write it as a block below a |."
    `);
    expect(await one("- filter: line => line.includes(' #x')")).toMatchInlineSnapshot(`
      "job.yaml:8:39  bad-function  YAML takes what follows \` #\` for a comment.
          8 |       - filter: line => line.includes(' #x')
            |                                       ^
            Quote the function ('…'), or write it as a block below a |."
    `);
    expect(await one('- filter: !x => x')).toMatchInlineSnapshot(`
      "job.yaml:8:17  bad-yaml  YAML cannot read this function.
          8 |       - filter: !x => x
            |                 ^^
            Quote the function ('…'), or write it as a block below a |."
    `);
  });

  it('that YAML would fold are to be blocks', async () => {
    const one = (step: string) => problemsOf(jobWithSteps(step));
    expect(await one('- map: x =>\n    x + 1')).toMatchInlineSnapshot(`
      "job.yaml:8:14  bad-yaml  YAML would fold the lines of this function into one.
          8 |       - map: x =>
            |              ^^^^
            Write it as a block below a |."
    `);
    expect(await one('- map: >\n    x => // one\n    x')).toMatchInlineSnapshot(`
      "job.yaml:8:14  bad-yaml  YAML would fold the lines of this function into one.
          8 |       - map: >
            |              ^
            Write it as a block below a |."
    `);
    expect(await one('- map: "x => { // one\n    return x; }"')).toMatchInlineSnapshot(`
      "job.yaml:8:14  bad-yaml  YAML would fold the lines of this function into one.
          8 |       - map: "x => { // one
            |              ^^^^^^^^^^^^^^
            Write it as a block below a |."
    `);
    expect(await one('- map: "x => {\n    return x; }"')).toBe('');
    expect(await one('- map: >\n    x => x')).toBe('');
  });
});

describe('streams', () => {
  const graph = `batchInterval: 1s
sources:
  clicks: { queue: { batches: [] } }
  idle: { queue: { batches: [] } }
  noisy: { queue: { batches: [] }, onError: { to: lost } }
streams:
  clicks: { from: idle }
  a: { from: c }
  b: { from: a }
  c: { from: clicks, steps: [{ join: b }] }
  self: { from: self }
  d: { from: [click, clicks], steps: [union: clikcs] }
  alone: { from: clicks }
  none: { steps: [] }
  counted: { from: clicks, steps: [count], onError: { to: never } }
  wrong: { from: clicks, onError: { too: x } }
  also: { from: clicks, steps: [map: x => x], onError: { to: alone } }
sinks:
  - { from: d, print: {} }
  - { from: never, print: {} }
  - { from: self, name: one, print: {} }
  - { from: c, name: one, print: {} }
  - { print: {} }
  - { from: nowhere, print: {} }
  - { from: wrong, print: {} }
  - { from: counted, print: {} }
  - { from: also, print: {} }
  - { from: none, print: {} }
`;

  it('are known, defined once, used, and need no circle', async () => {
    expect(await problemsOf(graph)).toMatchInlineSnapshot(`
      "job.yaml:4:3  unused-stream  warning: No sink uses the source \`idle\`.
          4 |   idle: { queue: { batches: [] } }
            |   ^^^^
            Add a sink, or remove it.
      job.yaml:5:3  unused-stream  warning: No sink uses the source \`noisy\`.
          5 |   noisy: { queue: { batches: [] }, onError: { to: lost } }
            |   ^^^^^
            Add a sink, or remove it.
      job.yaml:5:51  unused-stream  Nothing uses \`lost\`, and what fails would be lost.
          5 |   noisy: { queue: { batches: [] }, onError: { to: lost } }
            |                                                   ^^^^
            Add a stream or sink with \`from: lost\`, or write \`onError: skip\`.
      job.yaml:7:3  duplicate-name  \`clicks\` is the name of a source already.
          7 |   clicks: { from: idle }
            |   ^^^^^^
            Sources, streams and onError share their names: rename one.
      job.yaml:9:14  cycle  Streams need each other in a circle: a ← c ← b ← a.
          9 |   b: { from: a }
            |              ^
            A stream can be made only of streams that do not need it.
      job.yaml:11:17  cycle  \`self\` is made of itself.
         11 |   self: { from: self }
            |                 ^^^^
            A stream can be made only of streams that do not need it.
      job.yaml:12:15  unknown-stream  No source or stream is called \`click\`.
         12 |   d: { from: [click, clicks], steps: [union: clikcs] }
            |               ^^^^^
            Did you mean \`clicks\`? There are clicks, idle, noisy, a, b, c, self, d, alone, none, counted, wrong, …
      job.yaml:12:46  unknown-stream  No source or stream is called \`clikcs\`.
         12 |   d: { from: [click, clicks], steps: [union: clikcs] }
            |                                              ^^^^^^
            Did you mean \`clicks\`? There are clicks, idle, noisy, b, c, a, self, d, alone, none, counted, wrong, …
      job.yaml:13:3  unused-stream  warning: No sink uses the stream \`alone\`.
         13 |   alone: { from: clicks }
            |   ^^^^^
            Add a sink, or remove it.
      job.yaml:14:9  missing-key  \`from\` is missing.
         14 |   none: { steps: [] }
            |         ^^^^^^^^^^^^^
            Add \`from: …\`, a text or a list.
      job.yaml:15:59  bad-value  Nothing can fail that would be sent to \`never\`: no step has a function.
         15 |   counted: { from: clicks, steps: [count], onError: { to: never } }
            |                                                           ^^^^^
            Remove \`onError\`.
      job.yaml:16:35  missing-key  \`to\` of \`onError\` is missing.
         16 |   wrong: { from: clicks, onError: { too: x } }
            |                                   ^^^^^^^^^^
            Add \`to: …\`, a text.
      job.yaml:16:37  unknown-key  \`too\` is not a setting of \`onError\`.
         16 |   wrong: { from: clicks, onError: { too: x } }
            |                                     ^^^
            Did you mean \`to\`? Its settings are to.
      job.yaml:17:62  duplicate-name  \`alone\` is the name of a stream already.
         17 |   also: { from: clicks, steps: [map: x => x], onError: { to: alone } }
            |                                                              ^^^^^
            Sources, streams and onError share their names: rename one.
      job.yaml:22:27  duplicate-name  Two sinks are called \`one\`.
         22 |   - { from: c, name: one, print: {} }
            |                           ^^^^^
            Rename one.
      job.yaml:23:5  missing-key  \`from\` is missing.
         23 |   - { print: {} }
            |     ^^^^^^^^^^^^^
            Add \`from: …\`, a text or a list.
      job.yaml:24:13  unknown-stream  No source or stream is called \`nowhere\`.
         24 |   - { from: nowhere, print: {} }
            |             ^^^^^^^
            There are clicks, idle, noisy, a, b, c, self, d, alone, none, counted, wrong, …"
    `);
  });

  it('are not written to one place', async () => {
    const job = `batchInterval: 1s
sources:
  a: { queue: { batches: [] } }
sinks:
  - { from: a, files: { path: out } }
  - { from: a, files: { path: ./out/../out/ } }
  - { from: a, files: { path: out, prefix: other } }
  - { from: a, files: { path: out, format: json } }
`;
    expect((await problemsOf(job)).replaceAll(/\/\S+\/out/g, '/…/out')).toMatchInlineSnapshot(`
      "job.yaml:6:16  same-output  This sink writes to /…/out, as the one in line 5 does.
          6 |   - { from: a, files: { path: ./…/out/ } }
            |                ^^^^^
            Give one of them another \`path\` or \`prefix\`."
    `);
  });

  it.each([
    ['the suffix that is the default of the other', 'files: out', 'files: { path: out, suffix: txt }'],
    ['one format, bare and with settings', 'files: { path: out, format: csv }', csv('id')],
    ['one format with other settings', csv('id'), csv('name')],
  ])('are not written to one place by %s', async (_how, one, other) => {
    const job = `batchInterval: 1s
sources:
  a: { queue: { batches: [] } }
sinks:
  - from: a
    ${one}
  - from: a
    ${other}
`;
    expect(await problemsOf(job)).toContain('same-output');
  });
});

const csv = (column: string): string => `files: { path: out, format: { csv: { columns: [${column}] } } }`;

describe('YAML', () => {
  it('is told where it is none', async () => {
    expect(await problemsOf('batchInterval: 1s\nsources:\n\ta: { stdin: {} }\n')).toMatchInlineSnapshot(`
      "job.yaml:3:1  bad-yaml  A tab indents this line.
          3 | 	a: { stdin: {} }
            | ^
            Indent with spaces."
    `);
    expect(await problemsOf('batchInterval: 1s\n---\nbatchInterval: 1s\n')).toMatchInlineSnapshot(`
      "job.yaml:2:1  bad-yaml  A second document begins here (\`---\`), and a file holds one job.
          2 | ---
            | ^^^
            Make a file of each job."
    `);
    expect(await problemsOf('name: "a\n')).toMatchInlineSnapshot(`
      "job.yaml:2:1  bad-yaml  A quoted text above does not end.
          2 | 
            | ^
            Close its quotes."
    `);
    expect(await problemsOf('name: @x\n')).toMatchInlineSnapshot(`
      "job.yaml:1:7  bad-yaml  This is not YAML: plain value cannot start with reserved character @.
          1 | name: @x
            |       ^
            Quote the value."
    `);
    expect(await problemsOf('a: { b: 1\nc: 2\nd: [\n')).toMatchInlineSnapshot(`
      "job.yaml:2:1  bad-yaml  This is not YAML: flow map in block collection must be sufficiently indented and end with a }.
          2 | c: 2
            | ^"
    `);
    expect(await problemsOf('a: { port: ${PORT} }\n')).toMatchInlineSnapshot(`
      "job.yaml:1:13  bad-yaml  Within { } and [ ] YAML cannot read \${…} bare.
          1 | a: { port: \${PORT} }
            |             ^
            Quote it: "\${NAME}"."
    `);
  });

  it('that repeats, refers or nests wrongly is told', async () => {
    expect(await problemsOf('name: a\nname: b\nbatchInterval: 1s\nsources: {}\nsinks: []\n')).toMatchInlineSnapshot(`
      "job.yaml:2:1  duplicate-name  \`name\` stands twice: the first is in line 1.
          2 | name: b
            | ^^^^
            Remove or rename one of them.
      job.yaml:5:8  missing-key  There is no sink, so there is nothing to do.
          5 | sinks: []
            |        ^^
            Add one, such as \`- { from: STREAM, print: {} }\`."
    `);
    expect(await problemsOf('name: *x\n')).toMatchInlineSnapshot(`
      "job.yaml:1:7  bad-yaml  Nothing above is marked &x.
          1 | name: *x
            |       ^^
            Mark the value that is meant: &x."
    `);
    expect(await problemsOf('name: &x [*x]\n')).toMatchInlineSnapshot(`
      "job.yaml:1:11  bad-yaml  *x stands inside of what it refers to.
          1 | name: &x [*x]
            |           ^^
            Mark the value that is meant: &x."
    `);
    expect(await problemsOf('[a]: 1\n<<: 3\n')).toMatchInlineSnapshot(`
      "job.yaml:1:1  bad-yaml  A key must be a text.
          1 | [a]: 1
            | ^^^
            Quote it.
      job.yaml:1:1  missing-key  \`batchInterval\` is missing.
          1 | [a]: 1
            | ^^^^^^
            Add \`batchInterval: …\`, a duration such as 500ms, 1s or 10m.
      job.yaml:1:1  missing-key  \`sources\` is missing.
          1 | [a]: 1
            | ^^^^^^
            Add \`sources: …\`, a value.
      job.yaml:1:1  missing-key  \`sinks\` is missing.
          1 | [a]: 1
            | ^^^^^^
            Add \`sinks: …\`, a value.
      job.yaml:2:5  bad-yaml  \`<<\` takes the settings of another map, and this is none.
          2 | <<: 3
            |     ^
            Write <<: *NAME, where &NAME marks a map."
    `);
    expect(await problemsOf('name: .nan\nremember: !!x 1\n')).toMatchInlineSnapshot(`
      "job.yaml:2:11  bad-yaml  A YAML tag (!…) has no meaning here.
          2 | remember: !!x 1
            |           ^^^
            Quote the value if it begins with !."
    `);
  });

  it('too deep or too large by its aliases is refused before it does harm', async () => {
    const laughs = [...'bcdefghi'].map(
      (name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`)}]`,
    );
    expect(await problemsOf(`a: &a [${Array(10).fill('x')}]\n${laughs.join('\n')}\n`)).toMatchInlineSnapshot(`
      "job.yaml:7:8  bad-yaml  With its aliases the file holds more than 2000000 values.
          7 | g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]
            |        ^^"
    `);
    expect(await problemsOf('['.repeat(100_000))).toContain(
      '1:101  bad-yaml  Values are nested more than 100 levels deep.',
    );
    expect(await problemsOf('- '.repeat(100_000))).toContain('Values are nested more than 100 levels deep.');
    const steps = Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:`);
    expect(await problemsOf(steps.join('\n'))).toContain('Values are nested more than 100 levels deep.');
    const chain = Array.from(
      { length: 3000 },
      (_, index) => `k${index}: &k${index} [${index > 0 ? `*k${index - 1}` : ''}]`,
    );
    expect(await problemsOf(chain.join('\n'))).toContain('Values are nested more than 100 levels deep.');
  });

  it('of another encoding is refused', async () => {
    expect(await problemsOf(Buffer.from('name: a', 'utf16le'))).toMatchInlineSnapshot(`
      "job.yaml:1:1  bad-yaml  The file is not UTF-8 text.
          1 | n·a·m·e·:· ·a·
            | ^
            Save it as UTF-8."
    `);
    expect(await problemsOf(Buffer.from('name: caf\u00e9', 'latin1'))).toMatchInlineSnapshot(`
      "job.yaml:1:1  bad-yaml  The file is not UTF-8 text.
          1 | name: café
            | ^
            Save it as UTF-8."
    `);
  });
});

describe('variables', () => {
  const job = `batchInterval: \${INTERVAL}
name: \${NAME:?say who you are}
sources:
  a: { socket: { host: "\${2ND}", port: "\${PORT:-many}" } }
sinks:
  - { from: a, print: { limit: "\${LIMIT}" } }
`;

  it('that are missing or wrong are told', async () => {
    expect(await problemsOf(job)).toMatchInlineSnapshot(`
      "job.yaml:1:16  missing-variable  The environment variable INTERVAL is not set.
          1 | batchInterval: \${INTERVAL}
            |                ^^^^^^^^^^^
            Set INTERVAL, or give a default: \${INTERVAL:-default}.
      job.yaml:2:7  missing-variable  NAME: say who you are
          2 | name: \${NAME:?say who you are}
            |       ^^^^^^^^^^^^^^^^^^^^^^^^
            Set NAME, or give a default: \${NAME:-default}.
      job.yaml:4:24  bad-value  \`\${2ND}\` does not name a variable.
          4 |   a: { socket: { host: "\${2ND}", port: "\${PORT:-many}" } }
            |                        ^^^^^^^^
            Write \${NAME}, \${NAME:-default} or \${NAME:?message}; for the characters themselves write $\${.
      job.yaml:4:40  wrong-type  \`port\` must be a whole number, not the text "many".
          4 |   a: { socket: { host: "\${2ND}", port: "\${PORT:-many}" } }
            |                                        ^^^^^^^^^^^^^^^
      job.yaml:6:32  missing-variable  The environment variable LIMIT is not set.
          6 |   - { from: a, print: { limit: "\${LIMIT}" } }
            |                                ^^^^^^^^^^
            Set LIMIT, or give a default: \${LIMIT:-default}."
    `);
  });

  it('are not what every object of JavaScript has', async () => {
    const problems = await problemsOf(job.replace('INTERVAL', 'constructor'));
    expect(problems).toContain('The environment variable constructor is not set.');
  });
});

describe('tests', () => {
  it('give to sources and expect from streams', async () => {
    const job = `batchInterval: 1s
sources:
  a: { queue: { batches: [] } }
sinks:
  - { from: a, print: {} }
tests:
  - name: one
    given: { a: [1], b: [[1]] }
    expect: { c: [[1]], a: 3 }
  - given: { a: { partitions: 0, batches: [] } }
    expect: {}
    order: true
  - {}
`;
    expect(await problemsOf(job)).toMatchInlineSnapshot(`
      "job.yaml:8:18  wrong-type  A batch is a list of records.
          8 |     given: { a: [1], b: [[1]] }
            |                  ^
            Write [[1, 2], [3]] for two batches.
      job.yaml:8:22  unknown-stream  No source or stream is called \`b\`.
          8 |     given: { a: [1], b: [[1]] }
            |                      ^
            Did you mean \`a\`? There are a.
      job.yaml:9:15  unknown-stream  No source or stream is called \`c\`.
          9 |     expect: { c: [[1]], a: 3 }
            |               ^
            Did you mean \`a\`? There are a.
      job.yaml:9:28  wrong-type  Batches are a list of lists of records.
          9 |     expect: { c: [[1]], a: 3 }
            |                            ^
            Write [[1, 2], [3]] for two batches.
      job.yaml:10:5  missing-key  \`name\` is missing.
         10 |   - given: { a: { partitions: 0, batches: [] } }
            |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            Add \`name: …\`, a text.
      job.yaml:10:17  wrong-type  What is given to a source is a list of batches, or { partitions: 2, batches: [...] }.
         10 |   - given: { a: { partitions: 0, batches: [] } }
            |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            Write [[1, 2], [3]] for two batches.
      job.yaml:12:5  unknown-key  \`order\` is not known here.
         12 |     order: true
            |     ^^^^^
            Known here: ….
      job.yaml:13:5  missing-key  \`name\` is missing.
         13 |   - {}
            |     ^^
            Add \`name: …\`, a text.
      job.yaml:13:5  missing-key  \`expect\` is missing.
         13 |   - {}
            |     ^^
            Add \`expect: …\`, a list of names with values."
    `);
  });
});

describe('the functions module', () => {
  it('is there, and is a module', async () => {
    const job = jobWithSteps('- map: parse');
    expect((await problemsOf(`functions: ./gone.js\n${job}`)).replaceAll(/\/\S+\//g, '/…/')).toMatchInlineSnapshot(`
      "job.yaml:1:12  file-missing  The functions module /…/gone.js cannot be read: ENOENT: no such file or directory, open '/…/gone.js'
          1 | functions: ./gone.js
            |            ^^^^^^^^^
            The path of \`functions:\` is relative to the job file."
    `);
  });

  it('is shown with the line of a syntax error', async () => {
    const directory = await directoryWith({
      'job.yaml': `functions: ./parse.js\n${jobWithSteps('- map: parse')}`,
      'parse.js': '// two\nexport const parse = (line => line;\n',
    });
    const loaded = await loadJob(join(directory, 'job.yaml'), { env: {} });
    expect(loaded.plan).toBeUndefined();
    expect(shown(loaded).replaceAll(/\/\S+\//g, '/…/')).toMatchInlineSnapshot(`
      "parse.js:2:35  bad-module  The functions module /…/parse.js has a syntax error: Unexpected token.
          2 | export const parse = (line => line;
            |                                   ^"
    `);
  });
});

describe('settings that are wrong together', () => {
  const job = (source: string, sink: string) => `batchInterval: 1s
sources:
  in:
    ${source}
streams:
  out:
    from: in
sinks:
  - from: out
    ${sink}
`;

  it.each([
    ['socket: { port: 9999, delimiter: "" }', '4:38', 'The delimiter is empty'],
    ['socket: 0', '4:13', 'nothing to connect to at port 0'],
    ['http: { port: 1, path: in }', '4:28', 'does not begin with a slash'],
    ['files: { path: in, format: { csv: { delimiter: ";;" } } }', '4:32', 'The delimiter of the CSV is ";;"'],
    ['files: { path: in, delimiter: "|", format: { csv: { multiline: true } } }', '4:48', 'cannot have a `delimiter`'],
    ['stdin: { maxRecordBytes: 9B, format: { binary: { recordLength: 10 } } }', '4:42', 'longer than maxRecordBytes'],
    ['kafka: { brokers: "kafka://a:9092", topics: x }', '4:23', 'The broker "kafka://a:9092" is no address'],
    ['kafka: { brokers: [], topics: x }', '4:23', 'There are no brokers'],
    ['kafka: { brokers: a, topics: "b c" }', '4:34', '"b c" is no name of a Kafka topic'],
    ['kafka: { brokers: a, topics: [] }', '4:34', 'An empty list is no name of a Kafka topic'],
    ['kafka: { brokers: a, topics: "/(/" }', '4:34', '/(/ is no regular expression'],
    ['kafka: { brokers: a, topics: x, from: { timestamp: noon } }', '4:43', '"noon" is no time'],
    ['kafka: { brokers: a, topics: x, format: csv }', '4:45', 'A CSV message is one row'],
    ['kafka: { brokers: a, topics: x, format: csv, ssl: { ca: gone.pem } }', '4:45', 'A CSV message is one row'],
  ])('are found in a source: %s', async (source, place, message) => {
    expect(await problemsOf(job(source, 'print: {}'))).toMatch(
      new RegExp(`^job.yaml:${place}  bad-value  .*${message.replace(/[|()[\]{}.*+?^$]/g, '\\$&')}`),
    );
  });

  it.each([
    ['http: ftp://example.org', '10:11', '`url` is no URL of a web server'],
    ['http: { url: "https://me:pw@example.org" }', '10:18', '`url` has a user or password in it'],
    ['http: { url: "https://example.org", headers: { "a b": x } }', '10:50', 'The header "a b" cannot be sent'],
    ['http: { url: "https://example.org", timeout: 6m }', '10:50', '`timeout` must be at most 5m, not 6m'],
    ['files: { path: out, partitioned: true, roll: 1h }', '10:50', 'but not both'],
    ['kafka: { brokers: "x y", topic: out }', '10:23', 'The broker "x y" is no address'],
    ['kafka: { brokers: [], topic: out }', '10:23', 'There are no brokers'],
    ['kafka: { brokers: x, topic: "a b" }', '10:33', '"a b" is no name of a Kafka topic'],
    ['files: { path: out, prefix: a/b }', '10:33', 'cannot be part of a file name'],
    ['files: { path: out, format: { csv: { delimiter: "" } } }', '10:33', 'fields could not be told apart'],
    [`files: { path: out, format: { csv: { delimiter: '"' } } }`, '10:33', 'fields could not be told apart'],
  ])('are found in a sink: %s', async (sink, place, message) => {
    const problems = await problemsOf(job('queue: { batches: [] }', sink));
    expect(problems).toContain(`job.yaml:${place}  bad-value  `);
    expect(problems).toContain(message);
  });

  it('are not looked for where one of them is wrong by itself, or waits for a variable', async () => {
    const twice = await problemsOf(job('http: { port: x, path: in }', 'print: {}'));
    expect(twice.match(/job.yaml:/g)).toHaveLength(1);
    const variable = await problemsOf(job('queue: { batches: [] }', 'http: "${NOWHERE}"'));
    expect(variable).not.toContain('no URL');
  });
});

describe('initial states', () => {
  const job = (initial: string) => `batchInterval: 1s
checkpoint: false
sources: { in: { queue: { batches: [] } } }
streams:
  out:
    from: in
    steps:
      - updateStateByKey:
          update: (values, state) => values.length + (state ?? 0)
          initial: ${initial}
sinks: [{ from: out, print: {} }]
`;

  it.each([
    ['5', '10:20', 'wrong-type', '`initial` must be a list or settings'],
    ['[[a, 1], [b]]', '10:29', 'bad-value', "`initial` has [ 'b' ] as number 2, which is no pair"],
    ['[[a, 1], [a, 2]]', '10:29', 'bad-value', "`initial` has two states for the key 'a'"],
    ['{ format: csv }', '10:20', 'missing-key', '`file` of `initial` is missing'],
    ['{ file: a.json, fromat: csv }', '10:36', 'unknown-key', 'Did you mean `format`?'],
    ['{ file: a.json, format: cvs }', '10:44', 'unknown-component', 'Did you mean `csv`?'],
    ['{ file: none.json }', '10:28', 'file-missing', 'The file of initial states /…/none.json cannot be read'],
    ['{ file: a.json }', '10:28', 'bad-table', 'The file of initial states /…/a.json has two states for the key 1'],
    ['"${INITIAL}"', '10:20', 'wrong-type', '`initial` must be a list or settings'],
  ])('%s are shown at their place', async (initial, place, code, message) => {
    const directory = await directoryWith({ 'job.yaml': job(initial), 'a.json': '[1, 2]\n[1, 3]\n' });
    const loaded = await loadJob(join(directory, 'job.yaml'), { env: { INITIAL: 'x' } });
    const text = shown(loaded).replaceAll(/ \/\S+\//g, ' /…/');
    expect(text).toContain(`job.yaml:${place}  ${code}  `);
    expect(text).toContain(message);
    expect(loaded.problems).toHaveLength(1);
    expect(loaded.plan).toBeUndefined();
  });

  it('of a file are in the plan with its hash', async () => {
    const directory = await directoryWith({
      'job.yaml': job('{ file: a.csv, format: csv }'),
      'a.csv': 'key,state\nx,1\n',
    });
    const { plan } = await loadJob(join(directory, 'job.yaml'), { env: {} });
    expect(plan?.nodes.find(({ kind }) => kind === 'state')).toMatchObject({
      initial: {
        path: join(directory, 'a.csv'),
        format: { name: 'csv' },
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });
});
