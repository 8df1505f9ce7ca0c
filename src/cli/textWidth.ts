const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What takes two columns of a terminal: East Asian wide characters, and emoji. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** Control characters could move the cursor, or do worse; the marks that turn the direction of text would spoil the line. */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '�');

/** The columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOfOne(segment);
  return width;
}

const widthOfOne = (grapheme: string): number => (wide.test(grapheme) ? 2 : 1);

/** As much of a text as fits into so many columns, whole characters; `…` stands for the rest. */
export function fitted(text: string, columns: number): string {
  if (text.length <= columns && /^[\x20-\x7e]*$/.test(text)) return text;
  let width = 0;
  let fits = '';
  for (const { segment } of graphemes.segment(text)) {
    width += widthOfOne(segment);
    if (width > columns) return widthOf(fits) < columns ? `${fits}…` : `${withoutLast(fits)}…`;
    fits += segment;
  }
  return fits;
}

const withoutLast = (text: string): string =>
  Array.from(graphemes.segment(text), ({ segment }) => segment)
    .slice(0, -1)
    .join('');

/** Filled up with blanks to so many columns, or cut. */
export function padded(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const cut = fitted(text, columns);
  const blanks = ' '.repeat(Math.max(0, columns - widthOf(cut)));
  return align === 'left' ? cut + blanks : blanks + cut;
}
