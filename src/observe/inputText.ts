import { counted } from '../base/counted.ts';
import type { Partition, Split } from '../component/source.ts';
import { isStored } from '../engine/blockFile.ts';

/** What a source gives to a batch, for people. */
export interface InputText {
  readonly partitions: number;
  /** Files with their ranges, offsets of topics, or how many blocks of received data. */
  readonly lines: readonly string[];
  /** How many more lines there would be. */
  readonly more: number;
}

/** So many are kept of a batch: it may read thousands of files. */
const shown = 100;

export function inputText(partitions: readonly Partition[]): InputText {
  const splits = partitions.flat();
  const blocks = splits.filter(isBlock);
  const other = splits.filter((split) => !isBlock(split));
  const lines = other.slice(0, shown).map(splitText);
  if (blocks.length > 0) lines.unshift(`${counted(blocks.length, 'block')} of received data`);
  return { partitions: partitions.length, lines, more: Math.max(0, other.length - shown) };
}

const isBlock = (split: Split): boolean => typeof split.block === 'number' || isStored(split);

function splitText(split: Split): string {
  const { path, offset, length, topic, partition, from, until } = split;
  if (typeof path === 'string') {
    const range =
      typeof offset === 'number' && typeof length === 'number' ? `, bytes ${offset} to ${offset + length}` : '';
    return `${path}${range}`;
  }
  if (typeof topic === 'string') return `${topic} ${partition}, offsets ${from} to ${until}`;
  return JSON.stringify(split).slice(0, 200);
}
