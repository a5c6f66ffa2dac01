import { FatalError, FleetError } from '../../../protocols/errors.ts';
import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { BrokerSeat, DriverCommand, DriverContext, DriverSession } from '../driver.ts';
import { DeviceError } from '../error.ts';
import type { Dialect, Request } from './dialect.ts';
import { dialectOf } from './dialects.ts';
import { Listener } from './listener.ts';
import { mapDescriptor, mapEvents, mapSamples, mapStates } from './mapping.ts';
import type { Settings } from './settings.ts';
import type { DeviceView } from './view.ts';

type Output = Readonly<Record<string, unknown>>;

/** How long a device has to come, when the driver begins: most try again every ten seconds. */
const arrivalMs = 15_000;
/** How long what the broker has retained may take, by far. */
const firstWordMs = 1_000;
const rebootMs = 90_000;
const rebootStepMs = 3_000;
const sendStepMs = 250;

/** Admits the device to the agent's broker and waits for its first words. Throws DeviceError, FatalError `missing-credentials`. */
export async function connectDevice(context: DriverContext<Settings>): Promise<DriverSession> {
  const { device, settings, broker, signal } = context;
  const { username, password } = device.credentials ?? {};
  if (!username || !password) {
    throw new FatalError(
      'missing-credentials',
      'an MQTT device needs a user name and a password of its own: set them here and in the device',
    );
  }
  signal.throwIfAborted();
  const dialect = dialectOf(settings);
  const from = device.address?.host;
  const { publish, subscribe } = dialect;
  const grant = { username, password, ...(from === undefined ? {} : { from }), publish, subscribe };
  // Held while the runner waits to try again: the device connects when it likes to, not when we do.
  const seat = await broker.admit(grant, { holdUntil: signal });
  const session = new MqttSession(context, seat, dialect);
  try {
    await session.begin(signal);
    return session;
  } catch (thrown) {
    await session[Symbol.asyncDispose]();
    throw thrown;
  }
}

class MqttSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: DriverContext<Settings>;
  readonly #seat: BrokerSeat;
  readonly #dialect: Dialect;
  readonly #listener: Listener;
  #refusedBefore = 0;
  #descriptor = '';
  #isBegun = false;

  constructor(context: DriverContext<Settings>, seat: BrokerSeat, dialect: Dialect) {
    this.#context = context;
    this.#seat = seat;
    this.#dialect = dialect;
    this.pollIntervalMs = context.settings.pollSeconds * 1_000;
    const onChange = (before: DeviceView, after: DeviceView) => this.#tell(before, after);
    this.#listener = new Listener({ seat, dialect, clock: context.clock, onChange });
  }

  /** Waits until the device is there and has answered what can be asked. Throws DeviceError. */
  async begin(signal: AbortSignal): Promise<void> {
    const listener = this.#listener;
    listener.start();
    await listener.until(() => this.#reasonAgainst() === undefined || this.#seat.refused > 0, arrivalMs, signal);
    await this.#requirePresence();
    // What is retained comes at once, and says what can be asked.
    await listener.until(() => listener.messages > 0, firstWordMs, signal);
    await this.#ask(true, signal);
    const { topic } = this.#context.settings;
    const isHeard = await listener.until(() => listener.messages > 0, arrivalMs, signal);
    if (!isHeard) this.#requireSense();
    if (!isHeard)
      throw new DeviceError('timeout', `a client is signed in, but nothing comes under the topics of ${topic}`);
    this.#isBegun = true;
    this.#report();
  }

  async poll(signal: AbortSignal): Promise<void> {
    await this.#requirePresence();
    const isAnswered = await this.#ask(false, signal);
    if (!isAnswered) this.#requireSense();
    const silentMs = this.#context.clock.mono() - this.#listener.heardMs;
    if (silentMs > this.#dialect.silentAfterMs)
      throw new DeviceError('timeout', `nothing heard of it for ${Math.round(silentMs / 60_000)} min`);
    this.#report();
    const samples = mapSamples(this.#listener.takeReadings());
    if (Object.keys(samples).length > 0) this.#context.reporter.sample(samples);
  }

  async execute({ capability, name }: DriverCommand, signal: AbortSignal): Promise<Output> {
    const { view } = this.#listener;
    if (capability === 'power' && (name === 'on' || name === 'off')) {
      const request = this.#dialect.switchPower(view, name);
      if (request) return await this.#switchPower(name, request, signal);
    }
    if (capability === 'power' && name === 'reboot' && this.#dialect.reboot && view.power) {
      return await this.#reboot(this.#dialect.reboot, signal);
    }
    throw new FatalError('unsupported-command', `this MQTT device has no command ${capability}.${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#seat[Symbol.asyncDispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  /** Sends, and waits for the device's own word that it is so: what it said before does not count. */
  async #switchPower(target: 'on' | 'off', request: Request, signal: AbortSignal): Promise<Output> {
    const listener = this.#listener;
    await this.#requirePresence();
    const spokenBefore = listener.spoken;
    listener.expectAnswers();
    await this.#send(request, signal);
    if (!this.#dialect.tellsPower(listener.view)) return { state: target, verified: false };
    const hasSpoken = () => listener.spoken > spokenBefore;
    const isSeen = () => hasSpoken() && listener.view.power === target;
    if (await listener.until(isSeen, this.#answerMs, signal)) return { state: target };
    await this.#requirePresence();
    this.#requireSense();
    const { power = 'unknown' } = listener.view;
    if (hasSpoken() && power !== target)
      throw new DeviceError('no-effect', `it was told to switch ${target}, and says that it is ${power}`);
    throw new DeviceError('timeout', `it was told to switch ${target}, and says nothing`);
  }

  /** Succeeds once the device counts its uptime from the beginning again. */
  async #reboot(request: Request, signal: AbortSignal): Promise<Output> {
    const listener = this.#listener;
    await this.#requirePresence();
    const sentMs = this.#context.clock.mono();
    const spokenBefore = listener.spoken;
    await this.#send(request, signal);
    const isBack = () => {
      const { uptimeSeconds = Number.POSITIVE_INFINITY } = listener.view;
      // The device counts whole seconds.
      return listener.spoken > spokenBefore && (uptimeSeconds - 1) * 1_000 <= listener.heardMs - sentMs;
    };
    const endsAt = sentMs + rebootMs;
    while (this.#context.clock.mono() < endsAt) {
      await this.#context.clock.wait(rebootStepMs, signal);
      const [state] = this.#dialect.ask(listener.view, 0, false);
      // While it is away nobody listens; that is what is waited for.
      if (state && this.#seat.isConnected) await this.#send(state, signal).catch(ignoreAbsence);
      if (await listener.until(isBack, rebootStepMs, signal)) return { uptimeSeconds: listener.view.uptimeSeconds };
    }
    throw new DeviceError('no-effect', `it was told to reboot, and did not begin anew within ${rebootMs / 1_000} s`);
  }

  /** Asks what can be asked now and waits for the answers; false when there is nothing to ask. Throws DeviceError. */
  async #ask(isFirst: boolean, signal: AbortSignal): Promise<boolean> {
    const listener = this.#listener;
    const questions = this.#dialect.ask(listener.view, this.#context.clock.mono() - listener.heardMs, isFirst);
    if (questions.length === 0) return false;
    listener.expectAnswers();
    for (const question of questions) await this.#send(question, signal);
    const isOver = () => questions.every(({ answer }) => listener.hasAnswer(answer)) || !this.#seat.isConnected;
    await listener.until(isOver, this.#answerMs, signal);
    // Something it did not understand, or garbage beside an answer, is no reason to call it away.
    if (questions.some(({ answer }) => listener.hasAnswer(answer))) return true;
    this.#requireSense();
    if (!this.#seat.isConnected) throw new DeviceError('connection-lost', 'it left when it was asked');
    throw new DeviceError(
      'timeout',
      `it is connected, and answers nothing for ${this.#context.settings.answerSeconds} s`,
    );
  }

  /** Sends to the device, which may need a moment after its sign-in until it has subscribed. */
  async #send({ topic, payload }: Request, signal: AbortSignal): Promise<void> {
    const endsAt = this.#context.clock.mono() + this.#answerMs;
    for (;;) {
      try {
        return await this.#seat.publish(topic, payload, signal);
      } catch (thrown) {
        if (!(thrown instanceof FleetError) || thrown.code !== 'not-connected') throw thrown;
        if (!this.#seat.isConnected) throw new DeviceError('connection-lost', 'it left the broker', { cause: thrown });
        if (this.#context.clock.mono() >= endsAt) {
          const message = `the device does not subscribe to ${topic}; check its topic and the dialect`;
          throw new DeviceError('timeout', message, { cause: thrown });
        }
      }
      await this.#context.clock.wait(sendStepMs, signal);
    }
  }

  get #answerMs(): number {
    return this.#context.settings.answerSeconds * 1_000;
  }

  /** Why the device cannot be had, by what is known without asking. */
  #reasonAgainst(): 'absent' | 'offline' | 'bridge' | undefined {
    const { isOnline, isBridgeOnline } = this.#listener.view;
    if (!this.#seat.isConnected) return 'absent';
    if (isBridgeOnline === false) return 'bridge';
    return isOnline === false ? 'offline' : undefined;
  }

  async #requirePresence(): Promise<void> {
    const reason = this.#reasonAgainst();
    const { refused } = this.#seat;
    const isRefused = reason === 'absent' && refused > this.#refusedBefore;
    this.#refusedBefore = refused;
    const { username = '' } = this.#context.device.credentials ?? {};
    if (isRefused) {
      throw new DeviceError(
        'authentication',
        `a client tries to sign in as ${username}, with another password or from another address than is configured here`,
      );
    }
    if (reason === 'absent') throw new DeviceError('unreachable', await this.#explainAbsence(username));
    if (reason === 'bridge') throw new DeviceError('unreachable', 'its bridge says that it is offline itself');
    if (reason === 'offline')
      throw new DeviceError('unreachable', 'it is offline by its own last will or by its bridge');
  }

  /** The address is what a person has to type into the device. */
  async #explainAbsence(username: string): Promise<string> {
    const { device, settings } = this.#context;
    const absence = `no client is signed in as ${username} at the broker of this agent`;
    if (!device.address) return absence;
    const found = await this.#seat.addressFor(device.address.host).catch(() => undefined);
    return found === undefined
      ? absence
      : `${absence}; set host ${found.host}, port ${found.port} and the topic ${settings.topic} in the device`;
  }

  #requireSense(): void {
    const { broken } = this.#listener;
    if (broken)
      throw new DeviceError('protocol', `its last message makes no sense: ${broken.message}`, { cause: broken });
  }

  #tell(before: DeviceView, after: DeviceView): void {
    for (const event of mapEvents(before, after)) this.#context.reporter.emit(event);
    if (this.#isBegun) this.#report();
  }

  #report(): void {
    const { reporter } = this.#context;
    const { view } = this.#listener;
    const descriptor = mapDescriptor(view, this.#dialect);
    const text = JSON.stringify(descriptor);
    if (text !== this.#descriptor) reporter.describe(descriptor);
    this.#descriptor = text;
    for (const [name, state] of Object.entries(mapStates(view, this.#dialect))) {
      reporter.report(name as CapabilityName, state as CapabilityState<CapabilityName>);
    }
  }
}

function ignoreAbsence(thrown: unknown): void {
  if (!(thrown instanceof DeviceError)) throw thrown;
}
