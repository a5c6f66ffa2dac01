import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, decodeBundle, encodeBundle } from '../../../agent/capture/bundle.ts';
import { genericMqtt } from '../../../agent/devices/generic-mqtt/index.ts';
import { rfidGate } from '../../../agent/devices/rfid-gate/index.ts';
import { ReaderSimulator } from '../../simulators/rfid-gate/index.ts';
import { LibrarySimulator } from '../../simulators/rfid-gate/library.ts';
import { captureFrom, replayWith } from '../../support/captured.ts';
import { createFastClock } from '../../support/clock.ts';
import { createReplay } from '../../support/replay.ts';
import { capturedCases, type Running } from './families.ts';

const minuteMs = 60_000;

/** The members of a rig are asked side by side, so that which of them reads the clock first differs from run to run. */
function withoutMoments(states: unknown, startedAt: number): unknown {
  return JSON.parse(JSON.stringify(states), (_, value: unknown) =>
    typeof value === 'number' && Math.abs(value - startedAt) < minuteMs ? 'a moment' : value,
  );
}

/** A bundle as one text, with what it keeps as Base64 unfolded beside it. */
function everythingIn(bundle: Bundle): string {
  const text = JSON.stringify(bundle);
  const binary = [...text.matchAll(/"base64":"([^"]*)"/g)].map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  return [text, ...binary.flatMap((bytes) => [bytes.toString('latin1'), bytes.toString(), bytes.toString('hex')])].join(
    '\n',
  );
}

/** A PIN is found in longer numbers by chance: those of clocks and pseudonyms. */
function holds(text: string, form: string): boolean {
  return /^\d{4}$/.test(form) ? new RegExp(`(?<![0-9a-f])${form}(?![0-9a-f])`).test(text) : text.includes(form);
}

/** Serial numbers and MAC addresses in what a device tells. */
function serialsIn(value: unknown): readonly string[] {
  const found: string[] = [];
  JSON.stringify(value, (key, member: unknown) => {
    const texts = [member].flat().filter((text) => typeof text === 'string');
    if (/serial|^macs?$/i.test(key)) found.push(...texts.filter(({ length }) => length >= 4));
    return member;
  });
  return found;
}

function writtenForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    encodeURIComponent(secret),
    ...(bytes.length > 4 ? [bytes.toString('hex'), bytes.toString('base64').replace(/.{0,3}=*$/, '')] : []),
  ];
}

/** Random numbers and digests of a sign-in, with which passwords could be tried out. */
const oneTimeWords = [
  /PJLINK 1 (?!0{8})[0-9a-f]{8}/,
  /(?!0{32})[0-9a-f]{32}%1/,
  /PasswordDigest|<(\w+:)?Nonce/,
  /\b(nonce|opaque|response)=\\?"(?!scrubbed)/,
  /"(challenge|salt|authentication)\\?"\s*:\s*\\?"(?!scrubbed)/,
  /x-auth-token":\s*\["(?!scrubbed)/i,
  /authorization":\s*\["(?!scrubbed)/i,
];

describe.each(capturedCases)('a capture of $name', ({ driver, start }) => {
  const clock = createFastClock(5);
  let device: Running;

  beforeEach(async () => {
    device = await start(clock);
  });
  afterEach(async () => {
    await device[Symbol.asyncDispose]();
  });

  it('plays back to the same states, without the device and without its secrets', async () => {
    const bundle = await captureFrom({ driver, clock, ...device.how });
    await device.simulator.setFault('reboot');
    expect(bundle.failure).toBeUndefined();
    expect(bundle.isReplayable).toBe(true);
    expect(Object.keys(bundle.states)).toContain('identity');
    const text = everythingIn(bundle);
    for (const secret of device.secrets) {
      for (const form of writtenForms(secret)) expect(holds(text, form), `${form} of ${secret}`).toBe(false);
    }
    for (const pattern of oneTimeWords) expect(text).not.toMatch(pattern);
    const { states, failure, unmatched } = await replayWith(driver, bundle, createFastClock(10));
    expect(failure).toBeUndefined();
    expect(withoutMoments(states, bundle.startedAt)).toEqual(withoutMoments(bundle.states, bundle.startedAt));
    expect(unmatched).toEqual([]);
  });

  it('keeps serial numbers only when it is told to', async () => {
    const bundle = await captureFrom({ driver, clock, ...device.how, keepsSerials: true });
    const without = everythingIn(await captureFrom({ driver, clock, ...device.how }));
    for (const serial of serialsIn([bundle.states, bundle.descriptor])) {
      for (const form of [serial, serial.toLowerCase(), serial.replaceAll(':', '')]) {
        expect(without.includes(form), `${form} of ${serial}`).toBe(false);
      }
    }
    const { states, failure } = await replayWith(driver, bundle, createFastClock(10));
    expect(failure).toBeUndefined();
    expect(withoutMoments(states, bundle.startedAt)).toEqual(withoutMoments(bundle.states, bundle.startedAt));
  });

  it.each(['garbage', 'hang-up'] as const)('plays back a device that answers with %s', async (fault) => {
    await device.simulator.setFault(fault);
    const bundle = await captureFrom({ driver, clock, ...device.how });
    const { failure } = await replayWith(driver, bundle, createFastClock(10));
    const code = failure instanceof Error && 'code' in failure ? failure.code : undefined;
    expect(code).toBe(bundle.failure?.problem.code);
  });
});

describe('a capture of a gate that asks its library', () => {
  const clock = createFastClock(5);
  const login = { username: 'cong-thu-vien', password: 'thu-vien-7' };
  /** SGTIN-96 with the serial numbers 6789 and 6790. */
  const tags = ['3074257bf7194e4000001a85', '3074257bf7194e4000001a86'] as const;
  let library: LibrarySimulator;
  let reader: ReaderSimulator;

  beforeEach(async () => {
    library = await LibrarySimulator.start({ clock, login });
    library.items.set('B00006789', { circulation: '03', title: 'Dế Mèn phiêu lưu ký' });
    library.items.set('B00006790', { circulation: '04', title: 'Số đỏ', due: '20261130' });
    reader = await ReaderSimulator.start({ clock });
  });
  afterEach(async () => {
    await reader[Symbol.asyncDispose]();
    await library[Symbol.asyncDispose]();
  });

  it('names no item and no book, and decides the same about the same', async () => {
    const settings = {
      item: { by: 'sgtin-96', id: 'serial', prefix: 'B', digits: 8 },
      security: { by: 'library' },
      library: { ...library.address, answerMs: 1_000 },
      pollSeconds: 5,
    };
    const how = { driver: rfidGate, clock, address: reader.address, settings, credentials: login, stayMs: 9_000 };
    const capturing = captureFrom(how);
    await expect.poll(() => library.codes.includes('99')).toBe(true);
    await clock.wait(2_000);
    reader.see({ epc: tags[0], antenna: 1 }, { epc: tags[1], antenna: 2 });
    const bundle = await capturing;
    console.log(
      JSON.stringify(bundle.events),
      JSON.stringify(library.received),
      bundle.samples,
      [...reader.roSpecs].map(([k, v]) => [k, v.state]),
      JSON.stringify(bundle.steps),
    );
    const alarms = bundle.events.filter(({ name }) => name === 'alarm');
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.data).toMatchObject({ reason: 'available', item: expect.stringMatching(/^B0000\d{4}$/) });
    const text = everythingIn(bundle);
    const hidden = [...tags, ...tags.map((tag) => tag.toUpperCase()), 'B00006789', '6790', 'phiêu lưu', login.password];
    for (const secret of hidden) expect(text.includes(secret), secret).toBe(false);
    const replayed = await replayWith(rfidGate, bundle, createFastClock(10), { forMs: 9_000, everyMs: 5_000 });
    expect(replayed.failure).toBeUndefined();
    expect(replayed.events).toEqual(bundle.events);
    expect(replayed.states['gate']).toMatchObject({ reading: true, lookup: 'ready' });
  });
});

it('tells that a device which sends by itself cannot be asked from here', async () => {
  const settings = { dialect: 'tasmota', topic: 'quat-lop-7' };
  const clock = createFastClock(5);
  const credentials = { username: 'quat-7', password: 'mat-khau-quat' };
  const bundle = await captureFrom({ driver: genericMqtt, clock, settings, credentials });
  expect(bundle.failure?.problem.code).toBe('broker-off');
  expect(bundle.steps.find(({ status }) => status === 'failed')).toMatchObject({
    name: 'connect',
    cause: 'broker-off',
  });
  for (const secret of Object.values(credentials)) expect(everythingIn(bundle)).not.toContain(secret);
});

describe('the file of a capture', () => {
  it.each(['a.json', 'a.json.gz', 'a.json.zst'])('is the same behind the name %s', async (name) => {
    const [first] = capturedCases;
    const clock = createFastClock(10);
    await using device = await first!.start(clock);
    const bundle = await captureFrom({ driver: first!.driver, clock, ...device.how });
    expect(await decodeBundle(await encodeBundle(bundle, name), name)).toEqual(bundle);
    await expect(decodeBundle(Buffer.from('{}'), 'a.json')).rejects.toThrow('a.json is no capture');
  });

  it('says that it cannot be played back when something is missing', async () => {
    const [first] = capturedCases;
    const clock = createFastClock(10);
    await using device = await first!.start(clock);
    const limits = { connectionBytes: 400, totalBytes: 100_000, connections: 10 };
    const bundle = await captureFrom({ driver: first!.driver, clock, ...device.how, limits });
    expect(bundle.isReplayable).toBe(false);
    expect(bundle.connections.some(({ dropped }) => dropped > 0)).toBe(true);
    expect(() => createReplay(bundle, clock)).toThrow('gaps');
  });
});
