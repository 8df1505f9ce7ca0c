// Puts the command and its worker threads into few files, once tsc has written dist/: loading two hundred small modules
// takes longer than a short job does. The API in dist/index.js stays as it is, and so does what tests import.
import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

for (const [input, dir] of [
  ['dist/cli/main.js', 'dist/bundle'],
  ['dist/local/worker/entry.js', 'dist/worker'],
]) {
  const bundle = await rolldown({ input, platform: 'node', external: ['pino', 'kafkajs', '@bokuweb/zstd-wasm'] });
  await bundle.write({
    dir,
    format: 'esm',
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    cleanDir: true,
  });
  await bundle.close();
}

// The dashboard's page is served as it is, and works without a network: what it draws with lies beside it.
await cp('src/observe/page', 'dist/page', { recursive: true });
const uplot = fileURLToPath(new URL('.', import.meta.resolve('uplot')));
await cp(`${uplot}uPlot.esm.js`, 'dist/page/uPlot.js');
await cp(`${uplot}uPlot.min.css`, 'dist/page/uPlot.min.css');
