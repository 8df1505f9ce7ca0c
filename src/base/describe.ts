/** What came, for messages: `the number 5`, `the text "ten"`, `a list`, `nothing`. Long texts are cut. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return value === '' ? 'an empty text' : `the text ${JSON.stringify(cut(value))}`;
    case 'number':
      return `the number ${value}`;
    case 'boolean':
      return String(value);
    case 'object':
      return describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object | null): string {
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  const kind = Object.getPrototypeOf(value)?.constructor?.name;
  return kind && kind !== 'Object' ? `a ${kind}` : 'an object';
}

const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
