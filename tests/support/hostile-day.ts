import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { z } from 'zod';
import type { Driver } from '../../agent/devices/driver.ts';
import { Discovery } from '../../agent/discovery/discovery.ts';
import type { Address } from '../../agent/platform/network.ts';
import type { RunnerPorts } from '../../agent/runtime/device-runner.ts';
import { Supervisor } from '../../agent/runtime/supervisor.ts';
import { FleetError } from '../../protocols/errors.ts';
import { type CapabilityName, requireCommand } from '../../protocols/fleet/capabilities/index.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { createLeapingClock, type LeapingClock } from './hostile-clock.ts';
import { type Assault, assaults, type Ground, type Target } from './hostile-families.ts';
import { startHostileNetwork } from './hostile-network.ts';
import { createRandom, type Random } from './hostile-random.ts';
import { createStory, createStrictLog, Ledger, memoryInUse, textOf, watchRejections } from './hostile-watch.ts';
import { createScriptedDriver, type ScriptedDriver } from './scripted-driver.ts';

export interface DayOptions {
  readonly driver: Driver;
  /** Its name in the list of assaults. */
  readonly name: string;
  /** The one of that name in the list unless given. */
  readonly assault?: (ground: Ground) => Promise<Assault>;
  readonly seed: number;
  readonly hours: number;
}

/** What a day among hostile devices did to the agent. */
export interface Day {
  /** Anything that must never be: a bug of ours told by the log, a record that breaks the contract, a rejection that nobody took. */
  readonly wrongs: readonly string[];
  readonly longestTurnMs: number;
  /** Heap and buffers in use after a collection, at each quarter. */
  readonly memoryBytes: readonly number[];
  /** Polls of the well-behaved neighbour, and the longest time between two in milliseconds of the clock. */
  readonly neighbour: { readonly polls: number; readonly longestGapMs: number; readonly intervalMs: number };
  /** The longest time between two beats of a heart that beats each 30 s. */
  readonly longestBeatMs: number;
  readonly attempts: number;
  /** Polls of hostile devices that succeeded, so that what lies behind the greeting was met too. */
  readonly samples: number;
  readonly commands: { readonly succeeded: number; readonly failed: number };
  readonly records: number;
  /** Hostile devices that were not well again after forty minutes of truth, with their last verdict. */
  readonly lost: readonly string[];
  /** After the end. */
  readonly left: { readonly sockets: number; readonly timers: number };
  /** Messages and conversations that were not the truth. */
  readonly lies: number;
}

const hourMs = 3_600_000;
const turnLimitMs = 1_000;
const heartMs = 30_000;
const neighbourMs = 60_000;
const recoveryMs = 40 * 60_000;
const commandEveryMs = 7 * 60_000;
const stirMs = 45_000;
/** As the command router takes it. */
const maxOutputLength = 4_096;
/** A day in which every device of one family is hostile, run by the agent's own supervisor beside a device that behaves. */
export async function spendHostileDay(options: DayOptions): Promise<Day> {
  const { driver, name, seed, hours, assault = assaults[name] } = options;
  if (!assault) throw new Error(`nobody has attacked ${name} yet: give it a line in tests/support/hostile-families.ts`);
  await using stack = new AsyncDisposableStack();
  let mono = () => 0;
  const story = createStory(() => mono());
  const clock = createLeapingClock({ turnLimitMs, story: story.tell });
  mono = clock.mono;
  const random = createRandom(seed).fork(name);
  const wrongs: string[] = [];
  const wrong = (what: string) => {
    if (wrongs.length < 20) wrongs.push(`${what}\n${story.tell()}`);
  };
  stack.use(watchRejections(wrong));
  let isHostile = true;
  const { targets, host, broker, programs } = await assault({
    clock,
    random: random.fork('ground'),
    stack,
    isHostile: () => isHostile,
  });
  const echo = stack.use(await startEcho(clock));
  const network = stack.use(
    await startHostileNetwork({
      clock,
      random: random.fork('network'),
      truths: targets.flatMap(({ truths }) => truths),
      honest: [echo.address],
      note: story.note,
    }),
  );
  const devices = targets.map(
    ({ desired }, at): DesiredDevice => ({
      ...desired,
      id: `hostile-${at}`,
      family: driver.family,
      name: `Hostile ${at}`,
    }),
  );
  const ledger = new Ledger(wrong);
  const neighbour = createNeighbour(clock, echo.address);
  const dice = random.fork('runner');
  const absent = async () => {
    throw new Error('this test has none');
  };
  const ports: RunnerPorts = {
    clock,
    log: createStrictLog(wrong),
    network,
    broker: broker?.port ?? { admit: absent },
    programs: programs?.port ?? { run: absent },
    host: host?.port ?? { facts: absent, load: absent },
    sink: (lane, body) => ledger.take(lane, body),
    upload: async () => {},
    random: () => dice.next(),
  };
  const supervisor = new Supervisor(
    (family) => (family === driver.family ? driver : family === 'neighbour' ? neighbour.driver : undefined),
    ports,
  );
  const discovery = new Discovery({
    ...ports,
    drivers: [driver],
    policy: {
      enabled: true,
      targets: targets.flatMap(({ truths }) => truths.map(({ address }) => address)),
      broadcast: false,
      ranges: [],
      communities: [],
      intervalMs: hourMs,
    },
    known: () => ({ devices: [], refused: new Set() }),
  });
  discovery.start();
  supervisor.apply([
    ...devices,
    { id: 'neighbour', family: 'neighbour', name: 'N', address: echo.address, settings: {} },
  ]);
  const life = new Life({
    clock,
    random: random.fork('life'),
    supervisor,
    ledger,
    devices,
    targets,
    note: story.note,
    wrong,
  });
  const memoryBytes: number[] = [];
  for (let quarter = 1; quarter <= 4; quarter++) {
    await clock.run((quarter * hours * hourMs) / 4);
    memoryBytes.push(await restingMemory(clock, targets));
  }
  isHostile = false;
  network.calm();
  await clock.run(hours * hourMs + recoveryMs);
  const lost = devices.filter(({ id }) => !ledger.isUp(id)).map(({ id }) => `${id}: ${ledger.verdict(id)}`);
  const attempts = network.attempts();
  const lies = network.lies() + (host?.lies() ?? 0) + (broker?.lies() ?? 0) + (programs?.lies() ?? 0);
  await whileTimePasses(clock, [life, discovery, supervisor]);
  const sockets = network.open();
  await whileTimePasses(clock, [stack]);
  return {
    wrongs: [...wrongs, ...clock.turns.tooLong.map((turn) => `a turn of ${turn}`)],
    longestTurnMs: clock.turns.longestCpuMs,
    memoryBytes,
    neighbour: { polls: neighbour.polls, longestGapMs: neighbour.longestGapMs(), intervalMs: neighbourMs },
    longestBeatMs: life.longestBeatMs,
    attempts,
    samples: ledger.samples,
    commands: life.commands,
    records: ledger.records,
    lost,
    left: { sockets, timers: clock.pending },
    lies,
  };
}

/** The least of five moments: what is under way at one of them, such as a flood that nobody has read yet, is no growth. */
async function restingMemory(clock: LeapingClock, targets: readonly Target[]): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let moment = 0; moment < 5; moment++) {
    await clock.run(clock.mono() + 30_000);
    for (const { tidy } of targets) tidy?.();
    least = Math.min(least, memoryInUse());
  }
  return least;
}

/** Ends all of `owners`, which may need the clock for that. */
async function whileTimePasses(clock: LeapingClock, owners: readonly AsyncDisposable[]): Promise<void> {
  const ending = Promise.all(owners.map((owner) => owner[Symbol.asyncDispose]()));
  await clock.run(clock.mono() + 60_000);
  await ending;
}

interface LifeOptions {
  readonly clock: LeapingClock;
  readonly random: Random;
  readonly supervisor: Supervisor;
  readonly ledger: Ledger;
  readonly devices: readonly DesiredDevice[];
  readonly targets: readonly Target[];
  readonly note: (what: string) => void;
  readonly wrong: (what: string) => void;
}

/** What goes on beside the polls: the heart of the agent beats, people give commands, things happen to the devices. */
class Life implements AsyncDisposable {
  longestBeatMs = 0;
  readonly commands = { succeeded: 0, failed: 0 };
  readonly #options: LifeOptions;
  readonly #stop = new AbortController();
  readonly #work: readonly Promise<void>[];

  constructor(options: LifeOptions) {
    this.#options = options;
    let lastBeat = options.clock.mono();
    this.#work = [
      this.#every(heartMs, () => {
        const now = options.clock.mono();
        this.longestBeatMs = Math.max(this.longestBeatMs, now - lastBeat);
        lastBeat = now;
      }),
      this.#every(commandEveryMs, () => this.#command()),
      this.#every(stirMs, () => {
        for (const { stir } of options.targets) stir?.(options.random);
      }),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the day is over'));
    await Promise.all(this.#work);
  }

  async #every(intervalMs: number, work: () => void): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#options.clock.wait(intervalMs, this.#stop.signal).catch(() => {});
      if (!this.#stop.signal.aborted) work();
    }
  }

  /** One thing that one of the devices says it can do; how it ends is the device's matter, but it must be foreseen. */
  #command(): void {
    const { random, devices, ledger, supervisor, note, wrong } = this.#options;
    const { id: device } = random.pick(devices);
    const offers = ledger.offers(device);
    if (offers.length === 0) return;
    const [capability, name] = random.pick(offers);
    const args = argsOf(requireCommand(capability, name).args, random);
    if (!args) return;
    note(`command ${capability}.${name} ${JSON.stringify(args)}`);
    const command = { id: `command-${random.below(1e9)}`, capability: capability as CapabilityName, name, args };
    supervisor
      .target(device)
      ?.execute(command, () => {})
      .then(
        (output) => {
          this.commands.succeeded++;
          if (JSON.stringify(output).length > maxOutputLength) wrong(`the output of ${capability}.${name} is too long`);
        },
        (thrown: unknown) => {
          this.commands.failed++;
          if (!(thrown instanceof FleetError)) wrong(`command ${capability}.${name} failed by ${textOf(thrown)}`);
        },
      );
  }
}

/** Arguments that the schema takes; undefined when these dice made none. */
function argsOf(schema: z.ZodObject, random: Random): Record<string, unknown> | undefined {
  return schema.safeParse(someObject(z.toJSONSchema(schema) as JsonSchema, random)).data;
}

function someObject({ properties = {}, required = [] }: JsonSchema, random: Random): Record<string, unknown> {
  const wanted = Object.entries(properties).filter(([name]) => required.includes(name) || random.chance(0.3));
  return Object.fromEntries(wanted.map(([name, property]) => [name, someValue(property, random)]));
}

interface JsonSchema {
  readonly type?: string;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** For each pattern that arguments have, a text of it; there are few, and a new one shows itself by failing here. */
const texts: readonly string[] = [
  '1',
  '2',
  '5A',
  'hdmi1',
  'hdmi2',
  'lesson',
  'Bài giảng',
  'http://127.0.0.1:9/a.apk',
  'a'.repeat(64),
  'com.example.solarsystem',
];

function someValue(schema: JsonSchema, random: Random): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  if (schema.anyOf) return someValue(random.pick(schema.anyOf), random);
  if (schema.type === 'object') return someObject(schema, random);
  if (schema.type === 'array') {
    const { items = {}, minItems = 0 } = schema;
    return Array.from({ length: Math.max(minItems, random.below(3)) }, () => someValue(items, random));
  }
  if (schema.type === 'boolean') return random.chance(0.5);
  if (schema.type === 'string') {
    const { pattern, maxLength = 1_000 } = schema;
    const isRight = (text: string) =>
      text.length <= maxLength && (pattern === undefined || new RegExp(pattern).test(text));
    return random.pick(texts.filter(isRight));
  }
  const { minimum = 0, maximum = 100 } = schema;
  const number = minimum + random.next() * (maximum - minimum);
  return schema.type === 'integer' ? Math.round(number) : number;
}

interface Neighbour extends ScriptedDriver {
  longestGapMs(): number;
}

/** A device that behaves: asks a true peer over the same network each minute, and notes when it was let. */
function createNeighbour(clock: LeapingClock, address: Address): Neighbour {
  let last: number | undefined;
  let longest = 0;
  const script = createScriptedDriver('neighbour');
  script.pollIntervalMs = neighbourMs;
  script.onPoll = async (signal, { tcp }) => {
    const now = clock.mono();
    longest = Math.max(longest, now - (last ?? now));
    last = now;
    await using connection = await tcp.connect(address, { timeoutMs: 1_000, signal });
    await connection.write(Buffer.from('?'), signal);
    await connection.read(signal);
  };
  return Object.assign(script, { longestGapMs: () => longest });
}

async function startEcho(clock: LeapingClock): Promise<AsyncDisposable & { readonly address: Address }> {
  const server = createServer((socket) => {
    clock.touch();
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      clock.touch();
      socket.end(bytes);
    });
    socket.on('close', clock.touch);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
