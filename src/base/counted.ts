/** `1 batch`, `2 batches`: how many there are, for messages. */
export const counted = (count: number, thing: string, things = `${thing}s`): string =>
  `${count} ${count === 1 ? thing : things}`;
