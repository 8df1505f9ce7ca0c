#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`streamjob needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(3);
}

const { main } = await import('../dist/bundle/main.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('bundle/main.js')) throw error;
  process.stderr.write('streamjob is not built yet; `npm run build` in its folder does that.\n');
  process.exit(3);
});
await main(process.argv.slice(2));
