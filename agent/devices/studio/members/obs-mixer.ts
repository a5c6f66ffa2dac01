import { requestStatus } from '../../../../protocols/obs-websocket/message.ts';
import type { OutputState, readData } from '../../../../protocols/obs-websocket/values.ts';
import { DeviceError } from '../../error.ts';
import { awaitEffect, Bell } from '../effect.ts';
import type { Abilities, Effect, MemberContext, Reading, RecordingReading, StudioMember } from '../member.ts';
import { type Reserve, requireReserve } from '../reserve.ts';
import type { MemberOf } from '../settings.ts';
import { ObsConnection, refusalOf } from './obs-connection.ts';
import { ObsDesk } from './obs-desk.ts';
import { afterEvent, afterStatus, type Data, type Output, readReading } from './obs-reading.ts';

type Names = Parameters<typeof readData>[0];
type Document = Readonly<Record<string, unknown>>;

const recordMs = 15_000;
const streamMs = 40_000;
const pauseMs = 5_000;
const sceneMs = 10_000;
const stepMs = 500;
const mostSaid = 32;
const orderAttempts = 4;

/** OBS Studio. What it does is believed when it says so by itself: that it accepted an order proves nothing. */
export class ObsMixer implements StudioMember {
  readonly role = 'mixer';
  readonly can: Abilities;
  readonly #context: MemberContext;
  readonly #settings: MemberOf<'obs'>;
  readonly #reserve: Reserve;
  readonly #bell = new Bell();
  readonly #desk: ObsDesk;
  /** What each output said since the last order to it. */
  readonly #said: Record<Output, OutputState[]> = { recording: [], streaming: [] };
  readonly #saidAt: Record<Output, number> = {
    recording: Number.NEGATIVE_INFINITY,
    streaming: Number.NEGATIVE_INFINITY,
  };
  #connection: ObsConnection | undefined;
  #offered: ReadonlySet<string> = new Set();
  #reading: Reading = {};

  constructor(settings: MemberOf<'obs'>, context: MemberContext, reserve: Reserve) {
    this.#settings = settings;
    this.#context = context;
    this.#reserve = reserve;
    this.#desk = new ObsDesk({
      use: () => this.#use(),
      patience: (limitMs, orderSignal) => this.#patience(limitMs, orderSignal),
    });
    this.can = {
      recording: {
        start: (signal) => this.#startRecording(signal),
        stop: (signal) => this.#stopRecording(signal),
        pause: (signal) => this.#pause(true, signal),
        resume: (signal) => this.#pause(false, signal),
      },
      streaming: { start: (signal) => this.#startStream(signal), stop: (signal) => this.#stopStream(signal) },
      scenes: { show: (name, signal) => this.#show(name, signal) },
      sound: { mute: (input, muted, signal) => this.#afterwards(this.#desk.mute(input, muted, signal), signal) },
      virtualCamera: { set: (on, signal) => this.#afterwards(this.#desk.switchVirtualCamera(on, signal), signal) },
      picture: { take: (signal) => this.#desk.look(signal) },
    };
  }

  get reading(): Reading {
    return this.#reading;
  }

  async connect(signal: AbortSignal): Promise<void> {
    this.#connection = await ObsConnection.open({
      context: this.#context,
      allowUnauthenticated: this.#settings.allowUnauthenticated,
      onEvent: (type, data) => this.#hear(type, data),
      signal,
    });
    const version = await this.#read('GetVersion', signal);
    this.#offered = new Set(version.availableRequests);
    this.#reading = {
      ...this.#reading,
      vendor: 'OBS Project',
      model: 'OBS Studio',
      firmware: `${version.obsVersion}, obs-websocket ${version.obsWebSocketVersion}`,
    };
    await this.poll(signal);
  }

  async poll(signal: AbortSignal): Promise<void> {
    const [stats, scenes, record, stream, directory, desk] = await Promise.all([
      this.#read('GetStats', signal),
      this.#read('GetSceneList', signal),
      this.#read('GetRecordStatus', signal),
      this.#read('GetStreamStatus', signal),
      this.#recordDirectory(signal),
      this.#desk.read(signal),
    ]);
    const age = (output: Output) => this.#context.clock.mono() - this.#saidAt[output];
    const ages = { recording: age('recording'), streaming: age('streaming') };
    this.#reading = { ...afterStatus(this.#reading, { stats, scenes, record, stream, directory }, ages), ...desk };
  }

  async disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.[Symbol.asyncDispose]();
  }

  async #startRecording(signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    const { recording } = this.#reading;
    if (recording?.state === 'recording') return { changed: false, ...outputOf(recording) };
    if (recording?.state === 'paused')
      throw new DeviceError('unavailable', 'the recording is paused; resume or stop it');
    requireReserve(recording, this.#reserve);
    if (!(await this.#order('recording', 'StartRecord', requestStatus.outputRunning, signal)))
      return { changed: false };
    await this.#awaitOutput('recording', 'STARTED', { limitMs: recordMs, deadly: ['STOPPED'] }, signal);
    return { changed: true, ...outputOf(this.#reading.recording) };
  }

  async #stopRecording(signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    if (this.#reading.recording?.state === 'stopped') return { changed: false };
    if (!(await this.#order('recording', 'StopRecord', requestStatus.outputNotRunning, signal)))
      return { changed: false };
    await this.#awaitOutput('recording', 'STOPPED', { limitMs: recordMs }, signal);
    const output = this.#reading.recording?.lastOutput;
    return { changed: true, ...(output === undefined ? {} : { output }) };
  }

  /** With the settings of its simple mode "same as stream" OBS accepts to pause and goes on. */
  async #pause(paused: boolean, signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    const state = this.#reading.recording?.state;
    if (state === (paused ? 'paused' : 'recording')) return { changed: false };
    if (state !== (paused ? 'recording' : 'paused')) throw new DeviceError('unavailable', 'nothing is being recorded');
    await this.#call(paused ? 'PauseRecord' : 'ResumeRecord', undefined, signal);
    await awaitEffect({
      ...this.#patience(pauseMs, signal),
      isSeen: async () => (await this.#read('GetRecordStatus', signal)).outputPaused === paused,
      otherwise: paused
        ? 'OBS accepted to pause and goes on recording; choose a recording quality of its own, not that of the stream'
        : 'OBS accepted to resume and is still paused',
    });
    await this.poll(signal);
    return { changed: true };
  }

  async #startStream(signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    if (this.#reading.streaming?.state === 'live') return { changed: false };
    if (!(await this.#order('streaming', 'StartStream', requestStatus.outputRunning, signal)))
      return { changed: false };
    try {
      await this.#awaitOutput('streaming', 'STARTED', { limitMs: streamMs, deadly: ['STOPPED'] }, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      // It may still try to connect: it must not go live when nobody expects it any more.
      if (this.#said.streaming.at(-1) !== 'STOPPED') await this.#use().request('StopStream', undefined, signal);
      throw thrown;
    }
    return { changed: true };
  }

  async #stopStream(signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    if (this.#reading.streaming?.state === 'stopped') return { changed: false };
    if (!(await this.#order('streaming', 'StopStream', requestStatus.outputNotRunning, signal)))
      return { changed: false };
    await this.#awaitOutput('streaming', 'STOPPED', { limitMs: streamMs }, signal);
    return { changed: true };
  }

  async #show(name: string, signal: AbortSignal): Promise<Effect> {
    await this.poll(signal);
    if (this.#reading.scenes?.current === name) return { changed: false };
    await this.#call('SetCurrentProgramScene', { sceneName: name }, signal);
    await awaitEffect({
      ...this.#patience(sceneMs, signal),
      isSeen: async () => (await this.#read('GetSceneList', signal)).currentProgramSceneName === name,
      otherwise: `OBS accepted scene ${name} and shows another one`,
    });
    await this.poll(signal);
    return { changed: true };
  }

  /** What was switched is told with everything else. */
  async #afterwards(effect: Promise<Effect>, signal: AbortSignal): Promise<Effect> {
    const seen = await effect;
    await this.poll(signal);
    return seen;
  }

  /** Tells an output what to do; false when it is so `already`, by the number of that refusal. */
  async #order(output: Output, request: string, already: number, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; attempt <= orderAttempts; attempt++) {
      this.#said[output] = [];
      const response = await this.#use().request(request, undefined, signal);
      if (response.code === requestStatus.success) return true;
      if (response.code !== already) throw refusalOf(response);
      // Either it is so, or it is still on the way from the state before.
      await this.#context.clock.wait(stepMs, signal);
      const { outputActive } = await this.#status(output, signal);
      if (outputActive === (already === requestStatus.outputRunning)) return false;
    }
    throw new DeviceError('no-effect', `OBS refuses ${request} as done already, and its status says otherwise`);
  }

  async #status(output: Output, signal: AbortSignal): Promise<{ readonly outputActive: boolean }> {
    return output === 'recording'
      ? await this.#read('GetRecordStatus', signal)
      : await this.#read('GetStreamStatus', signal);
  }

  /** Waits for what the output says by itself; when an event is lost, its status is asked at the end. */
  async #awaitOutput(
    output: Output,
    wanted: 'STARTED' | 'STOPPED',
    { limitMs, deadly = [] }: { readonly limitMs: number; readonly deadly?: readonly OutputState[] },
    signal: AbortSignal,
  ): Promise<void> {
    const said = () => this.#said[output];
    const failed = `OBS accepted the order, and the ${output} did not ${wanted === 'STARTED' ? 'start' : 'stop'}`;
    await awaitEffect({
      ...this.#patience(limitMs, signal),
      isSeen: async () => {
        if (said().includes(wanted)) return true;
        if (said().some((state) => deadly.includes(state))) throw new DeviceError('no-effect', failed);
        const status = await this.#status(output, signal);
        // An output is active before it says so: only the event is a start.
        return wanted === 'STOPPED' && !status.outputActive && said().length === 0;
      },
      otherwise: `${failed} within ${limitMs / 1_000} s`,
    });
    await this.poll(signal);
  }

  #patience(limitMs: number, signal: AbortSignal) {
    return { clock: this.#context.clock, signal, limitMs, stepMs, bell: this.#bell };
  }

  #hear(type: string, data: Document): void {
    const heard = afterEvent(this.#reading, type, data);
    if (!heard) return;
    this.#reading = heard.reading;
    if (heard.said) {
      const { output, state } = heard.said;
      this.#said[output] = [...this.#said[output], state].slice(-mostSaid);
      this.#saidAt[output] = this.#context.clock.mono();
    }
    this.#bell.ring();
    this.#context.onChange();
  }

  async #recordDirectory(signal: AbortSignal): Promise<string | undefined> {
    if (!this.#offered.has('GetRecordDirectory')) return undefined;
    const { recordDirectory } = await this.#call('GetRecordDirectory', undefined, signal);
    return typeof recordDirectory === 'string' ? recordDirectory.slice(0, 500) : undefined;
  }

  async #read<N extends Names>(type: N, signal: AbortSignal): Promise<Data<N>> {
    return readReading(type, await this.#call(type, undefined, signal));
  }

  async #call(type: string, data: Document | undefined, signal: AbortSignal) {
    return await this.#use().call(type, data, signal);
  }

  #use(): ObsConnection {
    if (this.#connection) return this.#connection;
    throw new DeviceError('connection-lost', 'OBS is not connected');
  }
}

function outputOf(recording: RecordingReading | undefined): { readonly output?: string } {
  return recording?.output === undefined ? {} : { output: recording.output };
}
