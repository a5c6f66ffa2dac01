import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { DiscoveryContext, Proposal } from '../../../../agent/devices/driver.ts';
import { pjlinkProjector } from '../../../../agent/devices/pjlink-projector/index.ts';
import type { Network, UdpPort, UdpSocket } from '../../../../agent/platform/network.ts';
import { RecoverableError } from '../../../../protocols/errors.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { ProjectorSimulator } from '../../../simulators/pjlink-projector.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestNetwork } from '../../../support/driver-context.ts';

const clock = createFastClock(30);
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const entry of open.splice(0)) await entry[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

async function discover(targets: DiscoveryContext['targets'], network: Network = createTestNetwork(clock)) {
  const stop = new AbortController();
  const found: Proposal[] = [];
  const context = { clock, log: silentLog, ...network, targets, broadcast: false, signal: stop.signal };
  for await (const proposal of pjlinkProjector.discover?.(context) ?? []) found.push(proposal);
  return found;
}

async function projector(options: Partial<Parameters<typeof ProjectorSimulator.start>[0]> = {}) {
  const simulator = await ProjectorSimulator.start({ clock, ...options });
  open.push(simulator);
  return simulator;
}

/** A service that is no projector and remembers what it was sent. */
async function otherService(greeting: string) {
  const received: Buffer[] = [];
  const server: Server = createServer((socket) => {
    socket.on('data', (bytes) => received.push(bytes));
    socket.on('error', () => {});
    if (greeting !== '') socket.write(greeting);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no address');
  return { received, target: { host: '127.0.0.1', port: address.port } };
}

describe('search for projectors', () => {
  it('finds one of class 2 by UDP and TCP, under its Mac address', async () => {
    const simulator = await projector();
    expect(await discover([simulator.address])).toEqual([
      {
        key: '00:11:22:aa:bb:cc',
        family: 'pjlink-projector',
        address: simulator.address,
        name: 'Phòng 7',
        vendor: 'EPSON',
        model: 'EB-2250U',
        serial: 'X4HX6500112',
        macs: ['00:11:22:aa:bb:cc'],
        needsCredentials: false,
        evidence: [
          `127.0.0.1 greets as PJLink on TCP port ${simulator.address.port} and asks for no password`,
          'speaks PJLink class 2',
          'answered the PJLink search from this address and says that its Mac address is 00:11:22:aa:bb:cc',
        ],
      },
    ]);
  });

  it('finds one of class 1 by its greeting, and sends nothing when it asks for a password', async () => {
    const simulator = await projector({ class: 1, password: 'secret' });
    const [proposal] = await discover([simulator.address]);
    expect(proposal).toMatchObject({ key: `127.0.0.1:${simulator.address.port}`, needsCredentials: true });
    expect(proposal).not.toHaveProperty('name');
    expect(simulator.received).toEqual([]);
  });

  it('sends no byte to a service that does not greet as a projector', async () => {
    const silent = await otherService('');
    const web = await otherService('SSH-2.0-OpenSSH_9.2\r\n');
    const flood = await otherService('x'.repeat(100_000));
    expect(await discover([silent.target, web.target, flood.target])).toEqual([]);
    for (const { received } of [silent, web, flood]) expect(received).toEqual([]);
  });

  it('ends when it is stopped', async () => {
    const stop = new AbortController();
    const silent = await otherService('');
    const context = { clock, log: silentLog, ...createTestNetwork(clock), targets: [silent.target], broadcast: false };
    const iterator = pjlinkProjector.discover?.({ ...context, signal: stop.signal })[Symbol.asyncIterator]();
    const next = iterator?.next();
    stop.abort(new Error('stop'));
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('believes the address that really sent a reply, and proposes only what greets there', async () => {
    // The network delivers forged replies from places where no projector is, among rubbish.
    const replies = [
      ['203.0.113.9', '%2ACKN=de:ad:be:ef:00:01\r'],
      ['127.0.0.7', '%2ACKN=00:11:22:aa:bb:cc\r'],
      ['127.0.0.8', 'M-SEARCH * HTTP/1.1\r\n'],
      ['127.0.0.9', '%2POWR=1\r'],
    ] as const;
    const waiting = replies.map(([host, text]) => ({ bytes: Buffer.from(text), from: { host, port: 4352 } }));
    const asked: string[] = [];
    const network = createTestNetwork(clock);
    const socket: UdpSocket = {
      port: 4352,
      send: async () => {},
      receive: async (signal) => {
        const datagram = waiting.shift();
        if (datagram) return datagram;
        await clock.wait(3_600_000, signal);
        throw new Error('not reached');
      },
      [Symbol.asyncDispose]: async () => {},
    };
    const found = await discover([{ host: '127.0.0.200', port: 9 }], {
      ...network,
      udp: { open: async () => socket },
      tcp: {
        connect: (address, options) => {
          asked.push(address.host);
          return network.tcp.connect(address, options);
        },
      },
    });
    expect(found).toEqual([]);
    expect(asked.sort()).toEqual(['127.0.0.200', '127.0.0.7', '203.0.113.9']);
  });

  it('searches from another port when its own is taken', async () => {
    const network = createTestNetwork(clock);
    const udp: UdpPort = {
      open: async (options) => {
        if (options.port === 4352) throw new RecoverableError('unreachable', 'another program holds this port');
        return await network.udp.open(options);
      },
    };
    const simulator = await projector();
    expect(await discover([simulator.address], { ...network, udp })).toMatchObject([{ key: '00:11:22:aa:bb:cc' }]);
  });
});
