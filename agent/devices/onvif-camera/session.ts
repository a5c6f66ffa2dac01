import { FatalError } from '../../../protocols/errors.ts';
import { getDeviceInformation } from '../../../protocols/onvif/device.ts';
import { getSnapshotUri } from '../../../protocols/onvif/media.ts';
import type { PtzStatus } from '../../../protocols/onvif/ptz.ts';
import type { DriverCommand, DriverContext, DriverSession } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { relocate } from './address.ts';
import type { OnvifClient } from './client.ts';
import { isRefusal, toDeviceError } from './failure.ts';
import {
  describeCamera,
  firmwareState,
  foldMotion,
  forgetMotion,
  identityState,
  motionState,
  noMotion,
  pictureProfile,
  ptzState,
  videoState,
} from './mapping.ts';
import { MotionFeed } from './motion-feed.ts';
import { Movement, type MovementResult } from './movement.ts';
import type { CameraSettings } from './settings.ts';
import { type Survey, surveyCamera } from './survey.ts';

type Context = DriverContext<CameraSettings>;
type Output = Readonly<Record<string, unknown>>;

/** Everything together that one connect and one poll may take. */
const connectLimitMs = 45_000;
const pollLimitMs = 30_000;
/** What seldom changes is asked again after this. */
const surveyIntervalMs = 15 * 60_000;
/** A camera that refused our credentials is not asked again within this: cameras lock accounts after a few failures. */
const refusalHoldMs = 5 * 60_000;
/** A skew that moves less than this is the same: the camera tells whole seconds. */
const skewToleranceSeconds = 2;
const maxPictureBytes = 4 * 1024 * 1024;

/** Reads the clock, signs in and takes stock. Throws DeviceError. */
export async function openSession(context: Context, client: OnvifClient): Promise<DriverSession> {
  using deadline = context.clock.deadline(connectLimitMs, context.signal);
  const { signal } = deadline;
  signal.throwIfAborted();
  try {
    const skewMs = await readSkew(client, signal);
    const survey = await surveyCamera(client, context.device.credentials?.password, signal);
    return new CameraSession(context, client, survey, skewMs);
  } catch (thrown) {
    context.signal.throwIfAborted();
    throw toDeviceError(thrown);
  }
}

/** The camera's clock minus ours, in milliseconds; undefined for a camera that does not tell. */
async function readSkew(client: OnvifClient, signal: AbortSignal): Promise<number | undefined> {
  try {
    return await client.readClock(signal);
  } catch (thrown) {
    if (isRefusal(thrown)) return undefined;
    throw thrown;
  }
}

class CameraSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: Context;
  readonly #client: OnvifClient;
  readonly #feed: MotionFeed | undefined;
  #survey: Survey;
  #surveyedAt: number;
  #motion = noMotion;
  #skewSeconds: number | undefined;
  #refusal: { readonly error: DeviceError; readonly until: number } | undefined;
  #described = '';

  constructor(context: Context, client: OnvifClient, survey: Survey, skewMs: number | undefined) {
    this.pollIntervalMs = context.settings.pollIntervalMs;
    this.#context = context;
    this.#client = client;
    this.#survey = survey;
    this.#surveyedAt = context.clock.mono();
    this.#noteSkew(skewMs);
    const { events } = survey.services;
    this.#feed = events && this.#createFeed(events);
    this.#feed?.start();
    this.#describe();
  }

  async poll(signal: AbortSignal): Promise<void> {
    await this.#unlessRefused(pollLimitMs, signal, async (inner) => {
      this.#noteSkew(await readSkew(this.#client, inner));
      await this.#refresh(inner);
      this.#describe();
      const status = await this.#movement()?.status(inner);
      this.#report(status);
      this.#sample();
    });
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Output> {
    const movement = this.#movement();
    const { args } = command;
    switch (`${command.capability}.${command.name}`) {
      case 'snapshot.take':
        if (!this.#survey.facts.hasSnapshot) break;
        return await this.#unlessRefused(pollLimitMs, signal, (inner) => this.#takePicture(command, inner));
      case 'ptz.move':
        if (!movement) break;
        return await this.#moved(signal, (inner) => movement.move(readMove(args), inner));
      case 'ptz.stop':
        if (!movement) break;
        return await this.#moved(signal, (inner) => movement.stop(inner));
      case 'ptz.goToPreset':
        if (!movement) break;
        return await this.#moved(signal, (inner) => movement.goToPreset(String(args['token']), inner));
    }
    throw new FatalError('unsupported-command', `this camera has no ${command.capability}.${command.name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed?.[Symbol.asyncDispose]();
  }

  #createFeed(service: NonNullable<Survey['services']['events']>): MotionFeed {
    return new MotionFeed({
      context: this.#context,
      client: this.#client,
      service,
      onOpen: () => {
        this.#motion = forgetMotion(this.#motion);
      },
      onNotification: (notification) => {
        const before = this.#motion;
        this.#motion = foldMotion(before, notification, this.#context.clock.now());
        if (this.#motion === before) return;
        this.#context.reporter.report('motion', motionState(this.#motion));
        this.#tellTamper(before.tampered.size > 0, this.#motion.tampered.size > 0);
      },
    });
  }

  #tellTamper(was: boolean, is: boolean): void {
    if (was === is) return;
    const severity = is ? 'critical' : 'info';
    this.#context.reporter.emit({ capability: 'motion', name: 'tampered', severity, data: { active: is } });
  }

  /** The light question each time, which also proves that the camera still accepts us; everything from time to time or after a change. */
  async #refresh(signal: AbortSignal): Promise<void> {
    const { clock, device, reporter } = this.#context;
    const before = this.#survey.facts.information;
    const information = await this.#client.call(this.#client.deviceService, getDeviceInformation(), { signal });
    const hasChanged = JSON.stringify(information) !== JSON.stringify(before);
    if (!hasChanged && clock.mono() - this.#surveyedAt < surveyIntervalMs) return;
    this.#survey = await surveyCamera(this.#client, device.credentials?.password, signal);
    this.#surveyedAt = clock.mono();
    const from = firmwareState({ ...this.#survey.facts, information: before }, undefined).version;
    const to = firmwareState(this.#survey.facts, undefined).version;
    if (from !== undefined && to !== undefined && from !== to) {
      reporter.emit({ capability: 'firmware', name: 'changed', severity: 'info', data: { from, to } });
    }
  }

  #describe(): void {
    const hasEvents = this.#hasMotion();
    const descriptor = describeCamera({ ...this.#survey.facts, hasEvents });
    const text = JSON.stringify(descriptor);
    if (text === this.#described) return;
    this.#described = text;
    this.#context.reporter.describe(descriptor);
  }

  #report(status: PtzStatus | undefined): void {
    const { reporter } = this.#context;
    const { facts } = this.#survey;
    reporter.report('identity', identityState(facts));
    reporter.report('firmware', firmwareState(facts, this.#skewSeconds));
    if (facts.profiles.length > 0) reporter.report('video', videoState(facts));
    if (facts.hasSnapshot) reporter.report('snapshot', { available: true });
    if (this.#hasMotion()) reporter.report('motion', motionState(this.#motion));
    if (facts.hasPtz) reporter.report('ptz', ptzState(facts, status));
  }

  #sample(): void {
    this.#context.reporter.sample({
      ...(this.#hasMotion() ? { 'motion.count': this.#motion.count } : {}),
      ...(this.#skewSeconds === undefined ? {} : { 'firmware.clockSkew': this.#skewSeconds }),
    });
  }

  #hasMotion(): boolean {
    return this.#feed?.isSupported ?? false;
  }

  #noteSkew(skewMs: number | undefined): void {
    if (skewMs === undefined) return;
    // Without the sum a clock that is hardly behind would be off by -0.
    const seconds = Math.round(skewMs / 1_000) + 0;
    const known = this.#skewSeconds ?? Number.POSITIVE_INFINITY;
    if (Math.abs(seconds - known) >= skewToleranceSeconds) this.#skewSeconds = seconds;
  }

  #movement(): Movement | undefined {
    const { ptz } = this.#survey.services;
    return ptz && new Movement(this.#context.clock, this.#client, ptz);
  }

  async #moved(signal: AbortSignal, work: (signal: AbortSignal) => Promise<MovementResult>): Promise<Output> {
    const { isVerified, status } = await this.#unlessRefused(pollLimitMs, signal, work);
    const { presets: _known, ...where } = ptzState(this.#survey.facts, status);
    this.#context.reporter.report('ptz', ptzState(this.#survey.facts, status));
    return { verified: isVerified, ...where };
  }

  async #takePicture(command: DriverCommand, signal: AbortSignal): Promise<Output> {
    const { facts, services } = this.#survey;
    const token = command.args['profile'] ?? pictureProfile(facts.profiles)?.token;
    const profile = facts.profiles.find((candidate) => candidate.token === token);
    if (!services.media || !profile) throw new DeviceError('unsupported', `the camera has no profile ${String(token)}`);
    const { version, location } = services.media;
    const uri = await this.#client.call(location, getSnapshotUri(version, profile.token), { signal });
    const picture = relocate(uri, this.#client.origin);
    if (!picture) throw new DeviceError('protocol', 'the camera gives a picture address that is not HTTP');
    const bytes = await this.#client.fetch(picture, { signal, maxBytes: maxPictureBytes });
    if (!isJpeg(bytes)) throw new DeviceError('protocol', 'what the camera gives as a picture is no JPEG');
    await this.#context.upload(command.id, 'image/jpeg', bytes, signal);
    return { sizeBytes: bytes.byteLength, profile: profile.token };
  }

  /** Runs `work` in its time, unless the camera refused our credentials a moment ago; then it is not asked at all. */
  async #unlessRefused<T>(limitMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock } = this.#context;
    if (this.#refusal && clock.mono() < this.#refusal.until) throw this.#refusal.error;
    using deadline = clock.deadline(limitMs, signal);
    try {
      const result = await work(deadline.signal);
      this.#refusal = undefined;
      return result;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toDeviceError(thrown);
      if (error instanceof DeviceError && error.code === 'authentication') {
        this.#refusal = { error, until: clock.mono() + refusalHoldMs };
      }
      throw error;
    }
  }
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes.length > 4 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function readMove(args: DriverCommand['args']) {
  const number = (name: string) => Number(args[name] ?? 0);
  return { pan: number('pan'), tilt: number('tilt'), zoom: number('zoom'), durationMs: number('durationMs') };
}
