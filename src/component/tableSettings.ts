import { s } from './settings.ts';

/** What is said of a table that is read from a file. */
export const tableShape = s.object({
  file: s.path({ description: 'The file that it is read from; a `.gz` file is decompressed.' }),
  format: s.format({
    default: 'json',
    description: 'What the file holds: `json` is a value a line or one array, `csv` a header and lines.',
  }),
  key: s.string({
    description: 'The field that a record is found by. Each record must have it, and no two the same.',
  }),
});
