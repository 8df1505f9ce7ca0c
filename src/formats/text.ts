import { decodeText, delimiterFramer, splitText } from '../component/delimited.ts';
import { defineFormat } from '../component/format.ts';
import { s } from '../component/settings.ts';

export default defineFormat({
  summary:
    'A line is a string, without its line end (LF or CRLF); an empty line is an empty string. The bytes are UTF-8; what is not valid becomes U+FFFD.',
  config: s.object({}),
  examples: [
    { title: 'Lines of a socket; text is the default', yaml: 'socket: { host: localhost, port: 9999 }' },
    { title: 'Records that end in a zero byte', yaml: 'stdin: { format: text, delimiter: "\\0" }' },
  ],

  cuttable: () => true,
  framer: (_config, { delimiter }) => delimiterFramer(delimiter),
  decoder(_config, source) {
    const delimiter = Buffer.from(source.delimiter).toString();
    return (bytes, start, end) => splitText(decodeText(bytes, start, end), delimiter);
  },
});
