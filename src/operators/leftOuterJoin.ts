import { defineJoin } from '../component/join.ts';

export default defineJoin({
  name: 'leftOuterJoin',
  summary: 'As join, and [key, [value, null]] for keys that the other stream does not have in this batch.',
  outer: { left: true, right: false },
  expect: [
    ['ann', ['tea', 'Ann A.']],
    ['cy', ['milk', null]],
  ],
});
