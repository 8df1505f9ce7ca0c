import { messageOf, StreamjobError } from '../base/errors.ts';
import { decodeDelimited, delimiterFramer } from '../component/delimited.ts';
import { defineFormat, type OnBadRecord } from '../component/format.ts';
import { s } from '../component/settings.ts';

export default defineFormat({
  summary:
    'A line is a JSON value (JSON Lines); blank lines are skipped. A line that is not JSON, or not valid UTF-8, goes to the source’s onError.',
  config: s.object({}),
  examples: [{ title: 'One object a line', yaml: 'socket: { host: localhost, port: 9999, format: json }' }],

  cuttable: () => true,
  framer: (_config, { delimiter }) => delimiterFramer(delimiter),
  decoder(_config, source) {
    const decode = decodeDelimited(source.delimiter);
    return (bytes, start, end, onBad) => parseAll(decode(bytes, start, end, onBad), onBad);
  },
});

function parseAll(lines: readonly string[], onBad: OnBadRecord): unknown[] {
  const values: unknown[] = [];
  for (const line of lines) {
    try {
      values.push(JSON.parse(line));
    } catch (error) {
      if (line.trim() !== '') onBad(line, notJson(error));
    }
  }
  return values;
}

const notJson = (cause: unknown): StreamjobError =>
  new StreamjobError('bad-record', `A record is not valid JSON: ${messageOf(cause)}.`, {
    cause,
    remedy: 'Each record must be one JSON value; give the source an `onError` to go on without those that are not.',
  });
