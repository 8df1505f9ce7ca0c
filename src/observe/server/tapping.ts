import type { ServerResponse } from 'node:http';
import type { Insight } from '../insight.ts';

const records = 20;
/** At most one sample in so many milliseconds. */
const pace = 1_000;

/**
 * Shows the last records of a stream as server-sent events, until who looks goes away; who does not read misses samples. Throws
 * StreamjobError `unknown-stream`.
 */
export function showTap(response: ServerResponse, insight: Insight, stream: string): void {
  const close = insight.tap({
    stream,
    limit: records,
    interval: pace,
    sampled({ batchTime, records, shown }) {
      if (response.writableNeedDrain) return;
      const texts = shown.map(({ text }) => text);
      response.write(`event: sample\ndata: ${JSON.stringify({ batchTime, records, shown: texts })}\n\n`);
    },
  });
  response.on('close', close);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write('retry: 1000\n\n');
}
