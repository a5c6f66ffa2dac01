import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DriverSession } from '../../../../agent/devices/driver.ts';
import { DeviceError } from '../../../../agent/devices/error.ts';
import { readCertificate } from '../../../../agent/devices/onvif-camera/upkeep/certificate.ts';
import { defaultVerdict } from '../../../../agent/devices/onvif-camera/upkeep/default-credentials.ts';
import { endOf } from '../../../../agent/devices/onvif-camera/upkeep/log.ts';
import type { Exchange } from '../../../simulators/onvif-camera/index.ts';
import { selfSigned, signedByAuthority } from '../../../simulators/onvif-camera/upkeep/certificates.ts';
import { openScene, type Scene } from './scene.ts';

const root = { name: 'root', password: 'pass', level: 'Administrator' } as const;

describe('the upkeep of a camera', () => {
  let cleanup: AsyncDisposableStack;
  beforeEach(() => {
    cleanup = new AsyncDisposableStack();
  });
  afterEach(() => cleanup.disposeAsync());

  async function open(options: Parameters<typeof openScene>[0] = {}): Promise<Scene & { session: DriverSession }> {
    const scene = cleanup.use(await openScene(options));
    const session = await scene.connect();
    await session.poll(scene.test.context.signal);
    return { ...scene, session };
  }

  async function codeOf(work: Promise<unknown>): Promise<string> {
    const thrown = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(DeviceError);
    return (thrown as DeviceError).code;
  }

  describe('accounts', () => {
    it('are names and levels, and no password is ever told', async () => {
      const others = [{ name: 'giáo viên', password: 'Rất-bí-mật', level: 'Operator' }] as const;
      const { test } = await open({ users: others });
      expect(test.reporter.last('accounts')).toEqual({
        users: [
          { name: 'admin', level: 'administrator', own: true },
          { name: 'giáo viên', level: 'operator' },
        ],
        defaultPassword: 'no',
        open: false,
      });
      expect(JSON.stringify(test.reporter.states)).not.toMatch(/Rất-bí-mật|Lớp/);
    });

    it('are not told to an operator, whose session works all the same', async () => {
      const { test, session, camera } = await open({ level: 'Operator' });
      expect(test.reporter.last('accounts')).toBeUndefined();
      expect(test.reporter.last('time')).toBeDefined();
      await session.poll(test.context.signal);
      expect(camera.signInFailures).toBe(0);
    });

    it('are open where the camera asks nobody who he is', async () => {
      const { test } = await open({ credentials: null });
      expect(test.reporter.last('accounts')).toMatchObject({ open: true });
      const { commands } = test.reporter.descriptors.at(-1)?.capabilities['accounts'] ?? {};
      expect(commands).toEqual([]);
    });

    it('cost no wrong sign-in until a person asks for a trial', async () => {
      const { test, camera, session } = await open({ users: [root] });
      expect(test.reporter.last('accounts')).toMatchObject({ defaultPassword: 'unknown' });
      for (let poll = 0; poll < 5; poll += 1) await session.poll(test.context.signal);
      expect(camera.signInFailures).toBe(0);
    });

    it.each(['either', 'token', 'digest'] as const)('show a default password by one trial, by %s', async (signIn) => {
      const { test, camera, session, run } = await open({ users: [root], signIn });
      const output = await run(session, 'accounts', 'tryDefault', {});
      expect(output).toEqual({ account: 'root', defaultPassword: 'yes' });
      expect(camera.signInFailures).toBe(0);
      expect(test.reporter.last('accounts')).toMatchObject({ defaultPassword: 'yes' });
      await session.poll(test.context.signal);
      expect(test.reporter.descriptors.at(-1)?.capabilities['accounts']?.commands).toEqual([]);
    });

    it.each(['either', 'token', 'digest'] as const)('cost one wrong sign-in a trial, by %s', async (signIn) => {
      const changed = [{ ...root, password: 'Đã-đổi-7' }];
      const { camera, session, run, test } = await open({ users: changed, signIn });
      expect(await run(session, 'accounts', 'tryDefault', {})).toEqual({ account: 'root', defaultPassword: 'no' });
      expect(camera.signInFailures).toBe(1);
      await session.poll(test.context.signal);
      expect(camera.signInFailures).toBe(1);
    });

    it('are tried once a day, also after the session began anew', async () => {
      const credentials = { username: 'fleet', password: 'Mật-khẩu-7' };
      const users = [{ name: 'admin', password: 'Đã-đổi-7', level: 'Administrator' }] as const;
      const { run, session, camera, connect, test } = await open({ credentials, users });
      expect(await run(session, 'accounts', 'tryDefault', {})).toEqual({
        account: 'admin',
        defaultPassword: 'unknown',
      });
      expect(await codeOf(run(session, 'accounts', 'tryDefault', {}))).toBe('unavailable');
      await session[Symbol.asyncDispose]();
      const again = await connect();
      await again.poll(test.context.signal);
      expect(await codeOf(run(again, 'accounts', 'tryDefault', {}))).toBe('unavailable');
      expect(camera.signInFailures).toBe(1);
      expect(test.reporter.last('accounts')).toMatchObject({ triedAt: expect.any(Number) });
    });
  });

  describe('time', () => {
    it('is told as it is: servers that nobody asks are no NTP', async () => {
      const { test } = await open();
      expect(test.reporter.last('time')).toEqual({
        source: 'manual',
        active: false,
        servers: ['time.sim.test'],
        zone: 'ICT-7',
        daylightSaving: false,
      });
    });

    it('comes from the servers of DHCP when none are named, in the zone that was given', async () => {
      const { camera, session, run, test } = await open({ clockSkewMs: -7_200_000 });
      await run(session, 'time', 'setNtp', { servers: [], zone: '<+07>-7' });
      expect(camera.upkeep).toMatchObject({ isNtp: true, isNtpFromDhcp: true, timeZone: '<+07>-7' });
      expect(test.reporter.last('time')).toMatchObject({ source: 'dhcp', servers: ['192.0.2.123'] });
      // The clock has jumped by two hours, and the next sign-in is still a right one.
      await session.poll(test.context.signal);
      expect(camera.signInFailures).toBe(0);
    });

    it('is not believed: a camera that acknowledges and changes nothing has failed', async () => {
      const { session, run } = await open({ isDeaf: true });
      expect(await codeOf(run(session, 'time', 'setNtp', { servers: ['192.168.1.1'] }))).toBe('no-effect');
      expect(await codeOf(run(session, 'network', 'setHostname', { hostname: 'cam-7' }))).toBe('no-effect');
    });

    it('takes no server that is none', async () => {
      const { session, run, camera } = await open();
      expect(await codeOf(run(session, 'time', 'setNtp', { servers: ['256.1.1.1'] }))).toBe('unsupported');
      expect(camera.upkeep.ntpServers).toEqual(['time.sim.test']);
    });
  });

  it('tells how the camera stands in the network', async () => {
    const { test, camera } = await open();
    expect(test.reporter.last('network')).toEqual({
      hostname: 'es-sim00000001',
      interfaces: [{ name: 'eth0', mac: camera.identity.mac, addresses: ['127.0.0.1/24'], dhcp: false }],
      gateways: ['192.0.2.1'],
      dns: ['192.0.2.53'],
      services: [
        { name: 'HTTP', enabled: true, ports: [80] },
        { name: 'HTTPS', enabled: false, ports: [443] },
        { name: 'RTSP', enabled: true, ports: [554] },
      ],
    });
  });

  describe('the log', () => {
    const wanted = {
      kind: 'system',
      text: '2026-03-02 00:00:01 start of the system\n2026-03-02 00:00:05 lens ready: "đủ sáng" <ok>\n',
      sizeBytes: 91,
      cut: false,
    };
    it.each([
      { title: 'as text', options: {} },
      { title: 'as an attachment', options: { hasLogAttachment: true } },
      { title: 'as a file', options: { logs: ['http'] } },
      { title: 'as a file, after digest', options: { logs: ['http'], signIn: 'digest' } },
    ] as const)('is read $title', async ({ options }) => {
      const { session, run } = await open(options);
      expect(await run(session, 'log', 'fetch', { kind: 'system' })).toEqual(wanted);
    });

    it('that is not there is a refusal in plain words', async () => {
      const { session, run, test } = await open({ logs: ['soap'] });
      await expect(run(session, 'log', 'fetch', { kind: 'access' })).rejects.toThrow(/no access log/);
      await session.poll(test.context.signal);
    });

    it('is no capability of a camera without one', async () => {
      const { test } = await open({ logs: [] });
      expect(test.reporter.descriptors.at(-1)?.capabilities).not.toHaveProperty('log');
    });

    it('ends with its newest lines, whole, within 16 KiB', () => {
      const line = fc.string({ unit: fc.constantFrom('a', 'đ', '𝄞', ' ', '"', '\\'), minLength: 1, maxLength: 400 });
      fc.assert(
        fc.property(fc.array(line, { minLength: 1, maxLength: 150 }), (lines) => {
          const whole = `${lines.join('\n')}\n`;
          const { text, isCut } = endOf(Buffer.from(whole), undefined);
          expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThanOrEqual(16 * 1024 + 2);
          expect(whole.endsWith(text)).toBe(true);
          expect(text).not.toContain('\ufffd');
          expect(isCut).toBe(text.length < whole.length);
        }),
        { numRuns: 50 },
      );
    });

    it('keeps our password and control characters to itself', () => {
      expect(endOf(Buffer.from('a\x1b[2Jb\r\nlogin Lớp7\tok\r'), 'Lớp7').text).toBe('a [2Jb\nlogin ***\tok\n');
    });
  });

  describe('certificates', () => {
    const described = [
      {
        id: 'factory',
        subject: 'O=Edufleet Sim, CN=SIM camera',
        issuer: 'O=Edufleet Sim, CN=SIM camera',
        notBefore: Date.UTC(2026, 10, 24, 12, 30, 56),
        notAfter: Date.UTC(2036, 10, 21, 12, 30, 56),
        selfSigned: true,
        // Told by `openssl x509 -fingerprint -sha256`.
        fingerprint: '56d9831954abe0ce7e8def9c7d2c168284ffc92b6a5c598e33a358f85968bb97',
        served: true,
      },
      {
        id: 'issued',
        subject: 'O=Edufleet Sim, CN=camera.sim.test',
        issuer: 'O=Edufleet Sim, CN=SIM authority',
        notBefore: Date.UTC(2026, 10, 24, 12, 30, 56),
        notAfter: Date.UTC(2026, 10, 25, 12, 30, 56),
        selfSigned: false,
        fingerprint: '21921707bb1f13a1ce637732296710d05b5e23fc009693ea2bca9a3c497080b0',
        served: false,
      },
    ];
    it.each([true, false])('are listed with their end, from a keystore: %s', async (hasKeystore) => {
      const { test } = await open({ hasKeystore });
      expect(test.reporter.last('certificate')).toEqual({ certificates: described });
    });

    it('that say that they signed themselves and did not are not believed', () => {
      const forged = Buffer.from(selfSigned);
      forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
      expect(readCertificate(forged)?.selfSigned).toBe(false);
    });

    it('that are none are left out, whatever the bytes', () => {
      fc.assert(
        fc.property(fc.nat({ max: signedByAuthority.length - 1 }), (length) => {
          expect(readCertificate(signedByAuthority.subarray(0, length))).toBeUndefined();
        }),
        { numRuns: 50 },
      );
    });
  });

  describe('a restart', () => {
    const countReboots = (exchanges: readonly Exchange[]) =>
      exchanges.filter(({ request }) => request.includes('SystemReboot')).length;

    it.each([false, true])('is seen to happen, though the camera goes without an answer: %s', async (isRude) => {
      const exchanges: Exchange[] = [];
      const onExchange = (exchange: Exchange) => void exchanges.push(exchange);
      const { session, run, camera, test } = await open({ isRude, onExchange });
      const output = (await run(session, 'power', 'reboot', {})) as { awaySeconds: number };
      expect(camera.upkeep.restarts).toBe(1);
      expect(output.awaySeconds).toBeGreaterThan(10);
      expect(countReboots(exchanges)).toBe(isRude ? 0 : 1);
      await session.poll(test.context.signal);
      expect(test.reporter.last('power')).toEqual({ state: 'on' });
      expect(camera.signInFailures).toBe(0);
    });

    it('that is only promised is a failure, and is ordered once', async () => {
      const exchanges: Exchange[] = [];
      const onExchange = (exchange: Exchange) => void exchanges.push(exchange);
      const { session, run } = await open({ isDeaf: true, onExchange });
      expect(await codeOf(run(session, 'power', 'reboot', {}))).toBe('no-effect');
      expect(countReboots(exchanges)).toBe(1);
    });

    it('by an operator is refused by the camera', async () => {
      const { session, run, camera, test } = await open({ level: 'Operator' });
      expect(await codeOf(run(session, 'power', 'reboot', {}))).toBe('authentication');
      expect(camera.upkeep.restarts).toBe(0);
      // It may do the rest.
      await session.poll(test.context.signal);
      expect(await run(session, 'ptz', 'stop', {})).toMatchObject({ verified: true });
    });
  });
});

describe('the verdict about default passwords', () => {
  const tried = (username: string, password: string, isAccepted: boolean) => ({ username, password, isAccepted });

  it('needs no trial where our own account is the proof', () => {
    const own = { username: 'admin', password: '12345' };
    const facts = { vendor: 'HIKVISION', names: ['admin'], own, tried: [] };
    expect(defaultVerdict(facts)).toEqual({ verdict: 'yes', next: undefined });
    expect(defaultVerdict({ ...facts, own: { ...own, password: 'Khác-7' } })).toEqual({
      verdict: 'no',
      next: undefined,
    });
  });

  it('stays open while an account of the handbook is there that is not ours', () => {
    const facts = { vendor: 'Dahua', names: ['admin', 'fleet'], own: { username: 'fleet', password: 'x' }, tried: [] };
    const next = { username: 'admin', password: 'admin' };
    expect(defaultVerdict(facts)).toEqual({ verdict: 'unknown', next });
    expect(defaultVerdict({ ...facts, tried: [tried('admin', 'admin', false)] }).verdict).toBe('no');
    expect(defaultVerdict({ ...facts, tried: [tried('admin', 'admin', true)] }).verdict).toBe('yes');
    expect(defaultVerdict({ ...facts, names: undefined })).toEqual({ verdict: 'unknown', next: undefined });
  });

  it('never sends a password to an account that is not there, to ours, or twice', () => {
    const name = fc.constantFrom('admin', 'root', 'fleet', 'Admin', 'service');
    const password = fc.constantFrom('admin', '12345', '123456', '', 'pass', 'Khác-7');
    const entry = fc.record({ username: name, password });
    const vendor = fc.constantFrom(undefined, 'Axis', 'Bosch', 'VIVOTEK', 'Nobody');
    fc.assert(
      fc.property(vendor, fc.uniqueArray(name), entry, fc.array(entry), (maker, names, own, attempts) => {
        const history = attempts.map((attempt) => ({ ...attempt, isAccepted: false }));
        const { next, verdict } = defaultVerdict({ vendor: maker, names, own, tried: history });
        expect(verdict === 'unknown').toBe(next !== undefined);
        if (!next) return;
        expect(names).toContain(next.username);
        expect(next.username).not.toBe(own.username);
        expect(attempts).not.toContainEqual(next);
      }),
    );
  });
});

it('takes stock of a slow camera bit by bit, so that the session begins in time', async () => {
  await using scene = await openScene();
  const { camera, test } = scene;
  const { signal } = test.context;
  await camera.setFault('slow');
  const session = await scene.connect();
  const known = () => Object.keys(test.reporter.descriptors.at(-1)?.capabilities ?? {});
  expect(known()).toContain('video');
  expect(known()).not.toContain('certificate');
  for (let poll = 0; poll < 6 && !known().includes('certificate'); poll += 1) await session.poll(signal);
  expect(known()).toEqual(expect.arrayContaining(['time', 'network', 'accounts', 'certificate', 'log', 'power']));
});
