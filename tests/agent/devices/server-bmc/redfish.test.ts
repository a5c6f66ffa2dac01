import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { serverBmc } from '../../../../agent/devices/server-bmc/index.ts';
import { type ServerBmc, type ServerBmcOptions, startServerBmc } from '../../../simulators/server-bmc/index.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';
import { createTestAuthority } from '../../../support/test-authority.ts';

const credentials = { username: 'operator', password: 'Phòng máy <1> & 2' };
const clock = createFastClock(20);
const authority = await createTestAuthority();
const identity = await authority.serverIdentity();
const tls = { certificate: identity.certificate, key: identity.key };
const pin = new X509Certificate(identity.certificate).fingerprint256;

let bmc: ServerBmc;
afterEach(async () => {
  await bmc[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

async function start(options: ServerBmcOptions = {}, settings: object = {}, given: object = credentials) {
  bmc = await startServerBmc({ clock, credentials, ...options });
  const plainHttp = options.tls === undefined;
  return createTestContext({
    family: serverBmc.family,
    settings: serverBmc.settings.parse({ plainHttp, ...settings }),
    clock,
    address: bmc.address,
    credentials: given,
  });
}

type Test = Awaited<ReturnType<typeof start>>;

const power = (test: Test, session: Awaited<ReturnType<typeof serverBmc.connect>>, name: string) =>
  session.execute({ id: 'c1', capability: 'power', name, args: {} }, test.context.signal);

describe('a controller by Redfish', () => {
  it('tells who it is, what it measures and what is wrong', async () => {
    const test = await start();
    await using session = await serverBmc.connect(test.context);
    expect(test.reporter.descriptors).toHaveLength(1);
    expect(test.reporter.descriptors[0]).toMatchObject({
      vendor: 'Contoso',
      model: '3500RX',
      serial: '437XR1138R2',
      firmware: '2.10.3',
      capabilities: { power: { commands: ['on', 'off', 'reboot', 'reset'] } },
      parts: [
        { kind: 'firmware', name: 'BIOS', detail: 'P79 v1.45' },
        { kind: 'power-supply', name: 'PSU 1', serial: '3488240', detail: 'RKS-440DC' },
        { kind: 'power-supply', name: 'PSU 2', serial: '3488241', detail: 'RKS-440DC' },
        { kind: 'firmware', name: 'Network Adapter (NIC1)', detail: '14.32.1010' },
      ],
    });
    expect(test.reporter.samples[0]).toEqual({
      'firmware.clockSkew': expect.any(Number),
      'temperature.celsius@CPU1-Temp': 46,
      'temperature.celsius@Inlet-Temp': 24,
      'sensors.fan@Fan-1': 4_200,
      'sensors.fan@Fan-2': 4_080,
      'sensors.power@System-Power-Control': 180,
      'sensors.voltage@12V-Rail': 12.06,
    });
    const [fan, supply, cpu] = [bmc.server.fans[1], bmc.server.supplies[0], bmc.server.temperatures[0]];
    if (fan && supply && cpu) [fan.health, supply.health, cpu.health] = ['Warning', 'Critical', 'Critical'];
    bmc.server.memoryHealth = 'Warning';
    await session.poll(test.context.signal);
    expect(test.reporter.last('diagnostics')).toEqual({
      faults: [
        { part: 'CPU1 Temp', level: 'error' },
        { part: 'PSU 1', level: 'error' },
        { part: 'Fan 2', level: 'warning' },
        { part: 'memory', level: 'warning' },
      ],
    });
    expect(test.reporter.last('temperature')).toEqual({ level: 'error' });
    const faults = test.reporter.events.map(({ name, severity, data }) => [name, severity, data['part']]);
    expect(faults).toEqual([
      ['fault', 'critical', 'CPU1 Temp'],
      ['fault', 'critical', 'PSU 1'],
      ['fault', 'warning', 'Fan 2'],
      ['fault', 'warning', 'memory'],
    ]);
  });

  it('measures the same by the resources of after 2020', async () => {
    const test = await start({ traits: { resources: 'new' } });
    await using _session = await serverBmc.connect(test.context);
    expect(test.reporter.samples[0]).toMatchObject({
      'temperature.celsius@CPU1-Temp': 46,
      'sensors.fan@Fan-1': 4_200,
      'sensors.power@Chassis': 180,
      'sensors.power@PSU-1': 92,
      'sensors.voltage@PSU-2': 229.6,
    });
    // Excerpts of sensors carry no judgement of the controller's.
    expect(test.reporter.last('temperature')).toEqual({ level: 'unknown' });
  });

  it('tells critical lines of its log once, over connections, and none of those that were there before', async () => {
    const test = await start();
    const logged = () =>
      test.reporter.events.filter(({ name }) => name === 'logged').map(({ data }) => data['message']);
    {
      await using session = await serverBmc.connect(test.context);
      await session.poll(test.context.signal);
      expect(logged()).toEqual([]);
      for (let line = 0; line < 9; line++) bmc.server.note('OK', `Fan speed ${line}`);
      bmc.server.note('Critical', 'Uncorrectable memory error at DIMM_B2.');
      await session.poll(test.context.signal);
      await session.poll(test.context.signal);
      expect(logged()).toEqual(['Uncorrectable memory error at DIMM_B2.']);
    }
    bmc.server.note('Critical', 'Power supply 2 failed.');
    await using session = await serverBmc.connect(test.context);
    await session.poll(test.context.signal);
    expect(logged()).toEqual(['Uncorrectable memory error at DIMM_B2.', 'Power supply 2 failed.']);
  });

  it.each([
    ['pages that it can skip', {}, 40],
    ['entries as links, each read once', { logStyle: 'links', logPage: 1_000 }, 12],
    ['pages of its own, as far as its bounds', { skips: false, logPage: 50 }, 20],
  ] as const)('finds the end of a long log with %s', async (_name, traits, most) => {
    const test = await start({ traits });
    for (let line = 0; line < 300; line++) bmc.server.note('OK', `Fan speed ${line}`);
    await using session = await serverBmc.connect(test.context);
    bmc.server.note('Critical', 'Uncorrectable memory error at DIMM_B2.');
    const before = bmc.requests.length;
    await session.poll(test.context.signal);
    expect(bmc.requests.length - before).toBeLessThanOrEqual(most);
    expect(test.reporter.events.map(({ data }) => data['message'])).toEqual(['Uncorrectable memory error at DIMM_B2.']);
  });

  it('lets an account that may only read go on reading after an order', async () => {
    const test = await start({ readOnly: true });
    await using session = await serverBmc.connect(test.context);
    await expect(power(test, session, 'reset')).rejects.toMatchObject({ code: 'unavailable' });
    await session.poll(test.context.signal);
  });

  it('opens one session, opens it again when it has run out, and gives it back', async () => {
    const test = await start();
    {
      await using session = await serverBmc.connect(test.context);
      await session.poll(test.context.signal);
      expect(bmc.sessions).toBe(1);
      bmc.forgetSessions();
      await session.poll(test.context.signal);
      expect(bmc.sessions).toBe(1);
    }
    expect(bmc.sessions).toBe(0);
    expect(bmc.requests.filter((line) => line.startsWith('POST')).length).toBe(2);
    expect(bmc.requests.filter((line) => line.endsWith('basic'))).toEqual([]);
  });

  it('signs in by Basic where there are no sessions', async () => {
    const test = await start({ traits: { hasSessions: false } });
    await using session = await serverBmc.connect(test.context);
    await session.poll(test.context.signal);
    expect(bmc.requests.at(-1)).toMatch(/basic$/);
  });

  it('is not asked again after it refused a password', async () => {
    const test = await start({}, {}, { username: 'operator', password: 'wrong' });
    await expect(serverBmc.connect(test.context)).rejects.toMatchObject({ code: 'authentication' });
    expect(bmc.signInFailures).toBe(1);
  });

  it('asks within its bounds: no path that was not linked, nothing but reading', async () => {
    const test = await start();
    {
      await using _session = await serverBmc.connect(test.context);
    }
    const others = bmc.requests.filter((line) => !line.startsWith('GET /redfish/v1/'));
    expect(others.map((line) => line.replace(/\d+ /, ' '))).toEqual([
      'POST /redfish/v1/SessionService/Sessions anonymous',
      'DELETE /redfish/v1/SessionService/Sessions/ session',
    ]);
  });
});

describe('TLS of a controller', () => {
  it('is taken with its certificate pinned, however the pin is written', async () => {
    const test = await start({ tls }, { pinnedCertificate: pin });
    await using session = await serverBmc.connect(test.context);
    await session.poll(test.context.signal);
  });

  it.each([
    ['another certificate is pinned', { pinnedCertificate: '00'.repeat(32) }, 'certificate-mismatch'],
    ['nothing is pinned and nobody vouches', {}, 'certificate-not-trusted'],
  ])('is refused when %s, before any password is sent', async (_name, settings, code) => {
    const test = await start({ tls }, settings);
    await expect(serverBmc.connect(test.context)).rejects.toMatchObject({ code });
    expect(bmc.requests).toEqual([]);
  });
});

describe('the power of a server', () => {
  it('is not off because it was told so: the operating system must obey', async () => {
    const test = await start({}, { shutdownSeconds: 20 });
    bmc.server.obeys = false;
    await using session = await serverBmc.connect(test.context);
    await expect(power(test, session, 'off')).rejects.toMatchObject({ code: 'no-effect' });
    expect(bmc.server.orders).toEqual(['GracefulShutdown']);
  });

  it('is cut where the settings say so', async () => {
    const test = await start({}, { offBy: 'cutting' });
    await using session = await serverBmc.connect(test.context);
    expect(await power(test, session, 'off')).toEqual({ state: 'off' });
    expect(bmc.server.orders).toEqual(['ForceOff']);
    expect(await power(test, session, 'off')).toEqual({ state: 'off', wasAlready: true });
    await expect(power(test, session, 'reset')).rejects.toMatchObject({ code: 'unavailable' });
    expect(bmc.server.orders).toHaveLength(1);
  });

  it('restarts by a shutdown and a start where there is no word for it', async () => {
    const test = await start({ traits: { resets: ['On', 'ForceOff', 'GracefulShutdown'] } });
    await using session = await serverBmc.connect(test.context);
    expect(test.reporter.descriptors[0]?.capabilities['power']?.commands).toEqual(['on', 'off', 'reboot']);
    await power(test, session, 'reboot');
    expect(bmc.server.orders).toEqual(['GracefulShutdown', 'On']);
    expect(bmc.server.power).toBe('On');
  });

  it('is sent an order once, also when the answer is lost', async () => {
    const test = await start();
    await using session = await serverBmc.connect(test.context);
    bmc.loseNextAnswer();
    expect(await power(test, session, 'reset')).toEqual({ state: 'on', verified: true });
    expect(bmc.server.orders).toEqual(['ForceRestart']);
  });

  it('is no restart when nothing shows one', async () => {
    const test = await start();
    bmc.server.isStuck = true;
    await using session = await serverBmc.connect(test.context);
    await expect(power(test, session, 'reset')).rejects.toMatchObject({ code: 'no-effect' });
    expect(bmc.server.orders).toEqual(['ForceRestart']);
  });

  it('is called unverified when the controller tells nothing of restarts and none was seen', async () => {
    const test = await start({ traits: { tellsResets: false } });
    bmc.server.isStuck = true;
    await using session = await serverBmc.connect(test.context);
    expect(await power(test, session, 'reset')).toEqual({ state: 'on', verified: false });
  });
});
