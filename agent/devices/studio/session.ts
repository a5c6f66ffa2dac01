import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { DriverCommand, DriverContext, DriverSession } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { executeCommand } from './commands.ts';
import { mapDescriptor, mapSamples, mapStates } from './mapping.ts';
import type { MemberContext, StudioMember } from './member.ts';
import { AtemSwitcher } from './members/atem-switcher.ts';
import { HyperdeckRecorder } from './members/hyperdeck-recorder.ts';
import { ObsMixer } from './members/obs-mixer.ts';
import { ViscaCamera } from './members/visca-camera.ts';
import { VmixSwitcher } from './members/vmix-switcher.ts';
import { currentHold, type StudioMemory } from './memory.ts';
import { eventsBetween, type RigView } from './rig-view.ts';
import { Seat } from './seat.ts';
import { defaultPortOf, type MemberSettings, type Settings } from './settings.ts';

type Context = DriverContext<Settings>;

/** Connects every member; those that do not answer keep nobody from the rest. Throws DeviceError when none answers. */
export async function openSession(context: Context, memory: StudioMemory): Promise<DriverSession> {
  context.signal.throwIfAborted();
  const session = new StudioSession(context, memory);
  try {
    await session.begin();
    return session;
  } catch (thrown) {
    await session[Symbol.asyncDispose]();
    context.signal.throwIfAborted();
    throw thrown;
  }
}

class StudioSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: Context;
  readonly #memory: StudioMemory;
  readonly #seats: readonly Seat[];
  #descriptor = '';
  #isOpen = false;

  constructor(context: Context, memory: StudioMemory) {
    this.#context = context;
    this.#memory = memory;
    this.pollIntervalMs = context.settings.pollSeconds * 1_000;
    this.#seats = context.settings.members.map((settings, index) => this.#createSeat(settings, index));
  }

  async begin(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.open()));
    this.#context.signal.throwIfAborted();
    if (!this.#seats.some(({ isConnected }) => isConnected)) this.#throwTrouble();
    this.#isOpen = true;
    this.#publish();
  }

  async poll(signal: AbortSignal): Promise<void> {
    const view = await this.#look(signal);
    this.#context.reporter.sample(mapSamples(view));
    this.#throwTrouble();
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const { settings, clock, reporter, upload } = this.#context;
    return await executeCommand(command, {
      seats: this.#seats,
      settings,
      memory: this.#memory,
      clock,
      reporter,
      signal,
      upload: (id, bytes) => upload(id, 'image/jpeg', bytes, signal),
      look: () => this.#look(signal),
      publish: () => this.#publish(),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await Promise.all(this.#seats.map((seat) => seat[Symbol.asyncDispose]()));
  }

  async #look(signal: AbortSignal): Promise<RigView> {
    await Promise.all(this.#seats.map((seat) => seat.refresh(signal)));
    signal.throwIfAborted();
    return this.#publish();
  }

  /** Tells states, and what has happened since the last time. */
  #publish(): RigView {
    const view = this.#view();
    const { reporter, settings, device } = this.#context;
    if (!this.#isOpen) return view;
    const descriptor = mapDescriptor(view, settings);
    if (JSON.stringify(descriptor) !== this.#descriptor) {
      this.#descriptor = JSON.stringify(descriptor);
      reporter.describe(descriptor);
    }
    const { scene, lastRun } = this.#memory;
    const hold = currentHold(this.#memory, this.#context.clock);
    const lock = hold && { holder: hold.holder, until: hold.untilWall };
    const states = mapStates(view, { lock, scene, lastRun, scenes: settings.scenes }, device.name);
    for (const [name, state] of Object.entries(states)) {
      reporter.report(name as CapabilityName, state as CapabilityState<CapabilityName>);
    }
    for (const event of eventsBetween(this.#memory.told, view, this.#memory.ending)) reporter.emit(event);
    this.#memory.told = view;
    return view;
  }

  #view(): RigView {
    return {
      isHeld: currentHold(this.#memory, this.#context.clock) !== undefined,
      parts: this.#seats.map(({ name, member, status, since, problem }) => ({
        name,
        role: member.role,
        status,
        since,
        problem,
        reading: member.reading,
        can: member.can,
      })),
    };
  }

  /**
   * When no part is well, the studio is what its first part is. When some are well it is there and needs attention: the
   * parts by name. Throws DeviceError, or nothing.
   */
  #throwTrouble(): void {
    const troubled = this.#seats.filter(({ failure }) => failure !== undefined);
    const [first] = troubled;
    if (!first) return;
    if (troubled.length === this.#seats.length) throw first.failure;
    const what = troubled.map(({ name, problem }) => `${name}: ${problem?.message ?? ''}`).join('; ');
    const parts = troubled.map(({ name }) => name);
    throw new DeviceError('device-fault', `a part of the studio needs attention: ${what}`, { details: { parts } });
  }

  #createSeat(settings: MemberSettings, index: number): Seat {
    const { clock, log, signal } = this.#context;
    // The member speaks of its seat only once it is connected, which is after this.
    const seat: Seat = new Seat({
      name: settings.name,
      member: this.#createMember(settings, index, () => seat.lose()),
      clock,
      log,
      signal,
      onChange: () => void this.#publish(),
    });
    return seat;
  }

  #createMember(settings: MemberSettings, index: number, onLost: () => void): StudioMember {
    const { device, tcp, udp, websocket, clock, log } = this.#context;
    const host = settings.host ?? device.address?.host ?? '';
    // The port of the device is that of its first member, unless that one lives elsewhere.
    const devicePort = index === 0 && settings.host === undefined ? device.address?.port : undefined;
    const context: MemberContext = {
      address: { host, port: settings.port ?? devicePort ?? defaultPortOf(settings) },
      password: device.credentials?.password || undefined,
      clock,
      log: log.child({ part: settings.name }),
      tcp,
      udp,
      websocket,
      onChange: () => void this.#publish(),
      onLost,
    };
    return createMember(settings, context, this.#context.settings);
  }
}

function createMember(settings: MemberSettings, context: MemberContext, { reserve }: Settings): StudioMember {
  switch (settings.kind) {
    case 'obs':
      return new ObsMixer(settings, context, reserve);
    case 'camera':
      return new ViscaCamera(settings, context);
    case 'recorder':
      return new HyperdeckRecorder(context, reserve);
    case 'switcher':
      return new VmixSwitcher(context);
    case 'atem':
      return new AtemSwitcher(context, reserve);
  }
}
