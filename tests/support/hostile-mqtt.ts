import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { BrokerPort } from '../../agent/platform/broker.ts';
import { createLocalBroker } from '../../agent/platform/local-broker.ts';
import { createLeapingClock, type LeapingClock } from './hostile-clock.ts';
import { endlessPiece, mutate, noise } from './hostile-mutation.ts';
import { createRandom, type Random } from './hostile-random.ts';
import { createStory, createStrictLog, memoryInUse, textOf, watchRejections } from './hostile-watch.ts';

/** What a day of hostile clients did to the agent's own broker. */
export interface BrokerDay {
  readonly wrongs: readonly string[];
  readonly longestTurnMs: number;
  readonly memoryBytes: readonly number[];
  /** Messages of the client that behaves: what it was told to be taken, and what its seat received. */
  readonly sent: number;
  readonly received: number;
  /** The longest that one of them was under way, in milliseconds of the clock. */
  readonly longestWayMs: number;
  readonly visits: number;
  readonly left: number;
}

const hourMs = 3_600_000;
const turnLimitMs = 1_000;
const messageEveryMs = 60_000;
const hostileClients = 4;

/** The agent's broker for a day: one client behaves, four say whatever they like, signed in or not. */
export async function spendBrokerDay({ seed, hours }: { seed: number; hours: number }): Promise<BrokerDay> {
  await using stack = new AsyncDisposableStack();
  let mono = () => 0;
  const story = createStory(() => mono());
  const clock = createLeapingClock({ turnLimitMs, story: story.tell });
  mono = clock.mono;
  const wrongs: string[] = [];
  const wrong = (what: string) => {
    if (wrongs.length < 20) wrongs.push(`${what}\n${story.tell()}`);
  };
  stack.use(watchRejections(wrong));
  const port = await freePort();
  const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
  const broker = stack.use(createLocalBroker({ host: '127.0.0.1', port, policy, clock, log: createStrictLog(wrong) }));
  const random = createRandom(seed).fork('broker');
  const ending = new AbortController();
  const day: Stage = { clock, port, signal: ending.signal, note: story.note, visits: 0 };
  const good = await holdSeat(broker, 'good', clock, ending.signal);
  const bad = await holdSeat(broker, 'bad', clock, ending.signal);
  const speaker = speak(day, wrong);
  const intruders = Array.from({ length: hostileClients }, (_, n) => intrude(day, random.fork(`client ${n}`)));
  const memoryBytes: number[] = [];
  for (let quarter = 1; quarter <= 4; quarter++) {
    await clock.run((quarter * hours * hourMs) / 4);
    memoryBytes.push(memoryInUse());
  }
  ending.abort(new Error('the day is over'));
  const closing = Promise.all(
    [speaker, good.over, bad.over, ...intruders].map((work) => work.catch(wrongUnlessOver(ending, wrong))),
  );
  await clock.run(clock.mono() + 60_000);
  await closing;
  const gone = stack.disposeAsync();
  await clock.run(clock.mono() + 60_000);
  await gone;
  return {
    wrongs: [...wrongs, ...clock.turns.tooLong.map((turn) => `a turn of ${turn}`)],
    longestTurnMs: clock.turns.longestCpuMs,
    memoryBytes,
    sent: (await speaker.catch(() => undefined)) ?? 0,
    received: good.received(),
    longestWayMs: good.longestWayMs(),
    visits: day.visits,
    left: clock.pending,
  };
}

interface Stage {
  readonly clock: LeapingClock;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly note: (what: string) => void;
  visits: number;
}

function wrongUnlessOver(ending: AbortController, wrong: (what: string) => void) {
  return (thrown: unknown) => {
    if (thrown !== ending.signal.reason) wrong(textOf(thrown));
  };
}

/** The driver's side: reads what its device publishes, and measures how long it was under way. */
async function holdSeat(broker: BrokerPort, name: string, clock: LeapingClock, signal: AbortSignal) {
  const seat = await broker.admit({
    username: name,
    password: name,
    publish: [`${name}/#`],
    subscribe: [`to/${name}/#`],
  });
  let received = 0;
  let longestWayMs = 0;
  const read = async () => {
    try {
      for (;;) {
        const { payload } = await seat.receive(signal);
        received++;
        longestWayMs = Math.max(longestWayMs, clock.mono() - (Number(Buffer.from(payload).toString()) || clock.mono()));
      }
    } finally {
      await seat[Symbol.asyncDispose]();
    }
  };
  return { over: read(), received: () => received, longestWayMs: () => longestWayMs };
}

/** A client that behaves: tells the time each minute and waits until that was taken. Gives how often it was. */
async function speak(stage: Stage, wrong: (what: string) => void): Promise<number> {
  const { clock, signal } = stage;
  let taken = 0;
  const socket = dial(stage);
  const answers = parser();
  answers.on('packet', (packet) => {
    if (packet.cmd === 'puback') taken++;
  });
  socket.on('data', (bytes) => answers.parse(bytes));
  socket.on('close', () => {
    if (!signal.aborted) wrong('the client that behaves was cut off');
  });
  await once(socket, 'connect');
  socket.write(
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: 'good',
      keepalive: 600,
      username: 'good',
      password: Buffer.from('good'),
    }),
  );
  try {
    for (let messageId = 1; ; messageId = (messageId % 60_000) + 1) {
      await clock.wait(messageEveryMs, signal);
      socket.write(generate(publish('good/time', String(clock.mono()), messageId)));
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    socket.destroy();
  }
  return taken;
}

/** Comes again and again, with or without the right password, and says what it likes. */
async function intrude(stage: Stage, random: Random): Promise<void> {
  const { clock, signal } = stage;
  for (; !signal.aborted; stage.visits++) {
    const socket = dial(stage);
    try {
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      const words = random.below(30);
      for (let word = 0; word < words && !socket.destroyed; word++) {
        await say(stage, socket, random, word === 0);
        await clock.wait(random.pick([1, 1, 50, 700, 3_000]), signal);
      }
      // Some leave, some are cut off, and some stay until the broker has had enough.
      if (random.chance(0.2)) await clock.wait(random.pick([15_000, 700_000]), signal);
      if (random.chance(0.3)) socket.resetAndDestroy();
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      socket.destroy();
    }
    await clock.wait(random.pick([100, 2_000, 30_000]), signal).catch(() => {});
  }
}

async function say({ clock, signal, note }: Stage, socket: Socket, random: Random, isFirst: boolean): Promise<void> {
  const truth = generate(packetOf(random, isFirst));
  const send = async (bytes: Buffer) => {
    clock.touch();
    if (socket.write(bytes)) return;
    // The broker lets a fast client wait; this one has no patience.
    using patience = clock.deadline(20_000, signal);
    const heard = { signal: patience.signal };
    await Promise.race([once(socket, 'drain', heard), once(socket, 'close', heard)]).catch(() => socket.destroy());
  };
  const way = random.pick(['truth', 'truth', 'truth', 'lie', 'lie', 'noise', 'endless', 'drip', 'flood'] as const);
  note(`${way}, ${truth.length} bytes`);
  if (way === 'truth') return await send(truth);
  if (way === 'lie') return await send(mutate(truth, random, []).bytes);
  if (way === 'noise') return await send(noise(random, random.pick([1, 9, 3_000])));
  if (way === 'flood') return await send(Buffer.concat(Array.from({ length: random.pick([20, 2_000]) }, () => truth)));
  if (way === 'drip') {
    for (const byte of truth.subarray(0, 100)) {
      await send(Buffer.from([byte]));
      await clock.wait(random.pick([1, 900]), signal);
    }
    return;
  }
  const { bytes } = endlessPiece(truth, random);
  const burst = Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes));
  for (let bursts = random.pick([2, 8, 24]); bursts > 0 && !socket.destroyed; bursts--) {
    await send(burst);
    await clock.wait(20, signal);
  }
}

function packetOf(random: Random, isFirst: boolean): Packet {
  const isRight = random.chance(0.7);
  const topic = random.pick([
    'bad/state',
    'bad/deep/state',
    'good/time',
    '$SYS/broker',
    'bad/#',
    'a/'.repeat(60),
    'bad/\u0000',
  ]);
  const credentials = {
    username: random.pick(['bad', 'bad', 'good']),
    password: Buffer.from(isRight ? 'bad' : 'guess'),
  };
  const will = { topic, payload: Buffer.alloc(random.pick([0, 10, 70_000])), qos: 1, retain: true } as const;
  const clean = random.chance(0.5);
  const packets: readonly Packet[] = [
    {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean,
      clientId: random.pick(clean ? ['bad', 'good', '', 'x'.repeat(300)] : ['bad', 'good']),
      keepalive: random.pick([5, 60, 600, 600, 0, 65_535]),
      ...credentials,
      ...(random.chance(0.3) ? { will } : {}),
    },
    {
      cmd: 'publish',
      topic: topic.replace('#', 'x'),
      payload: noise(random, random.pick([0, 20, 5_000])),
      qos: random.pick([0, 1, 2] as const),
      messageId: 1 + random.below(65_535),
      retain: random.chance(0.5),
      dup: false,
    },
    {
      cmd: 'subscribe',
      messageId: 7,
      subscriptions: [{ topic: random.pick(['to/bad/#', '#', '+/+', 'good/#', topic]), qos: 1 }],
    },
    { cmd: 'unsubscribe', messageId: 8, unsubscriptions: ['to/bad/#'] },
    { cmd: 'pingreq' },
    { cmd: 'pubrel', messageId: random.below(65_535) + 1 },
    { cmd: 'puback', messageId: random.below(65_535) + 1 },
    { cmd: 'disconnect' },
  ];
  // A visit begins with a sign-in, most of the time.
  return (isFirst && random.chance(0.85) ? packets[0] : random.pick(packets)) ?? { cmd: 'pingreq' };
}

function publish(topic: string, payload: string, messageId: number): Packet {
  return { cmd: 'publish', topic, payload, qos: 1, messageId, retain: false, dup: false };
}

function dial({ port, clock }: Stage): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  for (const event of ['connect', 'data', 'drain', 'close']) socket.on(event, clock.touch);
  return socket;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
