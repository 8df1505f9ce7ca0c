import { messageOf, StreamjobError } from '../base/errors.ts';
import { delimiterFramer, view } from '../component/delimited.ts';
import { type Decoder, defineFormat, type Framer, type FramingOptions, type OnBadRecord } from '../component/format.ts';
import { eachSection } from '../component/heads.ts';
import { s } from '../component/settings.ts';
import { fieldsOf, notCsv } from './csv/fields.ts';
import { multilineFramer } from './csv/multiline.ts';
import { type Shape, shapeOf } from './csv/shape.ts';
import { textsOf } from './csv/texts.ts';

export default defineFormat({
  summary:
    'Comma-separated values, as RFC 4180 has them: a record is an object with a text for each column, or a list of texts if the columns have no names. Blank lines are skipped. A line with a stray quote or with more or fewer fields than there are columns goes to the source’s onError.',
  config: s.object({
    header: s.boolean({
      default: true,
      description: 'The first line of each file or connection names the columns.',
    }),
    columns: s.list(s.string({}), {
      optional: true,
      description: 'Names of the columns, in place of those in the header, which is then skipped.',
    }),
    delimiter: s.string({
      default: ',',
      description: 'What separates fields: one ASCII character, such as `;` or `"\\t"`.',
    }),
    multiline: s.boolean({
      default: false,
      description: 'Quoted fields may hold line ends. A file is then read by one task, from its beginning.',
    }),
  }),
  examples: [
    { title: 'Files with a header', yaml: 'files: { path: in, format: csv }' },
    {
      title: 'Without a header, separated by semicolons',
      yaml: 'files: { path: in, format: { csv: { header: false, columns: [id, name], delimiter: ";" } } }',
    },
  ],

  cuttable: ({ multiline }) => !multiline,
  headed: ({ header }) => header,
  framer: csvFramer,
  decoder: (config, source) => csvDecoder(config, csvFramer(config, source), source),
});

interface CsvConfig {
  readonly header: boolean;
  readonly columns?: readonly string[];
  readonly delimiter: string;
  readonly multiline: boolean;
}

function csvFramer({ multiline, delimiter }: CsvConfig, source: FramingOptions): Framer {
  if (!/^[^"\r\n\u0080-\uffff]$/.test(delimiter)) throw wrongDelimiter(delimiter);
  if (!multiline) return delimiterFramer(source.delimiter);
  if (Buffer.from(source.delimiter).toString() !== '\n') throw wrongLineEnd();
  return multilineFramer(delimiter);
}

const wrongDelimiter = (delimiter: string): StreamjobError =>
  new StreamjobError('bad-value', `The delimiter of the CSV is ${JSON.stringify(delimiter)}.`, {
    remedy: 'It must be one ASCII character, other than a quote or a line end.',
  });

const wrongLineEnd = (): StreamjobError =>
  new StreamjobError('bad-value', 'CSV with `multiline: true` cannot have a `delimiter` of the source.', {
    remedy: 'Leave the `delimiter` beside `format` out: records of such CSV end at line ends.',
  });

/** Keeps the columns of the head that came last. */
function csvDecoder(config: CsvConfig, framer: Framer, source: FramingOptions): Decoder {
  const texts = textsOf(config.multiline, framer, source.delimiter);
  let shape = shapeOf(config.columns, config.header && config.columns === undefined);
  const readHead = (record: Buffer): void => {
    if (config.columns) return;
    shape = shapeOfHead(record, config.delimiter, texts);
  };
  return (bytes, start, end, onBad) => {
    const records: unknown[] = [];
    const read = (part: Buffer): void => parseAll(texts(part, onBad), config.delimiter, shape, records, onBad);
    const part = view(bytes, start, end);
    if (config.header) eachSection(part, framer, { head: readHead, records: read });
    else read(part);
    return records;
  };
}

function shapeOfHead(record: Buffer, delimiter: string, texts: ReturnType<typeof textsOf>): Shape {
  try {
    const [text = ''] = texts(record, (_record, error) => {
      throw error;
    });
    return shapeOf(text === '' ? undefined : fieldsOf(text.replace(/^\ufeff/, ''), delimiter), true);
  } catch (error) {
    return { problem: `the header is damaged (${messageOf(error)})` };
  }
}

function parseAll(
  texts: readonly string[],
  delimiter: string,
  shape: Shape,
  records: unknown[],
  onBad: OnBadRecord,
): void {
  for (const text of texts) {
    if (text === '') continue;
    try {
      if (shape.problem !== undefined) throw notCsv(shape.problem);
      records.push(shape.make(fieldsOf(text, delimiter)));
    } catch (error) {
      onBad(text, error as StreamjobError);
    }
  }
}
