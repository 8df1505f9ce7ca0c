import { errorCodes, type Place, StreamjobError } from '../base/errors.ts';
import { recordsHidden, tellable } from '../base/logRecords.ts';

/** An error for people and machines. */
export interface ErrorText {
  readonly code?: string;
  /** What the code means: it never holds records, as the message may. */
  readonly means: string;
  readonly message: string;
  readonly at?: Place;
  readonly remedy?: string;
  readonly record?: string;
}

/** With `--no-log-records` nobody is told the record, whoever asks. */
export function errorText(error: unknown): ErrorText {
  const message = tellable(error);
  if (!(error instanceof StreamjobError)) return { means: 'The batch failed.', message };
  const { code, at, remedy, record } = error;
  return {
    code,
    means: errorCodes[code].means,
    message,
    ...(at && { at }),
    ...(remedy && { remedy }),
    ...(record !== undefined && !recordsHidden() && { record }),
  };
}

/** For who may not see records. */
export const withoutRecords = ({ code, means, at }: ErrorText): ErrorText => ({
  ...(code && { code }),
  means,
  message: means,
  ...(at && { at }),
  remedy: 'Open the address that was printed at the start, with its token, to see the message.',
});
