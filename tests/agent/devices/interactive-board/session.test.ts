import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { DriverSession } from '../../../../agent/devices/driver.ts';
import { interactiveBoard } from '../../../../agent/devices/interactive-board/index.ts';
import { type BoardOptions, BoardSimulator } from '../../../simulators/interactive-board/index.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext, type TestContext } from '../../../support/driver-context.ts';
import { createTestAuthority } from '../../../support/test-authority.ts';

interface Bench {
  readonly clock: FastClock;
  readonly board: BoardSimulator;
  readonly test: TestContext<unknown>;
  connect(): Promise<DriverSession>;
}

const benches: Bench[] = [];
const never = new AbortController().signal;

async function setUp(
  options: Omit<BoardOptions, 'clock'>,
  over: { settings?: Record<string, unknown>; pin?: string; wakes?: boolean } = {},
): Promise<Bench> {
  const clock = createFastClock(20);
  const board = await BoardSimulator.start({ clock, ...options });
  const wake = { mac: board.mac.toUpperCase(), addresses: ['127.0.0.1'], port: board.wakePort, seconds: 30 };
  return bench(clock, board, { profile: options.profile, ...(over.wakes ? { wake } : {}), ...over.settings }, over.pin);
}

function bench(clock: FastClock, board: BoardSimulator, settings: Record<string, unknown>, pin?: string): Bench {
  const test = createTestContext<unknown>({
    family: interactiveBoard.family,
    settings: interactiveBoard.settings.parse(settings),
    clock,
    address: board.address,
    credentials: pin === undefined ? undefined : { password: pin },
  });
  // The erased type of the registry: the settings have passed the schema.
  const driver: { connect(context: unknown): Promise<DriverSession> } = interactiveBoard as never;
  const made = { clock, board, test, connect: () => driver.connect(test.context) };
  benches.push(made);
  return made;
}

afterEach(async () => {
  for (const { board, test } of benches.splice(0)) {
    test.stop();
    await board[Symbol.asyncDispose]();
    expect(test.openSockets()).toBe(0);
  }
});

type Named = Parameters<DriverSession['execute']>[0]['capability'];
const command = (capability: Named, name: string, args: Record<string, unknown> = {}) => ({
  id: 'c1',
  capability,
  name,
  args,
});
const hexes = (board: BoardSimulator) => board.received.map((bytes) => bytes.toString('hex'));
const offered = ({ test }: Bench) => test.reporter.descriptors.at(-1)?.capabilities;

describe('what a board says', () => {
  it('reports a Samsung board with all that it knows', async () => {
    const { connect, test } = await setUp({ profile: 'samsung-mdc' });
    await connect();
    const last = (name: Named) => test.reporter.last(name);
    expect(last('identity')).toEqual({
      vendor: 'Samsung',
      model: 'QM75C',
      serial: '0AVHHCPK700123',
      firmware: '1.10',
      name: 'Lop 7A',
    });
    expect(last('power')).toEqual({ state: 'on' });
    expect(last('input')).toMatchObject({ selected: 'hdmi1', signal: true });
    expect(last('volume')).toEqual({ level: 30, muted: false });
    expect(last('video')).toEqual({ blanked: false, signal: 'present' });
    expect(last('lock')).toEqual({ panel: false, remote: false, keys: false });
    expect(last('temperature')).toEqual({ level: 'ok' });
    expect(last('usage')).toEqual({ hoursOn: 12_345 });
    expect(last('diagnostics')).toEqual({ faults: [] });
    expect(test.reporter.samples).toEqual([{ 'temperature.celsius': 41, 'usage.hours': 12_345 }]);
  });

  it('tells a new fault once, and its end', async () => {
    const { connect, board, test } = await setUp({ profile: 'samsung-mdc' });
    const session = await connect();
    board.state.broken.add('fan').add('temperature');
    await session.poll(never);
    await session.poll(never);
    expect(test.reporter.last('temperature')).toEqual({ level: 'error' });
    expect(test.reporter.last('diagnostics')).toEqual({
      faults: [
        { part: 'temperature', level: 'error', message: '41 °C' },
        { part: 'fan', level: 'error' },
      ],
    });
    board.state.broken.clear();
    await session.poll(never);
    expect(test.reporter.events.map(({ severity, data }) => [severity, data])).toEqual([
      ['critical', { part: 'temperature', level: 'error' }],
      ['critical', { part: 'fan', level: 'error' }],
      ['info', { part: 'temperature', level: 'ok' }],
      ['info', { part: 'fan', level: 'ok' }],
    ]);
  });

  it('says nothing about a picture and a sound that are not there, and keeps what stays true', async () => {
    const { connect, board, test } = await setUp({ profile: 'lg' });
    const session = await connect();
    await board.setPower('off');
    await session.poll(never);
    expect(test.reporter.last('power')).toEqual({ state: 'off' });
    expect(test.reporter.last('volume')).toEqual({});
    expect(test.reporter.last('diagnostics')).toEqual({});
    expect(test.reporter.last('usage')).toEqual({ hoursOn: 12_345 });
    expect(test.reporter.last('identity')).toMatchObject({ serial: '0AVHHCPK700123' });
    expect(test.reporter.events).toMatchObject([{ name: 'changed', data: { from: 'on', to: 'off' } }]);
  });

  it('asks hours every few minutes and facts once, not at every poll', async () => {
    const { connect, board } = await setUp({ profile: 'philips-sicp' });
    const session = await connect();
    const first = board.received.length;
    await session.poll(never);
    expect(hexes(board).filter((hex) => hex.startsWith('0501001511'))).toHaveLength(1);
    expect(board.received.length - first).toBeLessThan(first);
  });

  it('offers no longer what the board refuses, and asks it no more', async () => {
    const made = await setUp({ profile: 'viewsonic' });
    for (const word of ['p', '0', 'f']) made.board.state.lacks.add(word);
    const session = await made.connect();
    expect(offered(made)?.['lock']).toEqual({ commands: ['set'] });
    expect(offered(made)).not.toHaveProperty('temperature');
    expect(offered(made)?.['volume']).toEqual({ commands: ['mute'] });
    const asked = hexes(made.board).filter((hex) => hex.startsWith('38303167703030300d')).length;
    await session.poll(never);
    expect(hexes(made.board).filter((hex) => hex.startsWith('38303167703030300d'))).toHaveLength(asked);
    await expect(
      session.execute(command('lock', 'set', { target: 'panel', locked: true }), never),
    ).rejects.toMatchObject({
      code: 'invalid-arguments',
    });
    await expect(session.execute(command('volume', 'set', { level: 5 }), never)).rejects.toMatchObject({
      code: 'unsupported-command',
    });
  });

  it('reads the hours of a panel that breaks off as unknown, and goes on', async () => {
    const { connect, board, test } = await setUp({ profile: 'viewsonic' });
    board.state.ignores.add('1');
    const session = await connect();
    expect(test.reporter.descriptors.at(-1)?.capabilities).not.toHaveProperty('usage');
    await session.poll(never);
    expect(test.reporter.last('volume')).toEqual({ level: 30, muted: false });
  });

  it.each(['samsung-mdc', 'philips-sicp', 'iiyama', 'viewsonic', 'benq', 'lg'] as const)(
    'names both ids when another display of %s answers',
    async (profile) => {
      const { connect } = await setUp({ profile, id: 2, answerId: 7 }, { settings: { displayId: 2 } });
      await expect(connect()).rejects.toMatchObject({ code: 'protocol', details: { answered: 7, wanted: 2 } });
    },
  );

  it('says that a board which has another id does not answer', async () => {
    const { connect } = await setUp({ profile: 'iiyama', id: 1 }, { settings: { displayId: 7 } });
    await expect(connect()).rejects.toMatchObject({ code: 'timeout' });
  });

  it('reads SMART through the noise of power-up, and its update as what it is', async () => {
    const { connect, board, test } = await setUp({ profile: 'smart' });
    const session = await connect();
    expect(test.reporter.last('input')).toMatchObject({ selected: 'hdmi1' });
    expect(test.reporter.last('identity')).toMatchObject({ vendor: 'SMART', hardware: 'T8.0' });
    board.isUpdating = true;
    await session.poll(never);
    expect(test.reporter.last('power')).toEqual({ state: 'on' });
    await expect(session.execute(command('power', 'off'), never)).rejects.toMatchObject({ code: 'busy' });
  });
});

describe('what a board does', () => {
  it.each([
    ['samsung-mdc', '12'],
    ['philips-sicp', '44'],
    ['iiyama', '44'],
    ['viewsonic', '5'],
    ['lg', 'kf'],
    ['smart', 'volume'],
  ] as const)('does not believe %s when it acknowledges and does nothing', async (profile, word) => {
    const { connect, board } = await setUp({ profile });
    const session = await connect();
    board.state.ignores.add(word);
    await expect(session.execute(command('volume', 'set', { level: 55 }), never)).rejects.toMatchObject({
      code: 'no-effect',
    });
  });

  it('tells a message only while it is shown, and shows none on a display without a clock', async () => {
    const { connect, board, test } = await setUp({ profile: 'samsung-mdc' });
    const session = await connect();
    const show = (minutes: number) => session.execute(command('message', 'show', { text: 'Ra chơi', minutes }), never);
    expect(await show(5)).toEqual({ text: 'Ra choi' });
    board.state.clockMinute = 9 * 60 + 36;
    await session.poll(never);
    expect(test.reporter.last('message')).toEqual({});
    board.state.clockMinute = 23 * 60 + 50;
    await show(60);
    expect(board.state.ticker).toMatchObject({ fromMinute: 23 * 60 + 50, toMinute: 23 * 60 + 59 });
    // Older than 2013.
    board.state.lacks.add('c5');
    await show(1);
    board.state.clockMinute = undefined;
    await expect(show(1)).rejects.toMatchObject({ code: 'unavailable' });
    await session.poll(never);
    expect(test.reporter.last('message')).toEqual({ text: 'Ra choi' });
  });

  it('believes no ticker that is acknowledged and does not run, and offers none where there is none', async () => {
    const { connect, board, test } = await setUp({ profile: 'samsung-mdc' });
    const session = await connect();
    board.state.ignores.add('63');
    const show = command('message', 'show', { text: 'x', minutes: 1 });
    await expect(session.execute(show, never)).rejects.toMatchObject({ code: 'no-effect' });
    board.state.lacks.add('63');
    await session.poll(never);
    expect(test.reporter.descriptors.at(-1)?.capabilities).not.toHaveProperty('message');
  });

  it('shows a source without a name by its code, and selects it by that', async () => {
    const { connect, board, test } = await setUp(
      { profile: 'samsung-mdc' },
      { settings: { inputs: [{ id: 'code-50', label: 'PC' }] } },
    );
    const session = await connect();
    expect(test.reporter.last('input')).toMatchObject({ sources: [{ id: 'code-50', label: 'PC' }] });
    // The board tells a code that has a name by its name, whatever it was called by.
    board.state.ignores.add('14');
    await expect(session.execute(command('input', 'select', { id: 'hdmi9' }), never)).rejects.toMatchObject({
      code: 'invalid-arguments',
    });
  });

  it('says that a dark board takes no orders', async () => {
    const { connect, board } = await setUp({ profile: 'philips-sicp' });
    const session = await connect();
    await board.setPower('off');
    await expect(session.execute(command('volume', 'mute', { muted: true }), never)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it.each(['samsung-mdc', 'lg', 'smart'] as const)(
    'turns %s off once, although it drops the connection',
    async (profile) => {
      const { connect, board, test } = await setUp({ profile, dropsOnSwitch: true, switchMs: 9_000 });
      const session = await connect();
      const before = board.received.length;
      expect(await session.execute(command('power', 'off'), never)).toEqual({ state: 'off', changed: true });
      expect(test.reporter.last('power')).toEqual({ state: 'off' });
      const orders = { 'samsung-mdc': /^aa11010100/, lg: /^6b6120303120(30)/, smart: /^736574/ }[profile];
      expect(
        hexes(board)
          .slice(before)
          .filter((hex) => orders.test(hex)),
      ).toHaveLength(1);
      expect(await session.execute(command('power', 'off'), never)).toEqual({ state: 'off', changed: false });
    },
  );

  it('admits that it cannot see whether a board that left the network is off', async () => {
    const { connect } = await setUp({ profile: 'lg', sleeps: true }, { settings: { powerOffSeconds: 10 } });
    const session = await connect();
    expect(await session.execute(command('power', 'off'), never)).toEqual({
      state: 'off',
      changed: true,
      verified: false,
    });
    await expect(session.execute(command('power', 'on'), never)).rejects.toMatchObject({ code: 'refused' });
  });

  it('does not believe a board that takes the order and stays on', async () => {
    const { connect, board } = await setUp({ profile: 'samsung-mdc' }, { settings: { powerOffSeconds: 6 } });
    const session = await connect();
    board.state.ignores.add('11');
    await expect(session.execute(command('power', 'off'), never)).rejects.toMatchObject({ code: 'no-effect' });
    await expect(session.execute(command('power', 'reboot'), never)).rejects.toMatchObject({ code: 'no-effect' });
  });

  it('restarts a board and waits until it is back', async () => {
    const { connect, board } = await setUp({ profile: 'samsung-mdc', rebootMs: 8_000 });
    const session = await connect();
    const { afterSeconds } = await session.execute(command('power', 'reboot'), never);
    expect(afterSeconds).toBeGreaterThanOrEqual(8);
    await board.setPower('off');
    await expect(session.execute(command('power', 'reboot'), never)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('waking', () => {
  it('wakes a sleeping board, turns it on, and sees it on', async () => {
    const made = await setUp({ profile: 'lg', sleeps: true }, { wakes: true });
    await made.board.setPower('off');
    const session = await made.connect();
    await expect(session.poll(never)).rejects.toMatchObject({ code: 'refused' });
    expect(await session.execute(command('power', 'on'), never)).toEqual({ state: 'on', changed: true });
    expect(made.board.wakes).toBeGreaterThan(0);
    await session.poll(never);
    expect(offered(made)?.['wake']).toEqual({ commands: ['wake'] });
    expect(made.test.reporter.last('wake')).toEqual({ mac: '00:11:22:33:44:55' });
    expect(made.test.reporter.descriptors.at(-1)?.macs).toEqual(['00:11:22:33:44:55']);
  });

  it('wakes without turning on, and says how long it took', async () => {
    const { connect, board } = await setUp({ profile: 'philips-sicp', sleeps: true }, { wakes: true });
    await board.setPower('off');
    const session = await connect();
    expect(await session.execute(command('wake', 'wake'), never)).toMatchObject({ power: 'off' });
    expect(board.power).toBe('off');
  });

  it('fails when nothing answers, however often it has called', async () => {
    const { connect, board } = await setUp({ profile: 'philips-sicp' }, { wakes: true });
    await board.setFault('reboot');
    const session = await connect();
    await expect(session.execute(command('wake', 'wake'), never)).rejects.toMatchObject({ code: 'no-effect' });
    expect(board.wakes).toBeGreaterThan(1);
  });
});

describe('secured mode of Samsung', () => {
  const made = createTestAuthority().then((authority) => authority.serverIdentity());
  const secure = async (settings: Record<string, unknown> = {}, pin?: string) => {
    const { key, certificate } = await made;
    const pinnedCertificate = new X509Certificate(certificate).fingerprint256.replaceAll(':', '');
    const secured = { pin: '0042', key, certificate };
    return await setUp(
      { profile: 'samsung-mdc', secured },
      { settings: { pinnedCertificate, ...settings }, ...(pin === undefined ? {} : { pin }) },
    );
  };

  it('speaks inside TLS after the PIN', async () => {
    const { connect, board, test } = await secure({}, '0042');
    const session = await connect();
    await session.execute(command('volume', 'set', { level: 12 }), never);
    expect(board.state.volume).toBe(12);
    expect(test.reporter.last('identity')).toMatchObject({ model: 'QM75C' });
  });

  it('sends a wrong PIN once and never again, until its credentials change', async () => {
    const { connect, board, clock, test } = await secure({}, '1234');
    for (const _ of [1, 2, 3, 4]) await expect(connect()).rejects.toMatchObject({ code: 'authentication' });
    expect(board.wrongPins).toBe(1);
    const corrected = bench(
      clock,
      board,
      {
        profile: 'samsung-mdc',
        pinnedCertificate: (test.context.settings as { pinnedCertificate: string }).pinnedCertificate,
      },
      '0042',
    );
    await corrected.connect();
    expect(board.wrongPins).toBe(1);
  });

  it('says that a PIN is needed when none is configured', async () => {
    const { connect } = await secure();
    await expect(connect()).rejects.toMatchObject({ code: 'authentication', message: expect.stringContaining('PIN') });
  });

  it('sends no PIN to a board whose certificate is not the pinned one, or is not pinned at all', async () => {
    const wrong = await secure({ pinnedCertificate: '00'.repeat(32) }, '0042');
    await expect(wrong.connect()).rejects.toMatchObject({ code: 'certificate-mismatch' });
    const unpinned = await secure({ pinnedCertificate: undefined }, '0042');
    await expect(unpinned.connect()).rejects.toMatchObject({
      code: 'certificate-not-trusted',
      details: { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('sends no PIN and no order in the clear to a board that is not secured', async () => {
    const { connect, board } = await setUp({ profile: 'samsung-mdc' }, { pin: '0042' });
    await expect(connect()).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('secured') });
    expect(board.received).toEqual([]);
  });

  it.each(['silence', 'hang-up', 'half-frame', 'garbage'] as const)('survives %s while it signs in', async (fault) => {
    const { connect, board, test } = await secure({}, '0042');
    await board.setFault(fault);
    await expect(connect()).rejects.toMatchObject({ name: 'DeviceError' });
    expect(test.openSockets()).toBe(0);
    await board.setFault(undefined);
    await connect();
  });
});

describe('settings', () => {
  it.each([
    [{}, 'profile'],
    [{ profile: 'promethean' }, 'profile'],
    [{ profile: 'viewsonic', displayId: 99 }, 'displayId'],
    [{ profile: 'philips-sicp', displayId: 0 }, 'displayId'],
    [{ profile: 'lg', wake: { mac: '001122334455' } }, 'mac'],
    [{ profile: 'lg', wake: { mac: '00:11:22:33:44:55', addresses: ['board.local'] } }, 'addresses'],
    [{ profile: 'samsung-mdc', pinnedCertificate: 'ab' }, 'pinnedCertificate'],
    [{ profile: 'lg', pin: '0042' }, 'pin'],
  ])('refuses %j by name', (settings, named) => {
    const read = interactiveBoard.settings.safeParse(settings);
    expect(read.success).toBe(false);
    expect(JSON.stringify(read.error?.issues)).toContain(named);
  });
});
