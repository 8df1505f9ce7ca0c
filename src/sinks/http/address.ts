import { StreamjobError } from '../../base/errors.ts';

/** Throws StreamjobError `bad-value` for a text that a request cannot be sent to. */
export function checkUrl(text: string, sink: string): void {
  const why = whyNot(text);
  if (why === undefined) return;
  throw new StreamjobError('bad-value', `The \`url\` of the sink ${sink} ${why.what}.`, { remedy: why.remedy });
}

/** Why a request cannot be sent to this URL. */
export function whyNot(text: string): { readonly what: string; readonly remedy: string } | undefined {
  const url = URL.parse?.(text) ?? (URL.canParse(text) ? new URL(text) : null);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { what: 'is no URL of a web server', remedy: 'Write it whole, as in https://example.org/hook.' };
  }
  if (url.username === '' && url.password === '') return undefined;
  return { what: 'has a user or password in it', remedy: 'Put them into `headers`, as `Authorization`.' };
}

/** A URL in messages: its path and query may be secrets. */
export const shownUrl = (url: string): string => new URL(url).origin;
