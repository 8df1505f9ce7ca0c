const accounts = 100;
const shops = ['grocer', 'bakery', 'trains', 'cinema', 'rent', '"books, new and old"'];

/** What is made up for `n`, as a line of the topic `transactions`; each fiftieth is no transaction. */
export function transactionLine({ timestamp, value: n }) {
  if (n % 50 === 49) return n % 100 === 49 ? `${n},yesterday,${accountOf(n)},1.00,bakery` : 'service restarted';
  const euros = `${(n % 97) + 1}.${String(n % 100).padStart(2, '0')}`;
  return [`${timestamp}-${n}`, new Date(timestamp).toISOString(), accountOf(n), euros, shops[n % shops.length]].join(
    ',',
  );
}

/** The key of a line: the transactions of an account go to one partition, so they stay in order. */
export function accountOfLine(line) {
  return line.split(',', 3)[2] ?? null;
}

const accountOf = (n) => `account-${(n * 7) % accounts}`;

/** Checks the columns of a line. Amounts are counted in cents: fractions of binary numbers would not add up. */
export function parse({ id, date, account, amount, description }) {
  if (Number.isNaN(Date.parse(date))) throw new Error(`the date ${JSON.stringify(date)} is none`);
  if (!/^-?\d+(\.\d\d)?$/.test(amount)) throw new Error(`the amount ${JSON.stringify(amount)} is none`);
  if (account === '') throw new Error('there is no account');
  return { id, date, account, cents: Math.round(Number(amount) * 100), description };
}

/** For one transaction, and the sum of two. */
export const toTotal = ({ account, cents }) => [account, { transactions: 1, cents }];
export const add = (a, b) => ({ transactions: a.transactions + b.transactions, cents: a.cents + b.cents });
export const subtract = (a, b) => ({ transactions: a.transactions - b.transactions, cents: a.cents - b.cents });
