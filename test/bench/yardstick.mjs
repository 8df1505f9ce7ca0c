// What a programmer would write by hand for the same work: one thread, strings and a Map.
// usage: node yardstick.mjs wordcount|grep|json FILE [TABLE]
import { openSync, readFileSync, readSync } from 'node:fs';

const counts = new Map();
let hits = 0;
const table = process.argv[4] ? readFileSync(process.argv[4], 'utf8').trim().split('\n').slice(1) : [];
const users = new Map(table.map((line) => line.split(',')).map(([id, country]) => [id, { id, country }]));
const work = {
  wordcount: (line) => {
    for (const word of line.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
  },
  grep: (line) => {
    if (line.includes('aging')) hits++;
  },
  json: (line) => {
    const { type, user, amount } = JSON.parse(line);
    if (type !== 'purchase' || amount <= 5) return;
    const country = users.get(user)?.country ?? 'unknown';
    counts.set(country, (counts.get(country) ?? 0) + 1);
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
