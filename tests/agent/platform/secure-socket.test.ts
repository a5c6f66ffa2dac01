import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { TcpConnection } from '../../../agent/platform/network.ts';
import { createFastClock } from '../../support/clock.ts';
import { createTestNetwork } from '../../support/driver-context.ts';
import { createTestAuthority } from '../../support/test-authority.ts';

const authority = await createTestAuthority();
const identity = await authority.serverIdentity();
const pin = new X509Certificate(identity.certificate).fingerprint256.replaceAll(':', '').toLowerCase();
const greeting = new TextEncoder().encode('READY>>');
const clock = createFastClock(20);
const { tcp } = createTestNetwork(clock);
const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  expect(clock.pending).toBe(0);
});

/** A peer that says `words` in the clear and then, when it goes on, speaks TLS and repeats what it hears. */
async function listen(words: string, goesOn = true) {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    if (words !== '') socket.write(words);
    if (!goesOn) {
      socket.resume();
      return;
    }
    const inner = new TLSSocket(socket, { isServer: true, key: identity.key, cert: identity.certificate });
    inner.on('error', () => {});
    inner.on('data', (bytes: Buffer) => inner.write(Buffer.concat([Buffer.from('echo '), bytes])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no address');
  return { host: '127.0.0.1', port: address.port };
}

async function gone(): Promise<void> {
  for (let turn = 0; turn < 50 && sockets.size > 0; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(sockets.size).toBe(0);
}

async function exchange(connection: TcpConnection): Promise<string> {
  await connection.write(new TextEncoder().encode('hello'));
  let text = '';
  while (text.length < 'echo hello'.length) text += Buffer.from((await connection.read()) ?? []).toString();
  return text;
}

describe('TLS over TCP', () => {
  it.each(['', 'READY>>'])('speaks inside TLS after %j', async (words) => {
    const address = await listen(words);
    const tls = { pinnedCertificate: pin.toUpperCase(), ...(words === '' ? {} : { greeting }) };
    {
      await using connection = await tcp.connect(address, { timeoutMs: 5_000, tls });
      expect(await exchange(connection)).toBe('echo hello');
    }
    await gone();
  });

  it.each([
    ['another certificate is pinned', { greeting, pinnedCertificate: '00'.repeat(32) }, 'certificate-mismatch'],
    ['nothing is pinned and nobody vouches', { greeting }, 'certificate-not-trusted'],
  ])('refuses the peer when %s', async (_why, tls, code) => {
    const address = await listen('READY>>');
    await expect(tcp.connect(address, { timeoutMs: 5_000, tls })).rejects.toMatchObject({ code });
    await gone();
  });

  it.each([
    ['says something else', 'SMTP ready', true, 'unexpected-greeting'],
    ['says half of it and no more', 'READ', false, 'tls-timeout'],
    ['says nothing', '', false, 'tls-timeout'],
    ['says its greeting and never shakes hands', 'READY>>', false, 'tls-timeout'],
    ['answers the handshake in the clear', 'READY>>HTTP/1.1 400 Bad Request\r\n\r\n', false, 'connection-lost'],
  ])('gives up on a peer that %s', async (_what, words, goesOn, code) => {
    const address = await listen(words, goesOn);
    const tls = { greeting, pinnedCertificate: pin };
    await expect(tcp.connect(address, { timeoutMs: 2_000, tls })).rejects.toMatchObject({ code });
    await gone();
  });

  it('gives up on a peer that hangs up before its greeting', async () => {
    const server = createServer((socket) => socket.end('REA'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    const address = { host: '127.0.0.1', port: (server.address() as { port: number }).port };
    await expect(tcp.connect(address, { timeoutMs: 2_000, tls: { greeting } })).rejects.toMatchObject({
      code: 'connection-lost',
    });
  });

  it('stops when it is aborted', async () => {
    const address = await listen('', false);
    const stop = new AbortController();
    const connecting = tcp.connect(address, { timeoutMs: 60_000, signal: stop.signal, tls: { greeting } });
    stop.abort(new Error('removed'));
    await expect(connecting).rejects.toThrow('removed');
    await gone();
  });
});
