import {
  encodeDurationRequest,
  encodeProgram,
  encodeRecording,
  encodeStreaming,
  encodeTimeRequest,
} from '../../../../protocols/atem/command.ts';
import type { AtemRecording, AtemState } from '../../../../protocols/atem/state.ts';
import { DeviceError } from '../../error.ts';
import { awaitEffect } from '../effect.ts';
import type { Abilities, Effect, MemberContext, Reading, StudioMember } from '../member.ts';
import { type Reserve, requireReserve } from '../reserve.ts';
import { AtemConnection } from './atem-connection.ts';

const effectMs = 8_000;
const streamMs = 30_000;
const stepMs = 500;
const maxScenes = 200;
/** The first mixer of a switcher is the one that its output shows. */
const mixEffect = 0;

/** An ATEM switcher. It tells every change by itself; an acknowledgement says that it heard, its state alone that it did. */
export class AtemSwitcher implements StudioMember {
  readonly role = 'switcher';
  readonly #context: MemberContext;
  readonly #reserve: Reserve;
  #connection: AtemConnection | undefined;
  #state: AtemState | undefined;

  constructor(context: MemberContext, reserve: Reserve) {
    this.#context = context;
    this.#reserve = reserve;
  }

  /** Only some models record and stream; each says so when it is connected. */
  get can(): Abilities {
    const state = this.#state;
    return {
      scenes: { show: (name, signal) => this.#show(name, signal) },
      ...(state?.recording
        ? { recording: { start: (signal) => this.#record(signal), stop: (signal) => this.#stopRecording(signal) } }
        : {}),
      ...(state?.streaming
        ? { streaming: { start: (signal) => this.#goLive(signal), stop: (signal) => this.#stopStreaming(signal) } }
        : {}),
    };
  }

  get reading(): Reading {
    const state = this.#state;
    if (!state) return {};
    const { product, version, recording, streaming } = state;
    return {
      vendor: 'Blackmagic Design',
      ...(product ? { model: product } : {}),
      ...(version === undefined ? {} : { firmware: `protocol ${version}` }),
      scenes: { current: nameOf(state, state.program), list: offered(state) },
      ...(recording ? { recording: recordingReading(recording) } : {}),
      ...(streaming
        ? {
            streaming: {
              state: streaming.state,
              ...(streaming.state === 'live' && streaming.seconds !== undefined ? { seconds: streaming.seconds } : {}),
            },
          }
        : {}),
    };
  }

  async connect(signal: AbortSignal): Promise<void> {
    await this.disconnect();
    this.#connection = await AtemConnection.open(this.#context, () => this.#tell(), signal);
    this.#state = this.#connection.state;
  }

  /** It tells by itself; a question proves that it still would, and durations are told only to who asks. */
  async poll(signal: AbortSignal): Promise<void> {
    const { recording, streaming } = this.#state ?? {};
    await this.#say(
      [
        encodeTimeRequest(),
        ...(recording?.state === 'recording' ? [encodeDurationRequest('recording')] : []),
        ...(streaming?.state === 'live' ? [encodeDurationRequest('streaming')] : []),
      ],
      signal,
    );
  }

  async disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.[Symbol.asyncDispose]();
  }

  async #show(name: string, signal: AbortSignal): Promise<Effect> {
    const input = this.#state?.inputs.find((each) => each.isOffered && each.name === name);
    if (!input) throw new DeviceError('unsupported', `the switcher has no input ${name}`);
    return await this.#order('the input', encodeProgram(mixEffect, input.source), effectMs, signal, ({ program }) => {
      return program === input.source;
    });
  }

  async #record(signal: AbortSignal): Promise<Effect> {
    const { recording } = this.#state ?? {};
    if (recording?.state !== 'recording') {
      if (recording && recording.medium !== 'ready') throw noMedium(recording.medium);
      requireReserve(this.reading.recording, this.#reserve);
    }
    return await this.#order('the recording', encodeRecording(true), effectMs, signal, (state) => {
      return state.recording?.state === 'recording';
    });
  }

  async #stopRecording(signal: AbortSignal): Promise<Effect> {
    return await this.#order('the end of the recording', encodeRecording(false), effectMs, signal, (state) => {
      return state.recording?.state === 'stopped';
    });
  }

  /** A stream that does not come up is ended again, so that it does not start when nobody expects it. */
  async #goLive(signal: AbortSignal): Promise<Effect> {
    try {
      return await this.#order('the stream', encodeStreaming(true), streamMs, signal, ({ streaming }) => {
        return streaming?.state === 'live';
      });
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof DeviceError && thrown.code === 'no-effect')
        await this.#say([encodeStreaming(false)], signal);
      throw thrown;
    }
  }

  async #stopStreaming(signal: AbortSignal): Promise<Effect> {
    return await this.#order('the end of the stream', encodeStreaming(false), effectMs, signal, ({ streaming }) => {
      return streaming?.state === 'stopped';
    });
  }

  async #order(
    what: string,
    command: Uint8Array,
    limitMs: number,
    signal: AbortSignal,
    isSo: (state: AtemState) => boolean,
  ): Promise<Effect> {
    const isSeen = () => this.#state !== undefined && isSo(this.#state);
    if (isSeen()) return { changed: false };
    await this.#say([command], signal);
    const { clock } = this.#context;
    const bell = this.#connection?.bell;
    const otherwise = `the switcher heard the order, and ${what} is not seen within ${limitMs / 1_000} s`;
    await awaitEffect({ clock, signal, limitMs, stepMs, ...(bell ? { bell } : {}), isSeen, otherwise });
    return { changed: true };
  }

  async #say(commands: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    if (!this.#connection) throw new DeviceError('connection-lost', 'the switcher is not connected');
    await this.#connection.say(commands, signal);
  }

  #tell(): void {
    this.#state = this.#connection?.state ?? this.#state;
    this.#context.onChange();
  }
}

function nameOf({ inputs }: AtemState, source: number | undefined): string | undefined {
  return inputs.find((input) => input.source === source)?.name;
}

function offered({ inputs }: AtemState): readonly string[] {
  const names = inputs.filter(({ isOffered, name }) => isOffered && name !== '').map(({ name }) => name);
  return [...new Set(names)].slice(0, maxScenes);
}

function recordingReading({ state, seconds, freeSeconds }: AtemRecording): NonNullable<Reading['recording']> {
  return {
    state,
    ...(state === 'recording' && seconds !== undefined ? { seconds } : {}),
    ...(freeSeconds === undefined ? {} : { freeSeconds }),
  };
}

const mediumTexts: Readonly<Record<Exclude<AtemRecording['medium'], 'ready'>, string>> = {
  absent: 'it has no disk to record to',
  full: 'its disk is full',
  broken: 'its disk has an error',
  unformatted: 'its disk is not formatted',
  'too-slow': 'its disk is too slow',
};

function noMedium(medium: Exclude<AtemRecording['medium'], 'ready'>): DeviceError {
  return new DeviceError('unavailable', `the switcher cannot record: ${mediumTexts[medium]}`, { details: { medium } });
}
