import { formatByteSize } from '../../base/byteSize.ts';
import { formatDuration } from '../../base/duration.ts';
import { isRequired } from '../../component/check.ts';
import { expected } from '../../component/expected.ts';
import type { Setting } from '../../component/settings.ts';

/** A Markdown table of the settings of an object. */
export const settingsTable = (setting: Setting): string =>
  table(['Setting', 'Type', 'Default', ''], settingRows(setting));

/**
 * Name, type, default and description of each setting of an object, in Markdown: those of objects inside as `reconnect.min`; advanced
 * ones come last.
 */
export function settingRows(setting: Setting): readonly (readonly string[])[] {
  const rows = rowsOf(setting, '');
  const ordered = [...rows.filter((row) => !row.advanced), ...rows.filter((row) => row.advanced)];
  return ordered.map(({ cells }) => cells);
}

interface Row {
  readonly cells: readonly string[];
  readonly advanced: boolean;
}

function rowsOf({ properties = {} }: Setting, prefix: string): Row[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const cells = [`\`${path}\``, typeText(property), defaultText(property), descriptionText(property)];
    // The settings of the whole job have a table of their own.
    const inside = path === 'settings' ? [] : innerRows(property, `${path}.`);
    if (!property.advanced) return [{ cells, advanced: false }, ...inside];
    return [{ cells, advanced: true }, ...inside.map((row) => ({ ...row, advanced: true }))];
  });
}

function innerRows(setting: Setting, prefix: string): Row[] {
  if (setting.kind === 'object') return rowsOf(setting, prefix);
  if (setting.kind === 'map' && setting.items) return innerRows(setting.items, `${prefix}NAME.`);
  return setting.kind === 'oneOf' ? (setting.options ?? []).flatMap((option) => innerRows(option, prefix)) : [];
}

function typeText(setting: Setting): string {
  switch (setting.kind) {
    case 'fn':
      return `function \`${setting.signature}\``;
    case 'oneOf':
      return (setting.options ?? []).map(typeText).join(' or ');
    case 'choice':
      return expected(setting);
    case 'list':
      return `list of ${setting.items ? plural(typeText(setting.items)) : 'values'}`;
    case 'map':
      return `map of ${setting.items ? plural(typeText(setting.items)) : 'values'}`;
    default:
      return typeNames[setting.kind];
  }
}

function plural(type: string): string {
  if (/^(list|map) /.test(type)) return type.replace(/^(list|map)/, '$1s');
  return type.endsWith('s') ? type : `${type}s`;
}

const typeNames = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  duration: 'duration',
  size: 'size',
  path: 'path',
  stream: 'stream',
  format: 'format',
  json: 'value',
  false: '`false`',
  object: 'settings',
} as const;

function defaultText(setting: Setting): string {
  if (isRequired(setting)) return 'required';
  return setting.default === undefined ? '' : `\`${JSON.stringify(setting.default).replace(/^"(.+)"$/, '$1')}\``;
}

function descriptionText(setting: Setting): string {
  const marks = [setting.advanced && 'advanced', setting.secret && 'secret'].filter(Boolean).join(', ');
  return [setting.description, rangeText(setting), marks && `(${marks})`].filter(Boolean).join(' ');
}

function rangeText({ kind, minimum, maximum }: Setting): string {
  const show = kind === 'duration' ? formatDuration : kind === 'size' ? formatByteSize : String;
  const bounds = [
    minimum !== undefined && `at least ${show(minimum)}`,
    maximum !== undefined && `at most ${show(maximum)}`,
  ];
  const text = bounds.filter(Boolean).join(', ');
  return text && `${text.replace(/^a/, 'A')}.`;
}

/** A Markdown table; bars in cells are escaped. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
