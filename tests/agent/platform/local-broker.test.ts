import { once } from 'node:events';
import { connect as dialTcp, type Socket } from 'node:net';
import fc from 'fast-check';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerGrant, BrokerMessage, BrokerSeat } from '../../../agent/platform/broker.ts';
import { createLocalBroker, type LocalBrokerOptions } from '../../../agent/platform/local-broker.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFastClock } from '../../support/clock.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };

function start(options: Partial<LocalBrokerOptions> = {}) {
  const clock = createFastClock(10);
  const broker = createLocalBroker({ host: '127.0.0.1', port: 0, policy, clock, log: silentLog, ...options });
  cleanups.push(() => broker[Symbol.asyncDispose]());
  return { broker, clock };
}

const grant = (name: string, more: Partial<BrokerGrant> = {}): BrokerGrant => ({
  username: name,
  password: `password of ${name}`,
  publish: [`tele/${name}/#`, `stat/${name}/#`],
  subscribe: [`cmnd/${name}/#`],
  ...more,
});

const portOf = async (seat: BrokerSeat) => (await seat.addressFor('127.0.0.1')).port;

async function signIn(seat: BrokerSeat, name: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync({
    host: '127.0.0.1',
    port: await portOf(seat),
    username: name,
    password: `password of ${name}`,
    clientId: `DVES_${name}`,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    ...options,
  });
  client.on('error', () => {});
  cleanups.push(() => client.endAsync(true));
  return client;
}

async function rawSocket(seat: BrokerSeat): Promise<Socket> {
  const socket = dialTcp({ host: '127.0.0.1', port: await portOf(seat) });
  socket.on('error', () => {});
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const closed = (stream: { once(event: 'close', listener: () => void): unknown }) =>
  new Promise<void>((resolve) => stream.once('close', () => resolve()));

const nextMessage = (client: MqttClient) =>
  new Promise<unknown>((resolve) =>
    client.once('message', (topic, payload, { qos, retain }) =>
      resolve({ topic, payload: String(payload), qos, retain }),
    ),
  );

const text = ({ topic, payload, isRetained }: BrokerMessage) =>
  `${isRetained ? 'retained ' : ''}${topic} ${Buffer.from(payload).toString()}`;

const refused = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );

describe('the local broker', () => {
  it('carries messages from a device to its seat and back', async () => {
    const { broker } = start();
    const seat = await broker.admit(grant('lamp'));
    expect(seat.isConnected).toBe(false);
    expect(await refused(seat.publish('cmnd/lamp/POWER', 'ON'))).toBe('not-connected');
    const device = await signIn(seat, 'lamp', { clean: false });
    expect(seat.isConnected).toBe(true);
    await device.publishAsync('tele/lamp/STATE', 'zero');
    await device.publishAsync('tele/lamp/STATE', 'one', { qos: 1 });
    await device.publishAsync('stat/lamp/RESULT', 'two', { qos: 2 });
    expect(text(await seat.receive())).toBe('tele/lamp/STATE zero');
    expect(text(await seat.receive())).toBe('tele/lamp/STATE one');
    expect(text(await seat.receive())).toBe('stat/lamp/RESULT two');

    expect(await refused(seat.publish('cmnd/lamp/POWER', 'ON'))).toBe('not-connected');
    for (const qos of [0, 1] as const) {
      await device.subscribeAsync('cmnd/lamp/#', { qos });
      const heard = nextMessage(device);
      await seat.publish('cmnd/lamp/POWER', 'TOGGLE');
      expect(await heard).toEqual({ topic: 'cmnd/lamp/POWER', payload: 'TOGGLE', qos, retain: false });
    }
    expect(await refused(seat.publish('cmnd/other/POWER', 'ON'))).toBe('topic-not-granted');
    await device.unsubscribeAsync('cmnd/lamp/#');
    await expect.poll(() => refused(seat.publish('cmnd/lamp/POWER', 'ON'))).toBe('not-connected');
  });

  it('shows no device anything of another, in either direction, whatever it subscribes to', async () => {
    const { broker } = start();
    const [lamp, plug] = [await broker.admit(grant('lamp')), await broker.admit(grant('plug'))];
    const [device, thief] = [await signIn(lamp, 'lamp'), await signIn(plug, 'plug')];
    const heard: string[] = [];
    thief.on('message', (topic) => heard.push(topic));
    const filters = ['#', '+/+/+', 'cmnd/lamp/#', 'cmnd/+/POWER', 'tele/lamp/#', '$SYS/#', '$agent/#', 'cmnd/plug/#'];
    const granted = await thief.subscribeAsync(filters).catch((error: unknown) => error);
    // mqtt.js names SUBACK 128 an error.
    expect(granted).toBeInstanceOf(Error);
    await device.subscribeAsync('cmnd/lamp/#');
    await thief.publishAsync('cmnd/lamp/POWER', 'OFF', { qos: 1 });
    await thief.publishAsync('tele/lamp/STATE', 'forged', { qos: 1, retain: true });
    await thief.publishAsync('$SYS/x/new/clients', 'DVES_lamp', { qos: 1 });
    await device.publishAsync('tele/lamp/STATE', 'true', { qos: 1, retain: true });
    expect(text(await lamp.receive())).toBe('tele/lamp/STATE true');
    await lamp.publish('cmnd/lamp/POWER', 'ON');
    await plug.publish('cmnd/plug/POWER', 'ON');
    await expect.poll(() => heard).toEqual(['cmnd/plug/POWER']);
    // It is still signed in, and its own word still counts.
    await thief.publishAsync('tele/plug/STATE', 'mine', { qos: 1 });
    expect(text(await plug.receive())).toBe('tele/plug/STATE mine');
    const later = await broker.admit(grant('lamp', { publish: ['tele/lamp/STATE'] }));
    expect(text(await later.receive())).toBe('retained tele/lamp/STATE true');
  });

  it('is a star: nobody hears another, also where topics overlap, and no bridge hears itself', async () => {
    const { broker } = start();
    const shared = { publish: ['shared/#'], subscribe: ['shared/#'] };
    const [one, two] = [await broker.admit(grant('one', shared)), await broker.admit(grant('two', shared))];
    const clients = [await signIn(one, 'one'), await signIn(two, 'two')];
    const heard: string[] = [];
    for (const client of clients) {
      client.on('message', (_topic, payload) => heard.push(String(payload)));
      await client.subscribeAsync('shared/#', { qos: 1 });
    }
    for (const qos of [0, 1, 2] as const) await clients[0]?.publishAsync('shared/x', 'said', { qos, retain: true });
    for (let message = 0; message < 3; message++) expect(text(await one.receive())).toBe('shared/x said');
    await clients[1]?.subscribeAsync('shared/x');
    await two.publish('shared/x', 'from two');
    await one.publish('shared/x', 'from one');
    await expect.poll(() => heard.toSorted()).toEqual(['from one', 'from two']);
  });

  it('gives a will no more than its device has', async () => {
    const { broker } = start();
    const [lamp, plug] = [await broker.admit(grant('lamp')), await broker.admit(grant('plug'))];
    const will = (topic: string) => ({ topic, payload: Buffer.from('Offline'), qos: 1 as const, retain: true });
    const honest = await signIn(lamp, 'lamp', { will: will('tele/lamp/LWT') });
    const liar = await signIn(plug, 'plug', { will: will('tele/lamp/LWT') });
    liar.stream.destroy();
    await expect.poll(() => plug.isConnected).toBe(false);
    honest.stream.destroy();
    expect(text(await lamp.receive())).toBe('tele/lamp/LWT Offline');
    const again = await broker.admit(grant('lamp', { publish: ['tele/lamp/#'] }));
    expect(text(await again.receive())).toBe('retained tele/lamp/LWT Offline');
    const quiet = AbortSignal.timeout(100);
    await expect(lamp.receive(quiet)).rejects.toThrow(/timeout/);
  });

  it('lets nobody in by a wrong name, password or address', async () => {
    const { broker } = start();
    const seat = await broker.admit(grant('lamp'));
    const far = await broker.admit(grant('far', { from: '127.0.0.9' }));
    for (const options of [{ password: 'wrong' }, { username: 'nobody' }, { username: '' }, { password: '' }])
      expect(await refused(signIn(seat, 'lamp', options)), JSON.stringify(options)).toBe(4);
    expect(await refused(signIn(far, 'far'))).toBe(5);
    expect(await refused(signIn(seat, 'lamp', { keepalive: 0 }))).toBeDefined();
    expect([seat.isConnected, far.isConnected]).toEqual([false, false]);
    // The empty name is nobody's; a keep-alive of none is no question of who it is.
    expect([seat.refused, far.refused]).toEqual([2, 1]);
    await signIn(await broker.admit(grant('near', { from: 'localhost' })), 'near');
    await signIn(seat, 'lamp');
  });

  it('takes no connection from outside the network policy', async () => {
    const { broker } = start({ policy: { ...policy, deny: ['127.0.0.1'] } });
    const socket = await rawSocket(await broker.admit(grant('lamp')));
    socket.resume();
    // Long before anybody is asked for CONNECT.
    await Promise.race([closed(socket), once(AbortSignal.timeout(2_000), 'abort').then(() => expect.fail('open'))]);
  });

  it('lets a device take over its own session by its client id, and no other', async () => {
    const { broker } = start();
    const [lamp, plug] = [await broker.admit(grant('lamp')), await broker.admit(grant('plug'))];
    const first = await signIn(lamp, 'lamp');
    await signIn(plug, 'plug', { clientId: 'DVES_lamp' });
    await first.publishAsync('tele/lamp/STATE', 'still here', { qos: 1 });
    expect(text(await lamp.receive())).toBe('tele/lamp/STATE still here');
    expect(plug.isConnected).toBe(true);
    const gone = closed(first);
    await signIn(lamp, 'lamp');
    await gone;
    expect(lamp.isConnected).toBe(true);
  });

  it('joins the grants of a bridge, refuses another password, and cuts it after its last seat', async () => {
    const { broker } = start();
    const bridge = { username: 'bridge', password: 'password of bridge' };
    const one = await broker.admit(grant('one', bridge));
    const two = await broker.admit(grant('two', bridge));
    expect(await refused(broker.admit(grant('three', { ...bridge, password: 'other' })))).toBe('grant-conflict');
    const client = await signIn(one, 'bridge');
    await client.publishAsync('tele/two/LWT', 'Online', { qos: 1 });
    await client.publishAsync('tele/one/LWT', 'Online', { qos: 1 });
    expect(text(await one.receive())).toBe('tele/one/LWT Online');
    expect(text(await two.receive())).toBe('tele/two/LWT Online');
    await one[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    await client.publishAsync('tele/one/LWT', 'lost', { qos: 1 });
    await client.publishAsync('tele/two/LWT', 'kept', { qos: 1 });
    expect(text(await two.receive())).toBe('tele/two/LWT kept');
    expect(await refused(one.receive())).toBe('seat-closed');
    const other = await broker.admit(grant('other'));
    await client.publishAsync('tele/two/LWT', 'Online', { qos: 1, retain: true });
    const cut = closed(client);
    await two[Symbol.asyncDispose]();
    await cut;
    // What it had retained is gone with it.
    const again = await broker.admit(grant('two', bridge));
    await signIn(other, 'bridge').then((back) => back.publishAsync('tele/two/LWT', 'anew', { qos: 1 }));
    expect(text(await again.receive())).toBe('tele/two/LWT anew');
  });

  it('listens only while there is a grant, on one port, and says when that is taken', async () => {
    const { broker } = start();
    const first = await broker.admit(grant('lamp'));
    const port = await portOf(first);
    const other = start({ port }).broker;
    expect(await refused(other.admit(grant('lamp')))).toBe('address-in-use');
    await first[Symbol.asyncDispose]();
    expect(await refused(signIn(first, 'lamp'))).toBe('ECONNREFUSED');
    const taken = await other.admit(grant('lamp'));
    expect(await portOf(taken)).toBe(port);
    expect(await refused(broker.admit(grant('lamp')))).toBe('address-in-use');
    await other[Symbol.asyncDispose]();
    expect(await refused(taken.receive())).toBe('seat-closed');
    expect(await refused(other.admit(grant('lamp')))).toBe('broker-off');
    await signIn(await broker.admit(grant('lamp')), 'lamp');
  });

  it('opens and closes at once without stumbling over itself', async () => {
    const { broker } = start();
    const seats = await Promise.all(['a', 'b', 'c', 'd'].map((name) => broker.admit(grant(name))));
    const closing = seats.map((seat) => seat[Symbol.asyncDispose]());
    const next = await broker.admit(grant('e'));
    await Promise.all(closing);
    await signIn(next, 'e');
  });

  it('holds the grant of a driver that will come again, until its device is removed', async () => {
    const { broker, clock } = start();
    const removal = new AbortController();
    const held = { holdUntil: removal.signal };
    const seat = await broker.admit(grant('lamp'), held);
    await seat[Symbol.asyncDispose]();
    const device = await signIn(seat, 'lamp');
    await device.publishAsync('tele/lamp/LWT', 'Online', { qos: 1, retain: true });
    const again = await broker.admit(grant('lamp'), held);
    expect(text(await again.receive())).toBe('retained tele/lamp/LWT Online');
    expect(again.isConnected).toBe(true);
    await again[Symbol.asyncDispose]();
    const cut = closed(device);
    removal.abort();
    await cut;
    await expect.poll(() => clock.pending).toBe(0);
    expect(await refused(signIn(seat, 'lamp'))).toBe('ECONNREFUSED');
  });

  it('lets a new password displace a grant that is only held', async () => {
    const { broker } = start();
    const { signal } = new AbortController();
    const seat = await broker.admit(grant('lamp'), { holdUntil: signal });
    const device = await signIn(seat, 'lamp');
    await seat[Symbol.asyncDispose]();
    const cut = closed(device);
    const next = await broker.admit(grant('lamp', { password: 'new' }), { holdUntil: signal });
    await cut;
    expect(await refused(signIn(next, 'lamp'))).toBe(4);
    await signIn(next, 'lamp', { password: 'new' });
  });

  it('ends a held grant by itself after its time', async () => {
    const { broker } = start({ limits: { holdMs: 500 } });
    const seat = await broker.admit(grant('lamp'), { holdUntil: new AbortController().signal });
    const device = await signIn(seat, 'lamp');
    const cut = closed(device);
    await seat[Symbol.asyncDispose]();
    await cut;
  });
});

describe('bounds of the local broker', () => {
  it('drops the oldest of what nobody reads, and counts it', async () => {
    const { broker } = start({ limits: { seatMessages: 3, seatBytes: 1_000 } });
    const seat = await broker.admit(grant('lamp'));
    const device = await signIn(seat, 'lamp');
    for (let index = 0; index < 10; index++) await device.publishAsync('tele/lamp/STATE', `${index}`, { qos: 1 });
    expect(seat.dropped).toBe(7);
    expect(text(await seat.receive())).toBe('tele/lamp/STATE 7');
    await device.publishAsync('tele/lamp/STATE', 'x'.repeat(1_000), { qos: 1 });
    expect(text(await seat.receive())).toBe(`tele/lamp/STATE ${'x'.repeat(1_000)}`);
    expect(seat.dropped).toBe(9);
  });

  it('ends a packet that is too large at its announcement, before and after sign-in', async () => {
    const { broker } = start();
    const seat = await broker.admit(grant('lamp'));
    const stranger = await rawSocket(seat);
    stranger.resume();
    // CONNECT with a remaining length of 268,435,455 bytes.
    stranger.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4]));
    await closed(stranger);
    const device = await signIn(seat, 'lamp');
    await device.publishAsync('tele/lamp/STATE', Buffer.alloc(255 * 1_024), { qos: 1 });
    expect((await seat.receive()).payload.length).toBe(255 * 1_024);
    const cut = closed(device);
    device.publish('tele/lamp/STATE', Buffer.alloc(300 * 1_024), { qos: 1 });
    await cut;
  });

  it('bounds clients, strangers and filters', async () => {
    const { broker } = start({ limits: { clients: 2, strangers: 3, strangersPerAddress: 3, filters: 2 } });
    const seat = await broker.admit(grant('lamp'));
    const device = await signIn(seat, 'lamp', { clientId: 'a' });
    await signIn(seat, 'lamp', { clientId: 'b' });
    expect(await refused(signIn(seat, 'lamp', { clientId: 'c' }))).toBe(3);
    await device.subscribeAsync(['cmnd/lamp/1', 'cmnd/lamp/2']);
    await expect(device.subscribeAsync('cmnd/lamp/3')).rejects.toThrow();
    await device.unsubscribeAsync('cmnd/lamp/1');
    await device.subscribeAsync('cmnd/lamp/3');
    const strangers = await Promise.all([1, 2, 3].map(() => rawSocket(seat)));
    const fourth = await rawSocket(seat);
    fourth.resume();
    await closed(fourth);
    for (const socket of strangers) expect(socket.readyState).toBe('open');
  });

  it('closes what never says CONNECT', async () => {
    const { broker } = start({ limits: { connectTimeoutMs: 100 } });
    const socket = await rawSocket(await broker.admit(grant('lamp')));
    socket.resume();
    await closed(socket);
  });

  it('makes a device wait that speaks too fast, and loses nothing', async () => {
    const { broker, clock } = start({ limits: { burst: 10, messagesPerSecond: 10 } });
    const seat = await broker.admit(grant('lamp'));
    const device = await signIn(seat, 'lamp');
    const startedAt = clock.mono();
    await Promise.all(Array.from({ length: 40 }, (_, index) => device.publishAsync('tele/lamp/n', `${index}`)));
    for (let index = 0; index < 40; index++) expect(text(await seat.receive())).toBe(`tele/lamp/n ${index}`);
    await device.publishAsync('tele/lamp/n', 'last', { qos: 1 });
    expect(clock.mono() - startedAt).toBeGreaterThan(2_000);
    expect(seat.dropped).toBe(0);
  });

  it('cuts a device that sends packets without an end, whatever they are, also when it comes again', async () => {
    const { broker, clock } = start({ limits: { packetBurst: 200, packetsPerSecond: 20 } });
    const seat = await broker.admit(grant('lamp'));
    const ends = [generate({ cmd: 'puback', messageId: 7 }), generate({ cmd: 'pingreq' })];
    for (const packet of ends) {
      const device = await signIn(seat, 'lamp');
      const cut = closed(device);
      device.stream.write(Buffer.concat(Array.from({ length: 300 }, () => packet)));
      await cut;
      await clock.wait(1_000);
    }
    const again = await signIn(seat, 'lamp');
    await again.publishAsync('tele/lamp/STATE', 'ON', { qos: 1 });
    expect(text(await seat.receive())).toBe('tele/lamp/STATE ON');
  });

  it('cuts a device that does not read', async () => {
    const { broker } = start({ limits: { waitingBytes: 200_000, drainTimeoutMs: 60_000 } });
    const seat = await broker.admit(grant('lamp'));
    const device = await signIn(seat, 'lamp');
    await device.subscribeAsync('cmnd/lamp/#');
    device.stream.pause();
    device.stream.removeAllListeners('data');
    const payload = Buffer.alloc(200_000);
    // Each waits until the socket has taken it, so that a driver that awaits never gets here; one that does not is stopped.
    const sent: Promise<unknown>[] = [];
    for (let index = 0; index < 100; index++) {
      sent.push(refused(seat.publish('cmnd/lamp/BIG', payload)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await Promise.all(sent)).toContain('not-connected');
    await expect.poll(() => seat.isConnected).toBe(false);
  });

  it('survives any bytes, and goes on for others', async () => {
    const { broker } = start({ limits: { connectTimeoutMs: 200 } });
    const seat = await broker.admit(grant('lamp'));
    const device = await signIn(seat, 'lamp');
    await device.subscribeAsync('cmnd/lamp/#');
    const hello = (flags: number, fields: readonly string[]) => {
      const strings = fields.map((field) => Buffer.concat([Buffer.from([0, field.length]), Buffer.from(field)]));
      const body = Buffer.concat([
        Buffer.from([0, 4]),
        Buffer.from('MQTT'),
        Buffer.from([4, flags, 0, 60]),
        ...strings,
      ]);
      return Buffer.concat([Buffer.from([0x10, body.length]), body]);
    };
    const known = hello(0xc2, ['raw', 'lamp', 'password of lamp']);
    const bytes = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), bytes, async (isKnown, noise) => {
        const socket = await rawSocket(seat);
        socket.resume();
        socket.end(isKnown ? Buffer.concat([known, noise]) : noise);
        if (!socket.closed) await closed(socket);
      }),
      { numRuns: 60 },
    );
    const deep = Buffer.from(`tele/lamp/${'/'.repeat(150)}`);
    const socket = await rawSocket(seat);
    socket.resume();
    socket.write(Buffer.concat([known, Buffer.from([0x30, deep.length + 2, 1, 0, 0, deep.length]), deep]));
    await closed(socket);
    const heard = nextMessage(device);
    await seat.publish('cmnd/lamp/POWER', 'ON');
    await heard;
  });
});
