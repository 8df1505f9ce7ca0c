// Puts the command and its worker threads into few files, once tsc has written dist/: loading two hundred small modules
// takes longer than a short job does. The API in dist/index.js stays as it is, and so does what tests import.
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
