/** What `init` offers, each with what it says about itself; the first is the default. */
export const choices = {
  source: {
    files: 'files that appear in a folder',
    socket: 'lines from a TCP connection',
    stdin: 'lines from standard input',
    http: 'lines that others POST',
  },
  compute: {
    words: 'count words in each batch',
    errors: 'keep the lines that report an error',
    trend: 'count words over the last minute',
    totals: 'count words since the beginning',
  },
  sink: {
    print: 'print them',
    files: 'a file per batch',
    http: 'POST them to a web server',
  },
} as const satisfies Record<string, Record<string, string>>;

export type Part = keyof typeof choices;

/** One of each. */
export type Chosen = { readonly [P in Part]: keyof (typeof choices)[P] };
