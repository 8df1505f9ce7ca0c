/** What `reject('reason')` gives: an error thrown on purpose, whose message is the reason alone. */
export class RejectedRecord extends Error {
  override readonly name = 'RejectedRecord';
}

/** Known to every function as `reject`: `throw reject('no customer')` sends a record the way that onError says. */
export const reject = (reason: unknown): RejectedRecord => new RejectedRecord(String(reason));
