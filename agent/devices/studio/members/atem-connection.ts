import { decodeCommands } from '../../../../protocols/atem/command.ts';
import {
  type AtemLink,
  hear,
  isAcknowledged,
  type LinkStep,
  maxInFlight,
  openLink,
  pass,
  say,
} from '../../../../protocols/atem/link.ts';
import { maxPacketBytes } from '../../../../protocols/atem/packet.ts';
import { type AtemState, applyCommand, emptyAtemState } from '../../../../protocols/atem/state.ts';
import type { Datagram, UdpSocket } from '../../driver.ts';
import { DeviceError, toDeviceError } from '../../error.ts';
import { Bell } from '../effect.ts';
import type { MemberContext } from '../member.ts';

/** A switcher answers a greeting at once, and then tells all it knows within a second or two. */
const greetingMs = 5_000;
const beginningMs = 10_000;
const acknowledgeMs = 5_000;
const tickMs = 150;
/** Any number below 32,768: the switcher chooses the one that counts. */
const ownSession = 0x53ab;

/** A session with an ATEM switcher over our own socket: it keeps the state that the switcher tells, and says commands. */
export class AtemConnection implements AsyncDisposable {
  readonly #context: MemberContext;
  readonly #socket: UdpSocket;
  readonly #onChange: () => void;
  readonly #bell = new Bell();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #link: AtemLink;
  #state: AtemState = emptyAtemState;
  #failure: DeviceError | undefined;

  private constructor(context: MemberContext, socket: UdpSocket, onChange: () => void) {
    this.#context = context;
    this.#socket = socket;
    this.#onChange = onChange;
    const first = openLink(ownSession, context.clock.mono());
    this.#link = first.link;
    this.#running = this.#run(first);
  }

  /** Greets and waits until the switcher has told everything; `onChange` is called for what it tells later. Throws DeviceError. */
  static async open(context: MemberContext, onChange: () => void, signal: AbortSignal): Promise<AtemConnection> {
    const connection = new AtemConnection(context, await openSocket(context), onChange);
    try {
      await connection.#until(
        () => connection.#link.phase === 'open',
        greetingMs,
        'it does not answer a greeting',
        signal,
      );
      await connection.#until(() => connection.#state.isComplete, beginningMs, 'it does not tell its state', signal);
      return connection;
    } catch (thrown) {
      await connection[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  get state(): AtemState {
    return this.#state;
  }

  /** Rings whenever anything comes. */
  get bell(): Bell {
    return this.#bell;
  }

  /** Says commands in one packet; returns once the switcher has acknowledged it, which says nothing of their effect. Throws DeviceError. */
  async say(commands: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#link.inFlight.length >= maxInFlight) throw new DeviceError('busy', 'the switcher listens no longer');
    const step = say(this.#link, Buffer.concat(commands), this.#context.clock.mono());
    await this.#take(step);
    const isHeard = () => isAcknowledged(this.#link, step.number);
    await this.#until(isHeard, acknowledgeMs, 'it does not acknowledge', signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new DeviceError('connection-lost', 'the connection is closed'));
    await this.#running;
    await this.#socket[Symbol.asyncDispose]();
  }

  async #run(first: LinkStep): Promise<void> {
    try {
      await this.#take(first);
      for (;;) {
        const datagram = await this.#next();
        const now = this.#context.clock.mono();
        await this.#take(datagram ? this.#hear(datagram, now) : { link: this.#link, send: [] });
        await this.#take(pass(this.#link, now));
      }
    } catch (thrown) {
      if (this.#closing.signal.aborted) return;
      const failure = toDeviceError(thrown, 'talk to the switcher');
      this.#failure =
        failure instanceof DeviceError ? failure : new DeviceError('protocol', 'the switcher', { cause: thrown });
      this.#bell.ring();
      if (this.#state.isComplete) this.#context.onLost(this.#failure);
    }
  }

  /** The next datagram of this switcher; undefined when a moment has passed. */
  async #next(): Promise<Datagram | undefined> {
    const { clock, address } = this.#context;
    using moment = clock.deadline(tickMs, this.#closing.signal);
    try {
      for (;;) {
        const datagram = await this.#socket.receive(moment.signal);
        if (datagram.from.host === address.host && datagram.from.port === address.port) return datagram;
      }
    } catch (thrown) {
      this.#closing.signal.throwIfAborted();
      if (moment.signal.aborted) return undefined;
      throw thrown;
    }
  }

  /** What makes no sense is as if it had not come: anyone can send a datagram in another's name. */
  #hear({ bytes }: Datagram, nowMs: number): LinkStep {
    try {
      return hear(this.#link, bytes, nowMs);
    } catch (thrown) {
      this.#context.log.debug('a datagram is none of a switcher', { error: thrown });
      return { link: this.#link, send: [] };
    }
  }

  async #take({ link, send, payload, end }: LinkStep): Promise<void> {
    this.#link = link;
    if (payload) this.#learn(payload);
    for (const bytes of send) await this.#socket.send(bytes, this.#context.address);
    if (end === 'full') throw new DeviceError('busy', 'the switcher has no place for one more client');
    if (end === 'silent') throw new DeviceError('timeout', 'the switcher is silent');
    this.#bell.ring();
  }

  #learn(payload: Uint8Array): void {
    const before = this.#state;
    try {
      for (const command of decodeCommands(payload)) this.#state = applyCommand(this.#state, command);
    } catch (thrown) {
      this.#context.log.debug('a command of the switcher makes no sense', { error: thrown });
    }
    if (this.#state !== before && before.isComplete) this.#onChange();
  }

  /** Throws DeviceError `timeout`, why the connection failed, or the signal's reason. */
  async #until(isSo: () => boolean, limitMs: number, otherwise: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const endsAt = clock.mono() + limitMs;
    while (!isSo()) {
      if (this.#failure) throw this.#failure;
      const leftMs = endsAt - clock.mono();
      if (leftMs <= 0) throw new DeviceError('timeout', `the switcher is not understood: ${otherwise}`);
      await this.#bell.heard(clock, leftMs, signal);
    }
  }
}

async function openSocket({ udp }: MemberContext): Promise<UdpSocket> {
  try {
    return await udp.open({ maxBytes: maxPacketBytes });
  } catch (thrown) {
    throw toDeviceError(thrown, 'open a socket for the switcher', 'connect');
  }
}
