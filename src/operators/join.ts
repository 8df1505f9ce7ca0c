import { defineJoin } from '../component/join.ts';

export default defineJoin({
  name: 'join',
  summary: 'Gives [key, [value, other]] for every value with every value of the same key in the other stream.',
  outer: { left: false, right: false },
  expect: [['ann', ['tea', 'Ann A.']]],
});
