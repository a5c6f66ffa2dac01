import {
  createReplyFramer,
  decodeReply,
  encodeCommand,
  type HyperdeckReply,
} from '../../../../protocols/hyperdeck/line.ts';
import {
  type HyperdeckSlot,
  type HyperdeckTransport,
  notices,
  queries,
  readDevice,
  readSlot,
  readTransport,
} from '../../../../protocols/hyperdeck/values.ts';
import { DeviceError, type DeviceErrorCode, toDeviceError } from '../../error.ts';
import { awaitEffect, Bell } from '../effect.ts';
import type { Abilities, Effect, MemberContext, Reading, StudioMember } from '../member.ts';
import { type Reserve, requireReserve } from '../reserve.ts';
import { Conversation } from './conversation.ts';

const connectTimeoutMs = 4_000;
const answerTimeoutMs = 5_000;
const effectMs = 8_000;
const stepMs = 500;
const longestVolume = 100;

/** A disk recorder that speaks the HyperDeck Ethernet Protocol. */
export class HyperdeckRecorder implements StudioMember {
  readonly role = 'recorder';
  readonly can: Abilities;
  readonly #context: MemberContext;
  readonly #reserve: Reserve;
  readonly #bell = new Bell();
  #conversation: Conversation<HyperdeckReply> | undefined;
  #reading: Reading = {};

  constructor(context: MemberContext, reserve: Reserve) {
    this.#context = context;
    this.#reserve = reserve;
    this.can = { recording: { start: (signal) => this.#start(signal), stop: (signal) => this.#stop(signal) } };
  }

  get reading(): Reading {
    return this.#reading;
  }

  async connect(signal: AbortSignal): Promise<void> {
    const { address, tcp, clock, onLost } = this.#context;
    let isGreeted = false;
    try {
      const connection = await tcp.connect(address, { timeoutMs: connectTimeoutMs, signal });
      this.#conversation = new Conversation<HyperdeckReply>({
        connection,
        framer: createReplyFramer(),
        decode: decodeReply,
        // The greeting has the number of a notice, and is waited for.
        isNotice: ({ code }) => code >= 500 && (isGreeted || code !== notices.connection),
        onNotice: (notice) => this.#hear(notice),
        onLost,
        clock,
        answerTimeoutMs,
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, 'connect to the recorder', 'connect');
    }
    const greeting = await this.#conversation.greeting(signal);
    isGreeted = true;
    if (greeting.code !== notices.connection) throw refusal(greeting, 'the connection');
    const device = readDevice(greeting);
    this.#reading = {
      vendor: 'Blackmagic Design',
      model: device.model,
      firmware: `protocol ${device.protocolVersion}`,
    };
    // A deck that has no notices is asked at each poll all the same.
    await this.#ask('notify', { transport: 'true', slot: 'true' }, signal);
    await this.poll(signal);
  }

  async poll(signal: AbortSignal): Promise<void> {
    const transport = await this.#readTransport(signal);
    const answer = await this.#ask(queries.slot.command, { 'slot id': String(transport.slot ?? 1) }, signal);
    this.#keep(transport, answer.code === queries.slot.code ? this.#read(() => readSlot(answer)) : undefined);
  }

  async disconnect(): Promise<void> {
    const conversation = this.#conversation;
    this.#conversation = undefined;
    await conversation?.[Symbol.asyncDispose]();
  }

  async #start(signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    if (this.#isRecording) return { changed: false };
    requireReserve(this.#reading.recording, this.#reserve);
    await this.#tell('record', signal);
    await this.#awaitRecording(true, signal);
    return { changed: true, ...this.#output() };
  }

  async #stop(signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    if (!this.#isRecording) return { changed: false };
    await this.#tell('stop', signal);
    await this.#awaitRecording(false, signal);
    return { changed: true, ...this.#output() };
  }

  get #isRecording(): boolean {
    return this.#reading.recording?.state === 'recording';
  }

  #output(): { readonly output?: string } {
    const output = this.#reading.recording?.output;
    return output === undefined ? {} : { output };
  }

  async #awaitRecording(on: boolean, signal: AbortSignal): Promise<void> {
    await awaitEffect({
      clock: this.#context.clock,
      signal,
      limitMs: effectMs,
      stepMs,
      bell: this.#bell,
      isSeen: async () => {
        await this.poll(signal);
        return this.#isRecording === on;
      },
      otherwise: `the recorder accepted to ${on ? 'record' : 'stop'} and did not`,
    });
  }

  /** A notice may tell a part only: what it does not name stays. */
  #hear({ code, fields }: HyperdeckReply): void {
    const status = fields.get('status');
    if (code !== notices.transport || status === undefined) return;
    const recording = { ...this.#reading.recording, state: status === 'record' ? 'recording' : 'stopped' } as const;
    this.#reading = { ...this.#reading, recording };
    this.#bell.ring();
    this.#context.onChange();
  }

  #keep(transport: HyperdeckTransport, slot: HyperdeckSlot | undefined): void {
    const freeSeconds = slot?.status === 'mounted' ? slot.recordingSeconds : 0;
    this.#reading = {
      ...this.#reading,
      recording: {
        state: transport.status === 'record' ? 'recording' : 'stopped',
        ...(slot ? { output: `${(slot.volume ?? 'disk').slice(0, longestVolume)} (slot ${slot.slot})` } : {}),
        ...(slot && freeSeconds !== undefined ? { freeSeconds } : {}),
      },
    };
  }

  async #readTransport(signal: AbortSignal): Promise<HyperdeckTransport> {
    const answer = await this.#ask(queries.transport.command, {}, signal);
    if (answer.code !== queries.transport.code) throw refusal(answer, 'to say what it does');
    return this.#read(() => readTransport(answer));
  }

  async #tell(command: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(command, {}, signal);
    if (answer.code >= 200) return;
    throw refusal(answer, `to ${command}`);
  }

  async #ask(
    command: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HyperdeckReply> {
    if (!this.#conversation) throw new DeviceError('connection-lost', 'the recorder is not connected');
    return await this.#conversation.ask(encodeCommand(command, parameters), signal);
  }

  #read<T>(parse: () => T): T {
    try {
      return parse();
    } catch (thrown) {
      throw toDeviceError(thrown, 'read what the recorder says');
    }
  }
}

/** Failure numbers of the protocol; the ones that are not listed are mistakes of ours. */
const codeOfFailure: Readonly<Record<number, DeviceErrorCode>> = {
  104: 'device-fault',
  105: 'device-fault',
  106: 'device-fault',
  110: 'device-fault',
  111: 'unavailable',
  120: 'busy',
  150: 'unavailable',
};

const advice: Readonly<Record<number, string>> = {
  105: '; put a disk into it',
  110: '; check its input',
  111: '; press REM at the recorder',
  120: '; another program is connected to it',
};

function refusal({ code, text }: HyperdeckReply, what: string): DeviceError {
  const kind = codeOfFailure[code] ?? (code < 200 ? 'unsupported' : 'protocol');
  return new DeviceError(kind, `the recorder refuses ${what}: ${code} ${text}${advice[code] ?? ''}`, {
    details: { code },
  });
}
