// What a programmer would write by hand for the same work: one thread, strings and a Map.
// usage: node yardstick.mjs wordcount|grep FILE
import { openSync, readSync } from 'node:fs';

const counts = new Map();
let hits = 0;
const work = {
  wordcount: (line) => {
    for (const word of line.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
  },
  grep: (line) => {
    if (line.includes('aging')) hits++;
  },
}[process.argv[2]];

const file = openSync(process.argv[3], 'r');
const chunk = Buffer.allocUnsafe(1 << 20);
let rest = '';
for (let n = readSync(file, chunk); n > 0; n = readSync(file, chunk)) {
  const text = rest + chunk.toString('utf8', 0, n);
  const end = text.lastIndexOf('\n');
  rest = text.slice(end + 1);
  for (const line of text.slice(0, end).split('\n')) work(line);
}
console.log(counts.size, hits);
