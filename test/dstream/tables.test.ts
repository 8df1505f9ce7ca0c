import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type DStream, StreamingContext, type Table } from '#src/index.ts';
import { folderWith } from '../cli/command.ts';

interface User {
  readonly name: string;
}

const started: StreamingContext[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((context) => context.stop()));
});

const csv = 'id,name\na,Ada\nb,Ben\n';
const usersFile = () => ({ file: join(folderWith({ 'users.csv': csv }), 'users.csv'), format: 'csv', key: 'id' });

/** What the stream that `make` gives has in the first batch of these ids. */
async function firstBatch<T>(ids: readonly string[], make: Make<T>): Promise<readonly T[]> {
  let completed: (batchTime: number) => void;
  const first = new Promise<number>((resolve) => (completed = resolve));
  const listener = { batchCompleted: ({ batchTime }: { batchTime: number }) => completed(batchTime) };
  const context = new StreamingContext({ batchInterval: 20, settings: { threads: 2 }, listener });
  started.push(context);
  context.remember('60s');
  const stream = make(context.queueStream([ids]), context);
  stream.print(0);
  await context.start();
  const time = await first;
  return (await stream.slice(time, time)).flat();
}

type Make<T> = (ids: DStream<string>, context: StreamingContext) => DStream<T>;

describe('a table', () => {
  it('of a file is found by functions that have it in their scope', async () => {
    const names = await firstBatch(['b', 'x'], (ids, context) => {
      const users = context.table<User>('users', usersFile());
      const other = 'user';
      return ids.map((id) => users.get(id)?.name ?? `${other} ${id}`, { users, other });
    });
    expect(names).toEqual(['Ben', 'user x']);
  });

  it('is a Map of the program, as it was, with values of any kind', async () => {
    const when = new Date(86_400_000);
    const records = await firstBatch(['tea', 'salt'], (ids, context) => {
      const map = new Map([['tea', { since: when, price: 3n }]]);
      const prices = context.table('prices', map);
      map.clear();
      return ids.map((id) => prices.get(id) ?? prices.size, { prices });
    });
    expect(records).toEqual([{ since: when, price: 3n }, 1]);
  });

  it('is seen by the functions of a transform, and inside of it', async () => {
    const names = await firstBatch(['a', 'x'], (ids, context) => {
      const users: Table<string, User> = context.table<User>('users', usersFile());
      return ids.transform((rdd) => (users.size > 1 ? rdd.filter((id) => users.has(id)) : rdd), { users });
    });
    expect(names).toEqual(['a']);
  });

  it('cannot be changed by a function', async () => {
    const [told] = await firstBatch(['a'], (ids, context) => {
      const counts = context.table('counts', new Map([['a', 1]]));
      const changing = (id: string) => {
        try {
          return (counts as Map<string, number>).set(id, 2).size;
        } catch (error) {
          return String(error);
        }
      };
      return ids.map(changing, { counts });
    });
    expect(told).toContain('A table cannot be changed.');
  });
});

describe('what a context refuses', () => {
  const newContext = () => new StreamingContext({ batchInterval: '1s' });
  const planned = (file: object) => {
    const context = newContext();
    const users = context.table<User>('users', file as ReturnType<typeof usersFile>);
    const ids = context.queueStream([['a']]);
    ids.filter((id) => users.has(id), { users }).print();
    return context.toPlan();
  };

  it('is a table that is read outside of functions, or that a function has not in its scope', () => {
    const context = newContext();
    const users = context.table('users', new Map([['a', 1]]));
    expect(() => users.get('a')).toThrowError(expect.objectContaining({ code: 'bad-context' }));
    expect(() => context.queueStream([['a']]).map((id) => users.get(id))).toThrowError(
      expect.objectContaining({ code: 'captured-variable' }),
    );
  });

  it('is a name that is taken, is none, or is not the one in the scope', () => {
    const context = newContext();
    const users = context.table('users', new Map([['a', 1]]));
    expect(() => context.table('users', usersFile())).toThrowError(expect.objectContaining({ code: 'duplicate-name' }));
    expect(() => context.table('my-users', usersFile())).toThrowError(expect.objectContaining({ code: 'bad-value' }));
    const people = users;
    expect(() => context.queueStream([['a']]).map((id) => people.get(id) ?? 0, { people })).toThrowError(
      expect.objectContaining({ code: 'bad-value', remedy: expect.stringContaining('{ users }') }),
    );
  });

  it('is a table of another context', async () => {
    const users = newContext().table('users', new Map([['a', 1]]));
    const context = newContext();
    const ids = context.queueStream([['a']]);
    ids.filter((id) => users.has(id), { users }).print();
    await expect(context.toPlan()).rejects.toMatchObject({ code: 'bad-context', message: /table users/ });
  });

  it('is a Map that is no table, and one with keys that nobody finds', () => {
    const context = newContext();
    const map = new Map([['a', 1]]);
    expect(() => context.queueStream([['a']]).map((id) => map.get(id) ?? 0, { map })).toThrowError(
      expect.objectContaining({ code: 'bad-value', remedy: expect.stringContaining("context.table('map', map)") }),
    );
    expect(() => context.table('dates', new Map([[new Date(0), 1]]))).toThrowError(/The table dates has the key/);
  });

  it('is a file that is not there or does not hold one record for each key, and settings that are wrong', async () => {
    const file = usersFile();
    expect((await planned(file)).plan).toMatchObject({ tables: { users: { path: file.file, key: 'id' } } });
    await expect(planned({ ...file, file: 'none.csv' })).rejects.toMatchObject({ code: 'file-missing' });
    await expect(planned({ ...file, kye: 'id' })).rejects.toMatchObject({
      code: 'unknown-key',
      message: expect.stringContaining('the table users'),
    });
    writeFileSync(file.file, `${csv}a,Adam\n`);
    await expect(planned(file)).rejects.toMatchObject({ code: 'bad-table' });
  });
});
