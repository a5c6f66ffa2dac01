import {
  createReplyFramer,
  decodeReply,
  encodeFunction,
  encodeQuery,
  type VmixReply,
} from '../../../../protocols/vmix/message.ts';
import { parseState, type VmixState } from '../../../../protocols/vmix/state.ts';
import { DeviceError, toDeviceError } from '../../error.ts';
import { awaitEffect, Bell } from '../effect.ts';
import type { Abilities, Effect, MemberContext, Reading, StudioMember } from '../member.ts';
import { Conversation } from './conversation.ts';

const connectTimeoutMs = 4_000;
const answerTimeoutMs = 5_000;
const effectMs = 10_000;
const streamMs = 30_000;
const stepMs = 500;
const maxScenes = 200;

/** Said unasked: the version as a greeting, and changes of what was subscribed to. */
const unasked: ReadonlySet<string> = new Set(['VERSION', 'TALLY', 'ACTS']);

/**
 * vMix by its TCP API. It answers "OK Completed" to functions that it has never heard of, so nothing but its state is believed.
 */
export class VmixSwitcher implements StudioMember {
  readonly role = 'switcher';
  readonly can: Abilities;
  readonly #context: MemberContext;
  readonly #bell = new Bell();
  #conversation: Conversation<VmixReply> | undefined;
  #state: VmixState | undefined;

  constructor(context: MemberContext) {
    this.#context = context;
    this.can = {
      recording: {
        start: (signal) => this.#switch('StartRecording', ({ isRecording }) => isRecording, effectMs, signal),
        stop: (signal) => this.#switch('StopRecording', ({ isRecording }) => !isRecording, effectMs, signal),
      },
      streaming: {
        start: (signal) => this.#goLive(signal),
        stop: (signal) => this.#switch('StopStreaming', ({ isStreaming }) => !isStreaming, effectMs, signal),
      },
      scenes: { show: (name, signal) => this.#show(name, signal) },
    };
  }

  get reading(): Reading {
    const state = this.#state;
    if (!state) return {};
    return {
      vendor: 'StudioCoast',
      model: `vMix ${state.edition}`.trim(),
      firmware: state.version,
      scenes: {
        current: state.inputs.find(({ number }) => number === state.active)?.title,
        list: [...new Set(state.inputs.map(({ title }) => title))].filter((title) => title !== '').slice(0, maxScenes),
      },
      recording: { state: state.isRecording ? 'recording' : 'stopped' },
      streaming: { state: state.isStreaming ? 'live' : 'stopped' },
    };
  }

  async connect(signal: AbortSignal): Promise<void> {
    const { address, tcp, clock, onLost } = this.#context;
    try {
      const connection = await tcp.connect(address, { timeoutMs: connectTimeoutMs, signal });
      this.#conversation = new Conversation<VmixReply>({
        connection,
        framer: createReplyFramer(),
        decode: decodeReply,
        isNotice: ({ command }) => unasked.has(command),
        onNotice: (notice) => this.#hear(notice),
        onLost,
        clock,
        answerTimeoutMs,
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, 'connect to the switcher', 'connect');
    }
    await this.poll(signal);
    // Changes then come by themselves; where they do not, each poll sees them.
    await this.#ask(encodeQuery('SUBSCRIBE ACTS'), 'SUBSCRIBE', signal);
  }

  async poll(signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(encodeQuery('XML'), 'XML', signal);
    if (answer.status !== 'data')
      throw new DeviceError('unavailable', `the switcher does not tell its state: ${answer.text}`);
    try {
      this.#state = parseState(answer.data);
    } catch (thrown) {
      throw toDeviceError(thrown, 'read the state of the switcher');
    }
  }

  async disconnect(): Promise<void> {
    const conversation = this.#conversation;
    this.#conversation = undefined;
    await conversation?.[Symbol.asyncDispose]();
  }

  /** A stream that does not come up is ended again, so that it does not start when nobody expects it. */
  async #goLive(signal: AbortSignal): Promise<Effect> {
    try {
      return await this.#switch('StartStreaming', ({ isStreaming }) => isStreaming, streamMs, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof DeviceError && thrown.code === 'no-effect') await this.#call('StopStreaming', {}, signal);
      throw thrown;
    }
  }

  async #show(name: string, signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    const input = this.#state?.inputs.find(({ title }) => title === name);
    if (!input) throw new DeviceError('unsupported', `the switcher has no input ${name}`);
    const query = { Input: input.key || String(input.number) };
    const isShown = ({ active, inputs }: VmixState) => inputs.find(({ number }) => number === active)?.title === name;
    return await this.#switch('CutDirect', isShown, effectMs, signal, query);
  }

  async #switch(
    name: string,
    isSo: (state: VmixState) => boolean,
    limitMs: number,
    signal: AbortSignal,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Effect> {
    await this.poll(signal);
    if (this.#state && isSo(this.#state)) return { changed: false };
    await this.#call(name, query, signal);
    await awaitEffect({
      clock: this.#context.clock,
      signal,
      limitMs,
      stepMs,
      bell: this.#bell,
      isSeen: async () => {
        await this.poll(signal);
        return this.#state !== undefined && isSo(this.#state);
      },
      otherwise: `the switcher accepted ${name}, and nothing changed within ${limitMs / 1_000} s`,
    });
    return { changed: true };
  }

  async #call(name: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(encodeFunction(name, query), 'FUNCTION', signal);
    if (answer.status === 'error')
      throw new DeviceError('device-fault', `the switcher refuses ${name}: ${answer.text}`);
  }

  /** `Recording 1`, `Streaming 0`: the rest of the state is read at the next poll. */
  #hear({ command, text }: VmixReply): void {
    const [, what, value] = command === 'ACTS' ? (/^(Recording|Streaming) ([01])\b/.exec(text) ?? []) : [];
    if (what === undefined || !this.#state) return;
    const on = value === '1';
    this.#state = { ...this.#state, ...(what === 'Recording' ? { isRecording: on } : { isStreaming: on }) };
    this.#bell.ring();
    this.#context.onChange();
  }

  async #ask(bytes: Uint8Array, command: string, signal: AbortSignal): Promise<VmixReply> {
    if (!this.#conversation) throw new DeviceError('connection-lost', 'the switcher is not connected');
    return await this.#conversation.ask(bytes, signal, (reply) => reply.command === command);
  }
}
