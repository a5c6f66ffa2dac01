import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoorFact } from '../../../agent/doctor/facts.ts';
import { type KnownHub, lookAtHub } from '../../../agent/doctor/hub-look.ts';
import { loadIdentity } from '../../../agent/identity.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createFastClock } from '../../support/clock.ts';
import { type StandInHub, startStandInHub } from '../../support/stand-in-hub.ts';
import { enrolIntoFolder } from '../../support/test-agent.ts';
import { createTestAuthority } from '../../support/test-authority.ts';

let hub: StandInHub;
let known: Required<KnownHub>;
const servers: Server[] = [];

beforeAll(async () => {
  hub = await startStandInHub();
  using folder = await enrolIntoFolder(hub);
  const { keyPem, certificatePem, chainPems, hub: urls } = await loadIdentity(folder.path);
  known = { ...urls, authorities: chainPems, credentials: { key: keyPem, certificate: certificatePem } };
});
afterAll(async () => {
  for (const server of servers) server.close();
  await hub[Symbol.asyncDispose]();
});

async function urlOf(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const look = (parts: Partial<KnownHub> = {}, clock: Clock = systemClock) =>
  lookAtHub({ hub: { ...known, ...parts }, clock, signal: new AbortController().signal });
const causeOf = (door: DoorFact) => (door.state === 'failed' ? door.cause : door.state);

describe('the way to the hub', () => {
  it('is open where the hub is well, and its clock is that of this machine', async () => {
    const { name, gateway, broker, clockAheadMs } = await look();
    expect([name.state, gateway.state, broker.state]).toEqual(['address', 'open', 'open']);
    expect(Math.abs(clockAheadMs ?? Number.NaN)).toBeLessThan(5_000);
  });

  it('tells how far this machine’s clock is ahead', async () => {
    const ahead: Clock = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
    expect((await look({}, ahead)).clockAheadMs).toBeGreaterThan(3_590_000);
  });

  it('is not believed when somebody else answers', async () => {
    const { root } = await createTestAuthority();
    const { gateway, broker } = await look({ authorities: [root] });
    expect([causeOf(gateway), causeOf(broker)]).toEqual(['not-trusted', 'not-trusted']);
  });

  it('ends at a broker that does not take the certificate', async () => {
    const { gatewayUrl, mqttUrl, authorities } = known;
    const signal = new AbortController().signal;
    const { gateway, broker } = await lookAtHub({
      hub: { gatewayUrl, mqttUrl, authorities },
      clock: systemClock,
      signal,
    });
    expect([causeOf(gateway), causeOf(broker)]).toEqual(['open', 'rejected']);
  });

  it('ends at a closed port, at a name without address, and where no TLS is spoken', async () => {
    const closed = createServer();
    const url = await urlOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    expect(causeOf((await look({ gatewayUrl: url })).gateway)).toBe('refused');
    const plain = await urlOf(createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(causeOf((await look({ gatewayUrl: plain })).gateway)).toBe('not-secure');
    const { name, gateway, broker } = await look({ gatewayUrl: 'https://hub.invalid:8443' });
    expect([name.state, gateway.state, broker.state]).toEqual(['unknown', 'not-tried', 'not-tried']);
  });

  it('does not wait for ever for one who says nothing', async () => {
    const silent = await urlOf(createServer(() => {}));
    const { gateway, clockAheadMs } = await look({ gatewayUrl: silent, mqttUrl: silent }, createFastClock(40));
    expect([causeOf(gateway), clockAheadMs]).toEqual(['no-answer', undefined]);
  });

  it('is looked at without trust before the enrolment, and still tells the time', async () => {
    const signal = new AbortController().signal;
    const { gateway, broker, clockAheadMs } = await lookAtHub({
      hub: { gatewayUrl: known.gatewayUrl },
      clock: systemClock,
      signal,
    });
    expect([gateway.state, broker.state]).toEqual(['open', 'not-tried']);
    expect(clockAheadMs).toBeDefined();
  });
});
