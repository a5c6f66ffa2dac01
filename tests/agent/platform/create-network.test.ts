import { createHash, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createNetwork } from '../../../agent/platform/create-network.ts';
import type { Network, UdpSocket } from '../../../agent/platform/network.ts';
import type { NetworkPolicy } from '../../../agent/platform/network-policy.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createTestAuthority } from '../../support/test-authority.ts';

const loopback: NetworkPolicy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) (server as unknown as { closeAllConnections(): void }).closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function networkWith(policy: Partial<NetworkPolicy> = {}, names: Record<string, readonly string[]> = {}): Network {
  return createNetwork({
    policy: { ...loopback, ...policy },
    clock: systemClock,
    log: silentLog,
    resolve: async (host) => {
      const ips = names[host];
      if (!ips) throw new Error(`no such name ${host}`);
      return ips;
    },
  });
}

const tcpServer = (onSocket: (socket: Socket) => void) =>
  listen(
    createServer((socket) => {
      socket.on('error', () => {});
      onSocket(socket);
    }),
  );
const httpServer = (listener: RequestListener) => listen(createHttpServer(listener));

describe('tcp', () => {
  it('carries bytes both ways and says when the peer has closed', async () => {
    const port = await tcpServer((socket) => socket.on('data', (chunk) => socket.end(chunk)));
    await using connection = await networkWith().tcp.connect({ host: '127.0.0.1', port }, { timeoutMs: 5_000 });
    await connection.write(Buffer.from('hello'));
    expect(Buffer.from((await connection.read()) ?? []).toString()).toBe('hello');
    expect(await connection.read()).toBeUndefined();
    await expect(connection.write(Buffer.from('more'))).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('makes a talkative peer wait', async () => {
    let written = 0;
    const port = await tcpServer((socket) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (written < 64 * 1024 * 1024 && socket.write(chunk)) written += chunk.length;
      };
      socket.on('drain', more);
      more();
    });
    await using connection = await networkWith().tcp.connect({ host: '127.0.0.1', port }, { timeoutMs: 5_000 });
    await systemClock.wait(200);
    expect(written).toBeLessThan(32 * 1024 * 1024);
    let read = 0;
    while (read < 16 * 1024 * 1024) read += (await connection.read())?.length ?? 0;
    expect(written).toBeGreaterThan(0);
  });

  it('ends a read by its signal and can read on', async () => {
    const port = await tcpServer((socket) => socket.on('data', (chunk) => socket.write(chunk)));
    await using connection = await networkWith().tcp.connect({ host: '127.0.0.1', port }, { timeoutMs: 5_000 });
    using deadline = systemClock.deadline(20);
    await expect(connection.read(deadline.signal)).rejects.toMatchObject({ code: 'timeout' });
    await connection.write(Buffer.from('later'));
    expect(Buffer.from((await connection.read()) ?? []).toString()).toBe('later');
  });

  it('tells a closed port from a name that does not exist', async () => {
    const port = await tcpServer(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const { tcp } = networkWith();
    const options = { timeoutMs: 5_000 };
    await expect(tcp.connect({ host: '127.0.0.1', port }, options)).rejects.toMatchObject({
      code: 'connection-refused',
    });
    await expect(tcp.connect({ host: 'nowhere.test', port }, options)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('gives up on a resolver that never answers', async () => {
    const network = createNetwork({
      policy: loopback,
      clock: systemClock,
      log: silentLog,
      resolve: () => new Promise(() => {}),
    });
    await expect(network.tcp.connect({ host: 'slow.test', port: 80 }, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'timeout',
    });
  });

  it('resolves a name once and refuses it outside the policy', async () => {
    const port = await tcpServer((socket) => socket.end('here'));
    const names = { 'good.test': ['203.0.113.1', '127.0.0.1'], 'evil.test': ['169.254.169.254'] };
    const { tcp } = networkWith({}, names);
    await using connection = await tcp.connect({ host: 'good.test', port }, { timeoutMs: 5_000 });
    expect(Buffer.from((await connection.read()) ?? []).toString()).toBe('here');
    await expect(tcp.connect({ host: 'evil.test', port }, { timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'address-not-allowed',
      message: expect.stringContaining('169.254.169.254'),
    });
  });
});

describe('udp', () => {
  it('tells the real sender and drops what is too long', async () => {
    const { udp } = networkWith();
    await using receiver = await udp.open({ maxBytes: 10 });
    await using sender = await udp.open({});
    await sender.send(Buffer.alloc(11), { host: '127.0.0.1', port: receiver.port });
    await sender.send(Buffer.from('short'), { host: '127.0.0.1', port: receiver.port });
    const datagram = await receiver.receive();
    expect(Buffer.from(datagram.bytes).toString()).toBe('short');
    expect(datagram.from).toEqual({ host: '127.0.0.1', port: sender.port });
  });

  it('keeps 256 datagrams and drops the newest beyond', async () => {
    const { udp } = networkWith();
    await using receiver = await udp.open({});
    const sender = createSocket('udp4');
    try {
      for (let n = 0; n < 300; n++) {
        await new Promise((resolve) => sender.send(String(n), receiver.port, '127.0.0.1', resolve));
      }
    } finally {
      sender.close();
    }
    await systemClock.wait(50);
    const seen: number[] = [];
    using deadline = systemClock.deadline(200);
    await expect(
      (async () => {
        for (;;) seen.push(Number(Buffer.from((await receiver.receive(deadline.signal)).bytes).toString()));
      })(),
    ).rejects.toMatchObject({ code: 'timeout' });
    expect(seen).toEqual(Array.from({ length: 256 }, (_, n) => n));
  });

  it('refuses names, foreign addresses and broadcast outside the policy', async () => {
    await using socket = await networkWith().udp.open({});
    for (const host of ['board.test', '192.0.2.1', '255.255.255.255']) {
      await expect(socket.send(Buffer.from('x'), { host, port: 9 }), host).rejects.toMatchObject({
        code: 'address-not-allowed',
      });
    }
  });

  it('does not show datagrams from addresses outside the policy', async () => {
    await using receiver = await networkWith({ deny: ['127.0.0.1'] }).udp.open({});
    await using sender = await networkWith().udp.open({});
    await sender.send(Buffer.from('x'), { host: '127.0.0.1', port: receiver.port });
    using deadline = systemClock.deadline(100);
    await expect(receiver.receive(deadline.signal)).rejects.toMatchObject({ code: 'timeout' });
  });

  it('shares one port among those who ask for it, each with what its own sender sends', async () => {
    const { udp } = networkWith();
    const probe = await udp.open({});
    const { port } = probe;
    await probe[Symbol.asyncDispose]();
    const from = async (host: string, text: string) => {
      const sender = createSocket('udp4');
      sender.bind(0, host);
      await once(sender, 'listening');
      await new Promise((resolve) => sender.send(text, port, '127.0.0.1', resolve));
      sender.close();
    };
    const text = async (socket: UdpSocket) => Buffer.from((await socket.receive()).bytes).toString();
    const all = await udp.open({ port, shared: true });
    const one = await udp.open({ port, shared: true, from: '127.0.0.11' });
    const two = await udp.open({ port, shared: true, from: '127.0.0.12', maxBytes: 8 });
    await from('127.0.0.12', 'much too long');
    await from('127.0.0.11', 'eleven');
    await from('127.0.0.12', 'twelve');
    expect([await text(one), await text(two)]).toEqual(['eleven', 'twelve']);
    expect([await text(all), await text(all), await text(all)]).toEqual(['much too long', 'eleven', 'twelve']);

    await all[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    await from('127.0.0.11', 'again');
    expect(await text(one)).toBe('again');
    await expect(udp.open({ port })).rejects.toThrow(/cannot open UDP port/);
    await one[Symbol.asyncDispose]();
    const closed = { code: 'socket-closed' };
    for (const socket of [all, one, two]) await expect(socket.receive()).rejects.toMatchObject(closed);
    const elsewhere = createSocket({ type: 'udp4', reuseAddr: true });
    elsewhere.bind(port, '127.0.0.13');
    await once(elsewhere, 'listening');
    await (await udp.open({ port, shared: true }))[Symbol.asyncDispose]();
    elsewhere.close();
    // The port is free again, and one that could not be had is had later.
    const taken = await udp.open({ port });
    await expect(udp.open({ port, shared: true })).rejects.toThrow(/cannot open UDP port/);
    await taken[Symbol.asyncDispose]();
    await using _ = await udp.open({ port, shared: true });
  });

  it('ends a waiting receive when it is closed', async () => {
    const socket = await networkWith().udp.open({});
    const received = expect(socket.receive()).rejects.toMatchObject({ code: 'socket-closed' });
    await socket[Symbol.asyncDispose]();
    await received;
  });
});

describe('http', () => {
  const get = { method: 'GET', timeoutMs: 5_000, maxBytes: 1_000 } as const;

  it('sends what it is given and keeps several challenges apart', async () => {
    const port = await httpServer((request, response) => {
      response.writeHead(401, [
        ['WWW-Authenticate', 'Digest realm="a"'],
        ['WWW-Authenticate', 'Basic realm="b"'],
      ] as unknown as string[]);
      request.on('data', (chunk) => response.write(chunk));
      request.on('end', () =>
        response.end(
          `|${request.method} ${request.url} ${request.headers['x-a']} ${request.headers['content-length']}`,
        ),
      );
    });
    const answer = await networkWith().http.request({
      ...get,
      method: 'POST',
      url: `http://127.0.0.1:${port}/path?q=1`,
      headers: { 'x-a': 'b' },
      body: 'đèn',
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toEqual(['Digest realm="a"', 'Basic realm="b"']);
    expect(Buffer.from(answer.body).toString()).toBe('đèn|POST /path?q=1 b 5');
  });

  it('never follows a redirect', async () => {
    let asked = 0;
    const port = await httpServer((_, response) => {
      asked++;
      response.writeHead(302, { location: '/again' }).end();
    });
    const answer = await networkWith().http.request({ ...get, url: `http://127.0.0.1:${port}/` });
    expect([answer.status, asked]).toEqual([302, 1]);
  });

  it('stops reading at the cap, at the deadline and at a broken body', async () => {
    const port = await httpServer((request, response) => {
      if (request.url === '/long') response.end(Buffer.alloc(1_001));
      if (request.url === '/broken') {
        response.writeHead(200, { 'content-length': '10' }).write('12');
        setTimeout(() => response.destroy(), 10);
      }
    });
    const { http } = networkWith();
    const at = (path: string) => http.request({ ...get, timeoutMs: 300, url: `http://127.0.0.1:${port}${path}` });
    await expect(at('/long')).rejects.toMatchObject({ code: 'response-too-large' });
    await expect(at('/silent')).rejects.toMatchObject({ code: 'timeout' });
    await expect(at('/broken')).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('refuses an address outside the policy and an odd scheme', async () => {
    const { http } = networkWith({ ports: ['443'] });
    await expect(http.request({ ...get, url: 'http://127.0.0.1:81/' })).rejects.toMatchObject({
      code: 'address-not-allowed',
    });
    await expect(http.request({ ...get, url: 'file:///etc/passwd' })).rejects.toMatchObject({ code: 'invalid-url' });
  });

  it('takes the pinned certificate and no other', async () => {
    const authority = await createTestAuthority();
    const { certificate, key } = await authority.serverIdentity();
    let asked = 0;
    const port = await listen(
      createHttpsServer({ cert: certificate, key }, (_, response) => {
        asked++;
        response.end('secret');
      }),
    );
    const pin = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
    const { http } = networkWith();
    const url = `https://127.0.0.1:${port}/`;
    const answer = await http.request({ ...get, url, pinnedCertificate: pin });
    expect(Buffer.from(answer.body).toString()).toBe('secret');
    await expect(http.request({ ...get, url, pinnedCertificate: '00'.repeat(32) })).rejects.toMatchObject({
      code: 'certificate-mismatch',
    });
    await expect(http.request({ ...get, url })).rejects.toMatchObject({
      code: 'certificate-not-trusted',
      details: { fingerprint: pin },
    });
    expect(asked, 'requests that reached the server').toBe(1);
  });
});
