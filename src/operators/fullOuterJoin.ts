import { defineJoin } from '../component/join.ts';

export default defineJoin({
  name: 'fullOuterJoin',
  summary: 'As join, with null for the missing side of keys that only one of the streams has in this batch.',
  outer: { left: true, right: true },
  expect: [
    ['ann', ['tea', 'Ann A.']],
    ['cy', ['milk', null]],
    ['bob', [null, 'Bob B.']],
  ],
});
