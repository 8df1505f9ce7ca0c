import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Serves numbered lines, one after the other and never the same twice, to whoever is connected; gives its port. */
export async function numberServer(): Promise<number> {
  let next = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  }).listen(0, '127.0.0.1');
  const timer = setInterval(() => {
    for (const socket of sockets) for (let i = 0; i < 20; i++) socket.write(i === 10 ? 'bad\n' : `${next++}\n`);
  }, 5);
  await once(server, 'listening');
  onTestFinished(() => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}
