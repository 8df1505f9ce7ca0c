import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { ConfigProblem } from '../../component/checkContext.ts';

/** That a request cannot be sent to a text; it may be a secret, and is not shown. */
export function urlProblems(text: string): readonly ConfigProblem[] {
  const why = whyNot(text);
  return why ? [{ setting: 'url', message: `\`url\` ${why.what}.`, remedy: why.remedy }] : [];
}

/** Headers that no request can have, by their names: values are secret. */
export function headerProblems(headers: { readonly [name: string]: string }): readonly ConfigProblem[] {
  const wrong = Object.entries(headers).filter(([name, value]) => !isHeader(name, value));
  return wrong.map(([name]) => ({
    setting: 'headers',
    message: `The header ${JSON.stringify(name)} cannot be sent: it has characters that no header may have.`,
    remedy: 'A name is letters, digits and `-`; a value is one line of ASCII or Latin-1 text.',
  }));
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
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
