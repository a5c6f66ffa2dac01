import { FatalError } from '../../../protocols/errors.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import { getDeviceInformation } from '../../../protocols/onvif/device.ts';
import type { PtzStatus } from '../../../protocols/onvif/ptz.ts';
import type { Artifact, DriverCommand, DriverContext, DriverSession, InstallProgress } from '../driver.ts';
import { DeviceError } from '../error.ts';
import type { CameraAspect, CameraScene, Offers, Output } from './aspect.ts';
import { aspects } from './aspects.ts';
import type { OnvifClient } from './client.ts';
import { movementOf, sceneCommands } from './commands.ts';
import { isRefusal, toDeviceError } from './failure.ts';
import {
  describeCamera,
  firmwareState,
  foldMotion,
  forgetMotion,
  identityState,
  motionState,
  noMotion,
  ptzState,
  videoState,
} from './mapping.ts';
import { EventFeed } from './sensing/event-feed.ts';
import type { CameraSettings } from './settings.ts';
import { type Survey, surveyCamera } from './survey.ts';
import { installFirmware, installLimitMs } from './upkeep/install.ts';

type Context = DriverContext<CameraSettings>;

/** Everything together that one connect and one poll may take. */
const connectLimitMs = 50_000;
const pollLimitMs = 50_000;
const signInLimitMs = 10_000;
/** How long aspects may take stock at one time; one that has begun may end. */
const stockLimitMs = 10_000;
/** What seldom changes is asked again after this. */
const surveyIntervalMs = 15 * 60_000;
/** A camera that refused our credentials is not asked again within this: cameras lock accounts after a few failures. */
const refusalHoldMs = 5 * 60_000;
/** A skew that moves less than this is the same: the camera tells whole seconds. */
const skewToleranceSeconds = 2;

/** Reads the clock, signs in and takes stock. Throws DeviceError. */
export async function openSession(context: Context, client: OnvifClient): Promise<DriverSession> {
  using deadline = context.clock.deadline(connectLimitMs, context.signal);
  const { signal } = deadline;
  signal.throwIfAborted();
  try {
    const skewMs = await readSkew(client, signal);
    const survey = await surveyCamera(client, context.device.credentials?.password, signal);
    await using unfinished = new AsyncDisposableStack();
    const session = unfinished.use(new CameraSession(context, client, survey, skewMs));
    await session.begin(signal);
    unfinished.move();
    return session;
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
  readonly #scene: CameraScene;
  readonly #feed: EventFeed | undefined;
  #survey: Survey;
  #surveyedAt: number;
  #motion = noMotion;
  #skewSeconds: number | undefined;
  #refusal: { readonly error: DeviceError; readonly until: number } | undefined;
  readonly #aspects: readonly CameraAspect[];
  /** Those that have still to take stock. */
  #due: CameraAspect[] = [];
  #described = '';

  constructor(context: Context, client: OnvifClient, survey: Survey, skewMs: number | undefined) {
    this.pollIntervalMs = context.settings.pollIntervalMs;
    this.#context = context;
    this.#client = client;
    this.#survey = survey;
    this.#surveyedAt = context.clock.mono();
    this.#noteSkew(skewMs);
    const scene: CameraScene = {
      context,
      client,
      survey: () => this.#survey,
      amend: (facts) => {
        this.#survey = { ...this.#survey, facts: { ...this.#survey.facts, ...facts } };
      },
    };
    this.#scene = scene;
    this.#aspects = aspects.map((open) => open(scene));
    this.#due = [...this.#aspects];
    const { events } = survey.services;
    this.#feed = events && this.#createFeed(events);
  }

  /** Takes the rest of the stock, and starts to listen. */
  async begin(signal: AbortSignal): Promise<void> {
    await this.#takeStock(signal);
    this.#feed?.start();
    this.#describe();
  }

  async poll(signal: AbortSignal): Promise<void> {
    await this.#unlessRefused('poll', pollLimitMs, signal, async (inner) => {
      this.#noteSkew(await readSkew(this.#client, inner));
      await this.#refresh(inner);
      await this.#takeStock(inner);
      for (const aspect of this.#aspects) await aspect.poll?.(inner);
      this.#describe();
      const status = await movementOf(this.#scene)?.status(inner);
      this.#report(status);
      this.#sample();
    });
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Output> {
    const { capability, name } = command;
    const found = this.#offers().find((offers) => Object.hasOwn(offers[capability] ?? {}, name));
    const known = found?.[capability]?.[name];
    if (!known) throw new FatalError('unsupported-command', `this camera has no ${capability}.${name}`);
    const limitMs = known.limitMs ?? pollLimitMs;
    return await this.#unlessRefused('command', limitMs, signal, (inner) => known.run(command, inner));
  }

  async install(
    artifact: Artifact,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<{ readonly version?: string }> {
    return await this.#unlessRefused('command', installLimitMs, signal, (inner) =>
      installFirmware(this.#scene, artifact, onProgress, inner),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed?.[Symbol.asyncDispose]();
    for (const aspect of this.#aspects) await aspect.close?.();
  }

  #offers(): readonly Offers[] {
    return [sceneCommands(this.#scene), ...this.#aspects.map((aspect) => aspect.offers())];
  }

  #createFeed(service: NonNullable<Survey['services']['events']>): EventFeed {
    return new EventFeed({
      context: this.#context,
      client: this.#client,
      service,
      onOpen: () => {
        this.#motion = forgetMotion(this.#motion);
        for (const aspect of this.#aspects) aspect.forget?.();
      },
      onNotification: (notification) => {
        for (const aspect of this.#aspects) aspect.notice?.(notification);
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
    this.#due = [...this.#aspects];
    this.#surveyedAt = clock.mono();
    const from = firmwareState({ ...this.#survey.facts, information: before }, undefined).version;
    const to = firmwareState(this.#survey.facts, undefined).version;
    if (from !== undefined && to !== undefined && from !== to) {
      reporter.emit({ capability: 'firmware', name: 'changed', severity: 'info', data: { from, to } });
    }
  }

  /** What a slow camera has no time for now is asked at the next polls. */
  async #takeStock(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const endsAt = clock.mono() + stockLimitMs;
    for (let next = this.#due[0]; next && clock.mono() < endsAt; next = this.#due[0]) {
      await next.survey(signal);
      this.#due.shift();
    }
  }

  #describe(): void {
    const hasEvents = this.#hasMotion();
    const described = describeCamera({ ...this.#survey.facts, hasEvents });
    const descriptor = { ...described, capabilities: { ...described.capabilities, ...this.#aspectCapabilities() } };
    const text = JSON.stringify(descriptor);
    if (text === this.#described) return;
    this.#described = text;
    this.#context.reporter.describe(descriptor);
  }

  #aspectCapabilities(): Descriptor['capabilities'] {
    const offers = this.#aspects.flatMap((aspect) => Object.entries(aspect.offers()));
    return Object.fromEntries(offers.map(([name, commands]) => [name, { commands: Object.keys(commands) }]));
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
    for (const aspect of this.#aspects) aspect.report();
  }

  #sample(): void {
    this.#context.reporter.sample({
      ...(this.#hasMotion() ? { 'motion.count': this.#motion.count } : {}),
      ...(this.#skewSeconds === undefined ? {} : { 'firmware.clockSkew': this.#skewSeconds }),
      ...Object.assign({}, ...this.#aspects.map((aspect) => aspect.sample?.())),
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

  /** Runs `work` in its time, unless the camera refused our credentials a moment ago; then it is not asked at all. */
  async #unlessRefused<T>(
    kind: 'poll' | 'command',
    limitMs: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
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
      if (!(error instanceof DeviceError && error.code === 'authentication')) throw error;
      // An account that may not do this may still do everything else; a poll has shown that it may not even sign in.
      const isMereLevel = kind === 'command' && (await this.#isSignedIn(signal));
      if (!isMereLevel) this.#refusal = { error, until: clock.mono() + refusalHoldMs };
      throw error;
    }
  }

  /** Whether the camera lets us in at all; asked after a refused command only. */
  async #isSignedIn(signal: AbortSignal): Promise<boolean> {
    using deadline = this.#context.clock.deadline(signInLimitMs, signal);
    try {
      await this.#client.call(this.#client.deviceService, getDeviceInformation(), { signal: deadline.signal });
      return true;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof DeviceError) return false;
      throw thrown;
    }
  }
}
