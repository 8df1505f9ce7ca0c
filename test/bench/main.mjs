// usage: node test/bench/main.mjs [NAME…]
const names = ['start', 'wordcount', 'grep', 'socket', 'pace', 'window', 'state', 'checkpoint'];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark is named ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(2);
}

for (const name of asked.length > 0 ? asked : names) {
  console.log(`\n## ${name}`);
  const { run } = await import(`./${name}.mjs`);
  await run();
}
