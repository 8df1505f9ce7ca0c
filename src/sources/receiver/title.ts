import type { FunctionReference } from '../../function/reference.ts';

/** How a class is called in messages: by the name it has, or as it is written. */
export function classTitle({ text }: FunctionReference): string {
  if (!/\bclass\b/.test(text)) return text;
  return /\bclass\s+(?!extends\b)([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(text)?.[1] ?? 'class';
}
