import { defineJoin } from '../component/join.ts';

export default defineJoin({
  name: 'rightOuterJoin',
  summary: 'As join, and [key, [null, other]] for keys that only the other stream has in this batch.',
  outer: { left: false, right: true },
  expect: [
    ['ann', ['tea', 'Ann A.']],
    ['bob', [null, 'Bob B.']],
  ],
});
