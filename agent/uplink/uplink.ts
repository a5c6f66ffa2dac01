import { randomUUID } from 'node:crypto';
import { ProtocolError } from '../../protocols/bytes/error.ts';
import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { DownChannel } from '../../protocols/fleet/channels.ts';
import type { Ack, Command, Desired, Heartbeat, Hello } from '../../protocols/fleet/messages.ts';
import { decodePayload, encodePayload } from '../../protocols/fleet/payload.ts';
import type { PolicyEnvelope } from '../../protocols/fleet/policy/bundle.ts';
import type { Witness } from '../../protocols/fleet/witness.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { sealingWay } from '../../provisioning/sealing/credentials.ts';
import { backoffMs } from '../runtime/backoff.ts';
import type { DesiredStore } from './desired-store.ts';
import { nextPayload } from './frame-payload.ts';
import type { Inbox } from './inbox.ts';
import type { Connect, Connection, TlsIdentity } from './mqtt-connection.ts';
import type { Outbox } from './outbox.ts';
import { initialSession, type SessionInput, type SessionState, stepSession, wanted } from './session-machine.ts';
import type { WitnessStore } from './witness-store.ts';

/** What the agent says of itself in every hello. */
export type AgentFacts = Pick<Hello, 'version' | 'bootId' | 'startedAt' | 'platform' | 'families' | 'machine'>;

/** Who keeps the bundle of policies. `accept` resolves when it is on the disk, or was refused for good. */
interface PolicyPort {
  readonly number: number;
  accept(envelope: PolicyEnvelope): Promise<void>;
}

export interface UplinkOptions {
  readonly agentId: string;
  readonly url: string;
  /** Asked before each connection, so that a renewed certificate is used from the next one on. */
  readonly identity: () => TlsIdentity;
  readonly connect: Connect;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly desired: DesiredStore;
  readonly witnesses: WitnessStore;
  /** What the agent does by itself; one without takes no bundles. */
  readonly policies?: PolicyPort;
  readonly facts: AgentFacts;
  readonly load: () => Pick<Heartbeat, 'load' | 'devices'>;
  /** Called when the document is stored; after a restart the caller starts from the store itself. */
  readonly onDesired: (desired: Desired) => void;
  /** Called when the commands are stored. */
  readonly onCommands: (commands: readonly Command[]) => void;
  readonly onCancellations: (ids: readonly string[]) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  /** A session that stood is tried again after 1 s to this: all agents of a restarted hub come back, not all at once. */
  readonly returnSpreadMs?: number;
}

const heartbeatMs = 30_000;
const tickMs = 5_000;
const defaultReturnSpreadMs = 15_000;

/** Keeps one session with the hub for as long as the agent runs: connects, greets, sends what the outbox holds, takes what comes. */
export class Uplink implements AsyncDisposable {
  readonly #options: UplinkOptions;
  readonly #stop = new AbortController();
  readonly #startedMono: number;
  #running: Promise<void> | undefined;
  #connection: Connection | undefined;
  #state: SessionState = initialSession;
  #session = '';
  #hubOffsetMs = 0;
  #endConnection: (reason: string) => void = () => {};

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#startedMono = options.clock.mono();
  }

  /** Whether the hub has answered the hello of the present connection. */
  get isOnline(): boolean {
    return this.#state.phase === 'flowing';
  }

  /** The hub's wall clock as far as it has told; the agent's own before that. */
  hubNow(): number {
    return this.#options.clock.now() + this.#hubOffsetMs;
  }

  /** Begins to connect; returns at once. */
  start(): void {
    this.#options.outbox.onChange(() => this.#outboxChanged());
    this.#running ??= this.#run();
  }

  /** Ends the present connection, if any; the next one comes by itself and shows the present identity. */
  reconnect(reason: string): void {
    this.#endConnection(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new RecoverableError('agent-stops', 'the agent stops'));
    this.#options.outbox.onChange(() => {});
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, random } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      let delayMs = backoffMs(failures + 1, random());
      try {
        const { reason, stood } = await this.#oneConnection(signal);
        if (signal.aborted) return;
        failures = stood ? 0 : failures + 1;
        if (stood) delayMs = 1_000 + random() * ((this.#options.returnSpreadMs ?? defaultReturnSpreadMs) - 1_000);
        log.warn('the session with the hub ended', { code: reason.code, reason: reason.message, delayMs });
      } catch (thrown) {
        if (signal.aborted) return;
        failures++;
        const error = toError(thrown);
        log.warn('the hub cannot be reached', { reason: error.message, failures, delayMs: Math.round(delayMs) });
      }
      await clock.wait(Math.max(0, delayMs), signal).catch(() => undefined);
    }
  }

  /** From CONNECT to the end of the connection. `stood` tells whether the hub had answered our hello. */
  async #oneConnection(signal: AbortSignal): Promise<{ readonly reason: RecoverableError; readonly stood: boolean }> {
    const { agentId, url, identity, connect, clock, log } = this.#options;
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    this.#endConnection = (reason) => ending.abort(new RecoverableError('connection-given-up', reason));
    await using connection = await connect({
      agentId,
      url,
      identity: identity(),
      clock,
      log,
      signal: either,
      onMessage: (channel, payload) => this.#receive(channel, payload),
    });
    this.#connection = connection;
    this.#session = randomUUID();
    try {
      this.#input({ kind: 'connected', atMs: clock.mono() });
      const beating = this.#beat(either);
      const reason = await Promise.race([connection.closed, reasonOf(either)]);
      ending.abort(reason);
      await beating;
      return { reason, stood: this.isOnline };
    } finally {
      this.#connection = undefined;
      this.#endConnection = () => {};
      this.#input({ kind: 'closed' });
    }
  }

  /** Heartbeats and the patience of the machine. Ends when the signal aborts. */
  async #beat(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let sinceBeatMs = heartbeatMs; !signal.aborted; sinceBeatMs += tickMs) {
      if (sinceBeatMs >= heartbeatMs && this.isOnline) {
        this.#sendHeartbeat();
        sinceBeatMs = 0;
      }
      await clock.wait(tickMs, signal).catch(() => undefined);
      if (!signal.aborted) this.#input({ kind: 'tick', atMs: clock.mono() });
    }
  }

  #outboxChanged(): void {
    try {
      if (this.isOnline) this.#pump();
    } catch (thrown) {
      this.#options.log.error('the outbox cannot be read', { error: toError(thrown) });
      this.reconnect('the outbox cannot be read');
    }
  }

  #input(input: SessionInput): void {
    const step = stepSession(this.#state, input);
    this.#state = step.state;
    for (const effect of step.effects) {
      if (effect === 'hello') this.#sendHello();
      if (effect === 'pump') this.#pump();
      if (effect === 'reconnect') this.reconnect('the hub does not answer');
    }
  }

  /** Sends what the window allows, the most important lane first. */
  #pump(): void {
    const { outbox, clock } = this.#options;
    for (let sent = true; sent; ) {
      sent = false;
      for (const { lane, after } of wanted(this.#state)) {
        const frame = nextPayload(outbox, lane, after, clock.now());
        if (!frame) continue;
        const { through, payload } = frame;
        this.#input({ kind: 'sent', lane, through, bytes: payload.length, atMs: clock.mono() });
        this.#publish('up/frames', payload, () => this.#input({ kind: 'published', lane, through }));
        sent = true;
        break;
      }
    }
  }

  #publish(channel: 'up/hello' | 'up/frames' | 'up/heartbeat', payload: Buffer, onPublished?: () => void): void {
    const connection = this.#connection;
    if (!connection) return;
    connection.publish(channel, payload).then(
      () => {
        // A confirmation of an earlier connection says nothing about this one.
        if (this.#connection === connection) onPublished?.();
      },
      (thrown: unknown) => this.#options.log.debug('not sent', { channel, reason: toError(thrown).message }),
    );
  }

  #sendHello(): void {
    const { outbox, desired, witnesses, policies, facts, clock } = this.#options;
    const hello: Hello = {
      ...facts,
      witnesses: [...witnesses.all()],
      session: this.#session,
      epoch: outbox.epoch,
      at: Math.round(clock.now()),
      generation: desired.generation,
      seals: [sealingWay],
      orderSeq: 0,
      policy: policies?.number ?? 0,
      lanes: outbox.ranges(),
    };
    this.#publish('up/hello', encodePayload('up/hello', { ...hello, families: [...facts.families] }));
  }

  #sendHeartbeat(): void {
    const { outbox, desired, load, clock } = this.#options;
    const accounts = Object.values(outbox.accounts());
    const sum = (of: (account: (typeof accounts)[number]) => number) =>
      accounts.reduce((total, one) => total + of(one), 0);
    const heartbeat: Heartbeat = {
      session: this.#session,
      at: Math.round(clock.now()),
      uptimeSeconds: Math.max(0, (clock.mono() - this.#startedMono) / 1_000),
      generation: desired.generation,
      queue: { records: sum((one) => one.pending), bytes: sum((one) => one.bytes), shed: sum((one) => one.shed) },
      ...load(),
    };
    this.#publish('up/heartbeat', encodePayload('up/heartbeat', heartbeat));
  }

  /** Returns when the message is safe. Throws when it could not be stored; then the hub sends it again. */
  async #receive(channel: DownChannel, payload: Uint8Array): Promise<void> {
    try {
      switch (channel) {
        case 'down/ack':
          return await this.#takeAck(decodePayload(channel, payload));
        case 'down/desired':
          return this.#takeDesired(decodePayload(channel, payload));
        case 'down/commands':
          return this.#takeCommands(decodePayload(channel, payload).commands);
        case 'down/cancellations':
          return this.#options.onCancellations(decodePayload(channel, payload).commands);
        case 'down/policies':
          return await this.#options.policies?.accept(decodePayload(channel, payload));
        case 'down/orders':
          this.#options.log.info('a deployment order was left aside: this agent carries out none');
      }
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      // Asking for it again would bring the same bytes.
      this.#options.log.error('a message of the hub cannot be read', { channel, reason: thrown.message });
    }
  }

  async #takeAck(ack: Ack): Promise<void> {
    const { outbox, clock, log } = this.#options;
    if (ack.at !== undefined) this.#hubOffsetMs = ack.at - clock.now();
    for (const { lane, seq, code, message } of ack.rejected) {
      log.error('the hub could not read a record', { lane, seq, code, reason: message });
    }
    if (ack.witness) this.#keepWitness(ack.witness);
    const { epoch } = outbox;
    if (ack.epoch !== epoch) return;
    await outbox.ack(ack).catch((thrown: unknown) => {
      // A full disk: the records stay and go with a later acknowledgement.
      log.warn('an acknowledgement could not be stored', { error: toError(thrown) });
    });
    if (outbox.epoch === epoch) this.#input({ kind: 'acknowledged', through: ack.through, atMs: clock.mono() });
    else {
      log.error('the hub has seen more than this outbox knows; a new epoch begins', { epoch: outbox.epoch });
      this.#input({ kind: 'renumbered', atMs: clock.mono() });
    }
  }

  #keepWitness(witness: Witness): void {
    try {
      this.#options.witnesses.keep(witness);
    } catch (thrown) {
      this.#options.log.warn('a head of the audit log could not be kept', { error: toError(thrown) });
    }
  }

  #takeDesired(desired: Desired): void {
    const { desired: store, log, onDesired } = this.#options;
    if (!store.accept(desired)) return;
    for (const device of store.unopened)
      log.error('the credentials of a device do not open with the key of this agent', { device });
    log.info('a new desired document', {
      generation: desired.generation,
      devices: desired.devices.length,
    });
    if (store.current) onDesired(store.current);
  }

  #takeCommands(commands: readonly Command[]): void {
    this.#options.inbox.receive(commands);
    this.#options.onCommands(commands);
  }
}

function reasonOf(signal: AbortSignal): Promise<RecoverableError> {
  const reason = () =>
    signal.reason instanceof RecoverableError
      ? signal.reason
      : new RecoverableError('connection-given-up', toError(signal.reason).message);
  return new Promise((resolve) => {
    if (signal.aborted) resolve(reason());
    else signal.addEventListener('abort', () => resolve(reason()), { once: true });
  });
}
