// usage: node test/bench/main.mjs [NAME[=SIZE]…]
const names = [
  ...['start', 'wordcount', 'grep', 'json', 'socket', 'pace', 'window', 'state', 'checkpoint', 'restart'],
  ...['hugeFile', 'manyFiles', 'slowSink', 'kafka', 'kafkaIdle', 'dashboard'],
];
const asked = process.argv.slice(2).map((text) => text.split('='));
const unknown = asked.map(([name]) => name).filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark is named ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(2);
}

for (const [name, size] of asked.length > 0 ? asked : names.map((name) => [name])) {
  console.log(`\n## ${name}`);
  const { run } = await import(`./${name}.mjs`);
  await run(size === undefined ? undefined : Number(size));
}
