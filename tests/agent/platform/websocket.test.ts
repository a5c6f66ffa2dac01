import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createNetwork } from '../../../agent/platform/create-network.ts';
import type { WebSocketOptions } from '../../../agent/platform/network.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const { websocket } = createNetwork({
  policy: { allow: ['127.0.0.0/8'], deny: ['127.0.0.2'], ports: [], broadcast: false },
  clock: systemClock,
  log: silentLog,
  resolve: async () => ['127.0.0.1'],
});

const connect = (port: number, options: Partial<WebSocketOptions> = {}) =>
  websocket.connect({ host: '127.0.0.1', port }, { protocol: 'notes', timeoutMs: 3_000, maxBytes: 1_000, ...options });

async function serve(onClient: (client: WebSocket) => void, protocol: string | false = 'notes'): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => protocol });
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', onClient);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function serveRaw(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('websocket', () => {
  it('carries text both ways and tells how the peer closed', async () => {
    const port = await serve((client) =>
      client.on('message', (data) => {
        client.send(`you said ${data}`);
        client.close(4009, 'wrong password');
      }),
    );
    await using connection = await connect(port);
    await connection.send('xin chào');
    expect(await connection.receive()).toBe('you said xin chào');
    await expect(connection.receive()).rejects.toMatchObject({
      code: 'connection-lost',
      details: { closeCode: 4009, reason: 'wrong password' },
    });
    await expect(connection.send('more')).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('reads no message longer than allowed, and no binary one', async () => {
    const long = await serve((client) => client.send('x'.repeat(1_001)));
    await using first = await connect(long);
    await expect(first.receive()).rejects.toMatchObject({ code: 'response-too-large' });
    const binary = await serve((client) => client.send(Buffer.from('x')));
    await using second = await connect(binary);
    await expect(second.receive()).rejects.toMatchObject({ code: 'malformed' });
  });

  it('makes a talkative peer wait', async () => {
    let sent = 0;
    const port = await serve((client) => {
      const more = () => {
        if (client.readyState !== client.OPEN || client.bufferedAmount > 1_000_000) return;
        for (let count = 0; count < 100; count++) client.send('y'.repeat(900));
        sent += 90_000;
        setImmediate(more);
      };
      more();
    });
    await using connection = await connect(port);
    await systemClock.wait(300);
    const before = sent;
    expect(before).toBeLessThan(32 * 1024 * 1024);
    await systemClock.wait(200);
    expect(sent).toBe(before);
    for (let count = 0; count < 2_000; count++) await connection.receive();
  });

  it('goes only where the policy allows', async () => {
    const port = await serve(() => {});
    const address = { host: '127.0.0.2', port };
    const connecting = websocket.connect(address, { protocol: 'notes', timeoutMs: 1_000, maxBytes: 10 });
    await expect(connecting).rejects.toMatchObject({ code: 'address-not-allowed' });
  });

  it.each([
    ['HTTP that is no upgrade', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'malformed'],
    ['a redirect, which it never follows', 'HTTP/1.1 302 F\r\nLocation: ws://10.0.0.1/\r\n\r\n', 'malformed'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n', 'malformed'],
  ])('refuses %s', async (_, answer, code) => {
    const port = await serveRaw((socket) => socket.once('data', () => socket.write(answer)));
    await expect(connect(port)).rejects.toMatchObject({ code });
  });

  it('refuses a peer that agrees to another protocol, or to none', async () => {
    await expect(connect(await serve(() => {}, 'songs'))).rejects.toMatchObject({ code: 'malformed' });
    await expect(connect(await serve(() => {}, false))).rejects.toMatchObject({ code: 'malformed' });
  });

  it('says when nobody listens, when the peer hangs up, and when it stays silent', async () => {
    const gone = await serveRaw(() => {});
    cleanups.splice(0).at(-1)?.();
    await expect(connect(gone)).rejects.toMatchObject({ code: 'connection-refused' });
    const rude = await serveRaw((socket) => socket.destroy());
    await expect(connect(rude)).rejects.toMatchObject({ code: 'connection-lost' });
    const silent = await serveRaw(() => {});
    await expect(connect(silent, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'handshake-timeout' });
    const stop = new AbortController();
    const connecting = connect(silent, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
  });
});
