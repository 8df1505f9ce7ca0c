const pattern = /^(\S+) \S+ (\S+) \[([^\]]+)\] "(\S+) (\S+) [^"]*" (\d{3}) (\d+|-)/;

/** A line of a web server's log in the common (or combined) format. */
export function parse(line) {
  const match = pattern.exec(line);
  if (!match) throw new Error('not a line of an access log');
  const [, host, user, time, method, target, status, bytes] = match;
  const path = target.split('?', 1)[0];
  return { host, user, time, method, path, status: Number(status), bytes: bytes === '-' ? 0 : Number(bytes) };
}
