import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import {
  decodePacket,
  encodePacket,
  encodeReset,
  readControl,
  type ViscaPacket,
  type ViscaPacketType,
} from '../../../../protocols/visca/ip-header.ts';
import { createMessageFramer, decodeReply, type ViscaReply } from '../../../../protocols/visca/message.ts';
import type { UdpSocket } from '../../driver.ts';
import { DeviceError, toDeviceError } from '../../error.ts';
import type { MemberContext } from '../member.ts';
import { Conversation } from './conversation.ts';

/** A way to one camera; one message is under way at a time, because a camera has two sockets and forgets the third command. */
export interface ViscaLink extends AsyncDisposable {
  /** Sends a command; returns once the camera has accepted or carried it out, or what it refuses it with. Throws DeviceError. */
  command(message: Uint8Array, signal: AbortSignal): Promise<ViscaReply>;
  /** Asks a question. Throws DeviceError. */
  ask(message: Uint8Array, signal: AbortSignal): Promise<ViscaReply>;
}

const connectTimeoutMs = 4_000;
const answerTimeoutMs = 4_000;
/** A datagram is sent again after this, with its number: the camera knows whether it has it already. */
const resendMs = 1_000;
const sendAttempts = 4;

/** Raw messages over TCP. Throws DeviceError. */
export async function openTcpLink(context: MemberContext, signal: AbortSignal): Promise<ViscaLink> {
  try {
    const connection = await context.tcp.connect(context.address, { timeoutMs: connectTimeoutMs, signal });
    const running = new RunningCommands();
    const conversation = new Conversation<ViscaReply>({
      connection,
      framer: createMessageFramer(),
      decode: decodeReply,
      isNotice: (reply) => reply.kind === 'notice' || running.ends(reply),
      onNotice: () => {},
      onLost: context.onLost,
      clock: context.clock,
      answerTimeoutMs,
    });
    return {
      command: async (message, commandSignal) =>
        running.begin(await conversation.ask(message, commandSignal, isReceipt)),
      ask: (message, questionSignal) => conversation.ask(message, questionSignal, isAnswer),
      [Symbol.asyncDispose]: () => conversation[Symbol.asyncDispose](),
    };
  } catch (thrown) {
    signal.throwIfAborted();
    throw toDeviceError(thrown, 'connect to the camera', 'connect');
  }
}

/** Commands that were accepted and go on: a movement tells its end much later, and must not be taken for the next answer. */
class RunningCommands {
  readonly #sockets = new Set<number>();

  /** Keeps what was accepted. */
  begin(reply: ViscaReply): ViscaReply {
    if (reply.kind === 'accepted') this.#sockets.add(reply.socket);
    return reply;
  }

  /** Whether `reply` is the end of one of them. */
  ends(reply: ViscaReply): boolean {
    const isEnd = reply.kind === 'completed' || (reply.kind === 'refused' && reply.refusal === 'cancelled');
    return isEnd && this.#sockets.delete(reply.socket);
  }
}

function isReceipt({ kind }: ViscaReply): boolean {
  return kind === 'accepted' || kind === 'completed' || kind === 'refused';
}

function isAnswer({ kind }: ViscaReply): boolean {
  return kind === 'answer' || kind === 'refused';
}

/** VISCA over IP with Sony's header, over UDP. Throws DeviceError. */
export async function openUdpLink(context: MemberContext, signal: AbortSignal): Promise<ViscaLink> {
  const socket = await context.udp.open({ maxBytes: 64 });
  const link = new DatagramLink(context, socket);
  try {
    await link.reset(signal);
    return link;
  } catch (thrown) {
    await link[Symbol.asyncDispose]();
    signal.throwIfAborted();
    throw toDeviceError(thrown, 'connect to the camera');
  }
}

class DatagramLink implements ViscaLink {
  readonly #context: MemberContext;
  readonly #socket: UdpSocket;
  #sequence = 0;

  constructor(context: MemberContext, socket: UdpSocket) {
    this.#context = context;
    this.#socket = socket;
  }

  /** Begins to count anew on both sides. A camera that does not know this says nothing, and is believed when it answers later. */
  async reset(signal: AbortSignal): Promise<void> {
    this.#sequence = 0;
    await this.#socket.send(encodeReset(this.#sequence), this.#context.address);
    await this.#receive(resendMs, signal, ({ type }) => type === 'control-reply');
    this.#sequence = 1;
  }

  async command(message: Uint8Array, signal: AbortSignal): Promise<ViscaReply> {
    return await this.#exchange('command', message, signal, isReceipt);
  }

  async ask(message: Uint8Array, signal: AbortSignal): Promise<ViscaReply> {
    return await this.#exchange('inquiry', message, signal, isAnswer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
  }

  async #exchange(
    type: ViscaPacketType,
    payload: Uint8Array,
    signal: AbortSignal,
    isWanted: (reply: ViscaReply) => boolean,
  ): Promise<ViscaReply> {
    try {
      let packet: ViscaPacket = { type, sequence: this.#next(), payload };
      for (let attempt = 1; attempt <= sendAttempts; attempt++) {
        await this.#socket.send(encodePacket(packet), this.#context.address);
        const answer = await this.#receive(resendMs, signal, (received) => belongs(received, packet, isWanted));
        if (answer?.type === 'reply') return replyIn(answer);
        // The camera was restarted, or another controller counts in between.
        if (answer?.type === 'control-reply' && readControl(answer.payload) === 'wrong-sequence') {
          await this.reset(signal);
          packet = { ...packet, sequence: this.#next() };
        }
      }
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, 'talk to the camera');
    }
    throw new DeviceError('timeout', `the camera does not answer ${sendAttempts} datagrams`);
  }

  #next(): number {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) % 0x1_0000_0000;
    return sequence;
  }

  /** The next wanted datagram of this camera within `limitMs`; undefined when none comes. Throws ProtocolError. */
  async #receive(
    limitMs: number,
    signal: AbortSignal,
    isWanted: (packet: ViscaPacket) => boolean,
  ): Promise<ViscaPacket | undefined> {
    using deadline = this.#context.clock.deadline(limitMs, signal);
    try {
      for (;;) {
        const { bytes, from } = await this.#socket.receive(deadline.signal);
        if (from.host !== this.#context.address.host) continue;
        const packet = decodePacket(bytes);
        if (isWanted(packet)) return packet;
      }
    } catch (thrown) {
      signal.throwIfAborted();
      if (deadline.signal.aborted) return undefined;
      throw thrown;
    }
  }
}

/** Late answers to earlier messages carry their numbers. */
function belongs(received: ViscaPacket, sent: ViscaPacket, isWanted: (reply: ViscaReply) => boolean): boolean {
  if (received.sequence !== sent.sequence) return false;
  if (received.type === 'control-reply') return readControl(received.payload) === 'wrong-sequence';
  return received.type === 'reply' && isWanted(replyIn(received));
}

function replyIn(packet: ViscaPacket): ViscaReply {
  const [frame] = createMessageFramer().push(packet.payload);
  if (!frame) throw new ProtocolError('malformed', 'a datagram without the end of its message');
  return decodeReply(frame);
}
