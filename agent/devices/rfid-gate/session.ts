import { FatalError } from '../../../protocols/errors.ts';
import { llrpPort } from '../../../protocols/llrp/messages.ts';
import type { DriverCommand, DriverContext, DriverSession } from '../driver.ts';
import { DeviceError, toDeviceError } from '../error.ts';
import { untilAborted } from './abort.ts';
import { Gate } from './gate.ts';
import { Library } from './library.ts';
import { mapAntennas, mapDescriptor, mapGate, mapIdentity, mapSamples } from './mapping.ts';
import type { GateMemory } from './memory.ts';
import { ReaderConnection } from './reader-connection.ts';
import {
  configureReader,
  negotiateVersion,
  type ReaderFacts,
  readAntennas,
  readFacts,
  restartReading,
} from './reader-setup.ts';
import type { Settings } from './settings.ts';
import { Siren } from './siren.ts';

type Context = DriverContext<Settings>;
type Output = Readonly<Record<string, unknown>>;

/** Everything together that one connect and one poll may take. */
const connectLimitMs = 45_000;
const pollLimitMs = 20_000;
const minuteMs = 60_000;
const roSpecs = 0x7fff_ffff;

/** Connects, brings the reader into the state that the gate needs and lets it read. Throws DeviceError. */
export async function openSession(context: Context, memory: GateMemory): Promise<DriverSession> {
  const { clock, signal } = context;
  signal.throwIfAborted();
  using deadline = clock.deadline(connectLimitMs, signal);
  const reader = await openReader(context);
  // Reports of what another session, or another client, let the reader read are told apart by this number.
  const roSpec = (Math.floor(clock.now()) % roSpecs) + 1;
  const session = new GateSession(context, memory, reader, roSpec);
  try {
    await session.begin(deadline.signal);
    return session;
  } catch (thrown) {
    await session[Symbol.asyncDispose]();
    signal.throwIfAborted();
    throw toDeviceError(thrown, 'set the reader up');
  }
}

async function openReader({ device, settings, tcp, clock, log, signal }: Context): Promise<ReaderConnection> {
  const { address } = device;
  if (!address) throw new DeviceError('unreachable', 'no address is configured for the reader of this gate');
  return await ReaderConnection.open({
    address: { host: address.host, port: address.port ?? llrpPort },
    tcp,
    clock,
    log,
    signal,
    keepaliveMs: settings.keepaliveSeconds * 1_000,
  });
}

class GateSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: Context;
  readonly #memory: GateMemory;
  readonly #reader: ReaderConnection;
  readonly #roSpec: number;
  readonly #siren: Siren | undefined;
  readonly #library: Library | undefined;
  readonly #gate: Gate;
  #facts: ReaderFacts | undefined;
  #tellsAntennas = true;
  #isBegun = false;

  constructor(context: Context, memory: GateMemory, reader: ReaderConnection, roSpec: number) {
    const { settings, clock, reporter } = context;
    this.pollIntervalMs = settings.pollSeconds * 1_000;
    this.#context = context;
    this.#memory = memory;
    this.#reader = reader;
    this.#roSpec = roSpec;
    this.#siren = this.#createSiren();
    this.#library = this.#createLibrary();
    const [siren, library] = [this.#siren, this.#library];
    this.#gate = new Gate({
      settings,
      memory,
      clock,
      roSpec,
      judge: library && ((item) => library.judge(item)),
      sound: siren && (() => siren.sound()),
      emit: (event) => reporter.emit(event),
      onChange: () => this.#report(),
    });
    reader.listen((message) => this.#gate.take(message));
  }

  /** Sets the reader up and starts to read. Throws DeviceError. Call it once. */
  async begin(signal: AbortSignal): Promise<void> {
    const { settings, log, reporter } = this.#context;
    this.#library?.start();
    if (settings.version === '1.1') await negotiateVersion(this.#reader, signal);
    this.#facts = await readFacts(this.#reader, signal);
    await configureReader(this.#reader, settings, this.#roSpec, log, signal);
    reporter.describe(mapDescriptor(this.#facts, settings));
    this.#isBegun = true;
  }

  async poll(signal: AbortSignal): Promise<void> {
    if (this.#reader.failure !== undefined) throw this.#reader.failure;
    const { clock, reporter, settings } = this.#context;
    using deadline = clock.deadline(pollLimitMs, signal);
    try {
      if (settings.readsTags && !this.#gate.isReading) await this.#readAgain(deadline.signal);
      const antennas = await readAntennas(this.#reader, this.#tellsAntennas, deadline.signal);
      this.#tellsAntennas &&= antennas !== undefined;
      if (antennas) this.#gate.setAntennas(antennas);
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, 'ask the reader');
    }
    this.#gate.sweep();
    this.#report();
    reporter.sample(mapSamples(this.#memory, settings));
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Output> {
    const siren = this.#siren;
    const name = `${command.capability}.${command.name}`;
    if (siren && name === 'gate.silence') return await this.#silence(siren, command, signal);
    if (siren && name === 'gate.testAlarm') {
      // Given up or not, it is switched off by itself after its seconds.
      await untilAborted(siren.ring(), signal);
      return { seconds: this.#context.settings.output?.seconds ?? 0 };
    }
    throw new FatalError('unsupported-command', `this gate has no ${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#library?.[Symbol.asyncDispose]();
    await this.#siren?.[Symbol.asyncDispose]();
    await this.#reader[Symbol.asyncDispose]();
  }

  async #silence(siren: Siren, { args }: DriverCommand, signal: AbortSignal): Promise<Output> {
    const { clock } = this.#context;
    const minutes = typeof args['minutes'] === 'number' ? args['minutes'] : 0;
    const forMs = minutes * minuteMs;
    this.#memory.silencedUntil =
      forMs === 0 ? undefined : { monoMs: clock.mono() + forMs, wallMs: Math.round(clock.now()) + forMs };
    await siren.silence(signal);
    this.#report();
    return { minutes };
  }

  async #readAgain(signal: AbortSignal): Promise<void> {
    await restartReading(this.#reader, this.#roSpec, signal);
    this.#gate.setReading(true);
  }

  #createSiren(): Siren | undefined {
    const { settings, clock, log } = this.#context;
    if (!settings.output) return undefined;
    return new Siren({
      output: settings.output,
      reader: this.#reader,
      clock,
      onChange: () => this.#report(),
      onFailure: (failure) => {
        log.warn('siren does not obey', { reason: String(failure) });
        this.#gate.tellOutputFailure(failure instanceof Error ? failure.message : String(failure));
      },
    });
  }

  #createLibrary(): Library | undefined {
    const { settings, device, tcp, clock, log } = this.#context;
    if (settings.security?.by !== 'library' || !settings.library) return undefined;
    const { username, password } = device.credentials ?? {};
    return new Library({
      library: settings.library,
      credentials: username === undefined ? undefined : { username, password: password ?? '' },
      tcp,
      clock,
      log,
      onStatus: (from, to) => this.#noteLibrary(from, to),
    });
  }

  #noteLibrary(from: string, to: string): void {
    const severity = to === 'ready' ? 'info' : 'warning';
    this.#context.reporter.emit({ capability: 'gate', name: 'lookup', severity, data: { from, to } });
    this.#report();
  }

  #report(): void {
    const facts = this.#facts;
    if (!facts || !this.#isBegun) return;
    const { reporter, settings, clock } = this.#context;
    const { antennas, isReading } = this.#gate;
    reporter.report('identity', mapIdentity(facts));
    reporter.report(
      'gate',
      mapGate(this.#memory, settings, {
        isReading: isReading && this.#reader.failure === undefined && !areAllOff(antennas),
        isSounding: this.#siren?.isOn,
        library: this.#library?.status,
        monoMs: clock.mono(),
      }),
    );
    if (settings.readsTags) reporter.report('tagreader', mapAntennas(facts, settings, antennas));
  }
}

/** A reader whose antennas are all gone reads nothing, whatever it says. */
function areAllOff(antennas: ReadonlyMap<number, boolean>): boolean {
  return antennas.size > 0 && [...antennas.values()].every((connected) => !connected);
}
