import { decodeDelimited, delimiterFramer } from '../component/delimited.ts';
import { defineFormat } from '../component/format.ts';
import { s } from '../component/settings.ts';

export default defineFormat({
  summary:
    'A line is a string, without its line end (LF or CRLF); an empty line is an empty string. A line that is not valid UTF-8 goes to the source’s onError.',
  config: s.object({}),
  examples: [
    { title: 'Lines of a socket; text is the default', yaml: 'socket: { host: localhost, port: 9999 }' },
    { title: 'Records that end in a zero byte', yaml: 'stdin: { format: text, delimiter: "\\0" }' },
  ],

  cuttable: () => true,
  framer: (_config, { delimiter }) => delimiterFramer(delimiter),
  decoder: (_config, { delimiter }) => decodeDelimited(delimiter),
});
