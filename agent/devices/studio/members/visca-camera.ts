import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import {
  drive,
  inquiries,
  moveTo,
  recallPreset,
  setPower,
  type ViscaInquiry,
  zoom,
  zoomTo,
} from '../../../../protocols/visca/camera.ts';
import type { ViscaRefusal } from '../../../../protocols/visca/message.ts';
import { DeviceError, type DeviceErrorCode } from '../../error.ts';
import { awaitEffect } from '../effect.ts';
import type { Abilities, Effect, MemberContext, Reading, StudioMember, Undo, Velocity } from '../member.ts';
import type { MemberOf } from '../settings.ts';
import { openTcpLink, openUdpLink, type ViscaLink } from './visca-link.ts';

/** Where it looks, in its own steps. */
interface Aim {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

const stopTimeoutMs = 1_500;
const stopAttempts = 3;
const travelMs = 20_000;
const powerMs = 30_000;
const stepMs = 400;
const startMs = 800;
/** A motor ends within a few steps of where it was sent. */
const tolerance = 8;
const sony = 0x0001;

/** A camera that speaks VISCA, over either transport. */
export class ViscaCamera implements StudioMember {
  readonly role = 'camera';
  readonly can: Abilities;
  readonly #context: MemberContext;
  readonly #settings: MemberOf<'camera'>;
  /** Where presets were found to lead. */
  readonly #presetAims = new Map<string, Aim>();
  #link: ViscaLink | undefined;
  #reading: Reading;
  #aim: Aim | undefined;
  #isDriven = false;
  #stopping: Promise<void> | undefined;

  constructor(settings: MemberOf<'camera'>, context: MemberContext) {
    this.#settings = settings;
    this.#context = context;
    const presets = settings.presets.map(({ number, name }) => ({ token: String(number), name }));
    this.#reading = { camera: { presets } };
    this.can = {
      camera: {
        move: (velocity, signal) => this.#move(velocity, signal),
        stop: (signal) => this.#stop(signal),
        goToPreset: (token, signal) => this.#goToPreset(token, signal),
        setPower: (on, signal) => this.#setPower(on, signal),
        remember: () => this.#remember(),
      },
    };
  }

  get reading(): Reading {
    return this.#reading;
  }

  async connect(signal: AbortSignal): Promise<void> {
    const open = this.#settings.transport === 'tcp' ? openTcpLink : openUdpLink;
    this.#link = await open(this.#context, signal);
    const version = await this.#ask(inquiries.version, signal);
    if (version) {
      this.#reading = {
        ...this.#reading,
        ...(version.vendor === sony ? { vendor: 'Sony' } : {}),
        model: hex(version.model),
        firmware: hex(version.rom),
      };
    }
    await this.poll(signal);
  }

  async poll(signal: AbortSignal): Promise<void> {
    const isOn = await this.#ask(inquiries.power, signal);
    this.#aim = await this.#readAim(signal);
    const presets = this.#reading.camera?.presets ?? [];
    const camera = { presets, ...(isOn === undefined ? {} : { isOn }), ...this.#inUnits(this.#aim) };
    this.#reading = { ...this.#reading, camera };
  }

  async disconnect(): Promise<void> {
    if (this.#isDriven) await this.#stopForSure().catch((thrown) => this.#tellRunaway(thrown));
    const link = this.#link;
    this.#link = undefined;
    await link?.[Symbol.asyncDispose]();
  }

  /** Starts, waits and stops; whatever goes wrong in between, a stop is sent. */
  async #move({ pan, tilt, zoom: zoomSpeed, durationMs }: Velocity, signal: AbortSignal): Promise<Effect> {
    const before = await this.#readAim(signal);
    this.#isDriven = true;
    try {
      if (pan !== 0 || tilt !== 0) await this.#tell(drive(pan, tilt), 'move', signal);
      if (zoomSpeed !== 0) await this.#tell(zoom(zoomSpeed), 'zoom', signal);
      await this.#context.clock.wait(durationMs, signal);
    } catch (thrown) {
      // The first failure tells more than that of the stop after it.
      await this.#stopForSure().catch((stopFailure) => this.#tellRunaway(stopFailure));
      throw thrown;
    }
    await this.#stopForSure();
    const after = await this.#readAim(signal);
    this.#notice(after);
    if (!before || !after) return { changed: true, isVerified: false };
    if (isSame(before, after, 0)) {
      throw new DeviceError(
        'no-effect',
        'the camera accepted the movement and did not move; it may be at its end stop',
      );
    }
    return { changed: true, isVerified: true };
  }

  async #stop(signal: AbortSignal): Promise<Effect> {
    await this.#stopForSure();
    const aim = await this.#standstill(signal);
    return { changed: true, isVerified: aim !== undefined };
  }

  async #goToPreset(token: string, signal: AbortSignal): Promise<Effect> {
    const preset = /^\d{1,3}$/.test(token) ? Number(token) : Number.NaN;
    if (!(preset <= 127)) throw new DeviceError('unsupported', `the camera has no preset ${token}`);
    const before = await this.#readAim(signal);
    await this.#tell(recallPreset(preset), `go to preset ${token}`, signal);
    const after = await this.#standstill(signal);
    if (!before || !after) return { changed: true, isVerified: false };
    const known = this.#presetAims.get(token);
    if (!isSame(before, after, tolerance)) {
      this.#presetAims.set(token, after);
      return { changed: true, isVerified: true };
    }
    if (known && !isSame(after, known, tolerance)) {
      throw new DeviceError('no-effect', `the camera accepted preset ${token} and did not move`);
    }
    return { changed: false, isVerified: known !== undefined };
  }

  async #setPower(on: boolean, signal: AbortSignal): Promise<Effect> {
    if ((await this.#ask(inquiries.power, signal)) === on) return { changed: false };
    await this.#tell(setPower(on), on ? 'turn on' : 'go into standby', signal);
    await awaitEffect({
      clock: this.#context.clock,
      signal,
      limitMs: powerMs,
      stepMs,
      isSeen: async () => (await this.#ask(inquiries.power, signal)) === on,
      otherwise: `the camera accepted to ${on ? 'turn on' : 'go into standby'} and did not`,
    });
    await this.poll(signal);
    return { changed: true };
  }

  #remember(): Undo | undefined {
    const aim = this.#aim;
    if (!aim) return undefined;
    return async (signal) => {
      await this.#tell(moveTo(aim), 'move back', signal);
      await this.#tell(zoomTo(aim.zoom), 'zoom back', signal);
      const after = await this.#standstill(signal);
      if (after && !isSame(after, aim, tolerance)) throw new DeviceError('no-effect', 'the camera did not come back');
    };
  }

  /** A lost stop must never leave a camera running: it is sent again, on a new connection if need be, and under no signal that may be aborted already. */
  async #stopForSure(): Promise<void> {
    this.#stopping ??= this.#tryToStop().finally(() => {
      this.#stopping = undefined;
    });
    await this.#stopping;
  }

  async #tryToStop(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      using deadline = this.#context.clock.deadline(stopTimeoutMs);
      try {
        if (attempt > 1) await this.#reopen(deadline.signal);
        await this.#tell(drive(0, 0), 'stop', deadline.signal);
        await this.#tell(zoom(0), 'stop the zoom', deadline.signal);
        this.#isDriven = false;
        return;
      } catch (thrown) {
        if (attempt >= stopAttempts) throw thrown;
      }
    }
  }

  async #reopen(signal: AbortSignal): Promise<void> {
    const old = this.#link;
    this.#link = undefined;
    await old?.[Symbol.asyncDispose]();
    const open = this.#settings.transport === 'tcp' ? openTcpLink : openUdpLink;
    this.#link = await open(this.#context, signal);
  }

  #tellRunaway(thrown: unknown): void {
    this.#context.log.error('a camera was not stopped; it may run into its end stop', { error: thrown });
  }

  /** Where it looks once two looks in a row see the same; undefined for a camera that does not say. */
  async #standstill(signal: AbortSignal): Promise<Aim | undefined> {
    // It takes a moment until the motors begin.
    await this.#context.clock.wait(startMs, signal);
    let last = await this.#readAim(signal);
    if (last) {
      await awaitEffect({
        clock: this.#context.clock,
        signal,
        limitMs: travelMs,
        stepMs,
        isSeen: async () => {
          await this.#context.clock.wait(stepMs, signal);
          const next = await this.#readAim(signal);
          const stands = last !== undefined && next !== undefined && isSame(last, next, 0);
          last = next ?? last;
          return stands;
        },
        otherwise: `the camera still moves after ${travelMs / 1_000} s`,
      });
    }
    this.#notice(last);
    return last;
  }

  #notice(aim: Aim | undefined): void {
    if (!aim) return;
    this.#aim = aim;
    const camera = this.#reading.camera ?? { presets: [] };
    this.#reading = { ...this.#reading, camera: { ...camera, ...this.#inUnits(aim) } };
    this.#context.onChange();
  }

  async #readAim(signal: AbortSignal): Promise<Aim | undefined> {
    const position = await this.#ask(inquiries.position, signal);
    const zoomed = position && (await this.#ask(inquiries.zoom, signal));
    return position && zoomed !== undefined ? { ...position, zoom: zoomed } : undefined;
  }

  #inUnits(aim: Aim | undefined): { readonly pan?: number; readonly tilt?: number; readonly zoom?: number } {
    if (!aim) return {};
    const { limits } = this.#settings;
    const unit = (value: number, limit: number, lowest: number) =>
      Math.round(Math.max(lowest, Math.min(1, value / limit)) * 1_000) / 1_000;
    return {
      pan: unit(aim.pan, limits.pan, -1),
      tilt: unit(aim.tilt, limits.tilt, -1),
      zoom: unit(aim.zoom, limits.zoom, 0),
    };
  }

  /** The answer; undefined for what it cannot say now, or in a form that we do not know. Throws DeviceError. */
  async #ask<T>(inquiry: ViscaInquiry<T>, signal: AbortSignal): Promise<T | undefined> {
    const reply = await this.#use().ask(inquiry.request, signal);
    if (reply.kind === 'refused') {
      if (reply.refusal === 'buffer-full') throw new DeviceError('busy', 'the camera is busy with other commands');
      return undefined;
    }
    if (reply.kind !== 'answer') return undefined;
    try {
      return inquiry.parse(reply.data);
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      this.#context.log.debug('a camera answers in a form that is not known', { inquiry: inquiry.name, error: thrown });
      return undefined;
    }
  }

  async #tell(message: Uint8Array, what: string, signal: AbortSignal): Promise<void> {
    const reply = await this.#use().command(message, signal);
    if (reply.kind !== 'refused') return;
    throw new DeviceError(codeOfRefusal[reply.refusal], `the camera refuses to ${what}: ${reply.refusal}`, {
      details: { refusal: reply.refusal },
    });
  }

  #use(): ViscaLink {
    if (this.#link) return this.#link;
    throw new DeviceError('connection-lost', 'the camera is not connected');
  }
}

const codeOfRefusal: Readonly<Record<ViscaRefusal, DeviceErrorCode>> = {
  length: 'unsupported',
  syntax: 'unsupported',
  'buffer-full': 'busy',
  cancelled: 'busy',
  'no-socket': 'unsupported',
  'not-executable': 'unavailable',
  unknown: 'device-fault',
};

function isSame(a: Aim, b: Aim, within: number): boolean {
  return (['pan', 'tilt', 'zoom'] as const).every((axis) => Math.abs(a[axis] - b[axis]) <= within);
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}
