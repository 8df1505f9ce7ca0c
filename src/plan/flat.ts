/** V8 copies shorter pieces of a string; longer ones refer to the whole string, which then lives as long as they do. */
const shortestSlice = 13;

const scratch = Buffer.allocUnsafeSlow(8192);

/** An equal string that keeps no other string in memory. */
export function flat(text: string): string {
  if (text.length < shortestSlice) return text;
  const bytes = text.length * 2;
  if (bytes > scratch.length) return Buffer.from(text, 'utf16le').toString('utf16le');
  scratch.write(text, 0, bytes, 'utf16le');
  return scratch.toString('utf16le', 0, bytes);
}
