import { type ErrorCode, messageOf, type Place, StreamjobError } from '../../base/errors.ts';

/** An error on its way between threads. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly at?: Place | undefined;
  readonly remedy?: string | undefined;
  readonly record?: string | undefined;
  readonly cause?: { readonly message: string; readonly stack?: string | undefined } | undefined;
}

/** What to do where JavaScript memory is short. */
export const heapRemedy =
  'Raise settings.workerHeap, use fewer or smaller keys and values, or make batches smaller (batchInterval, maxBytesPerBatch).';

/** `otherwise` is the code of an error that has none. */
export function toWire(thrown: unknown, otherwise: ErrorCode = 'bug'): WireError {
  if (!(thrown instanceof StreamjobError)) {
    return { code: otherwise, message: messageOf(thrown), cause: causeOf(thrown) };
  }
  const { code, message, at, remedy, record, cause } = thrown;
  return { code, message, at, remedy, record, cause: cause === undefined ? undefined : causeOf(cause) };
}

const causeOf = (thrown: unknown): WireError['cause'] => ({
  message: messageOf(thrown),
  stack: thrown instanceof Error ? thrown.stack : undefined,
});

export function fromWire({ code, message, cause, ...details }: WireError): StreamjobError {
  if (!cause) return new StreamjobError(code, message, details);
  const original = new Error(cause.message);
  if (cause.stack !== undefined) original.stack = cause.stack;
  return new StreamjobError(code, message, { ...details, cause: original });
}
