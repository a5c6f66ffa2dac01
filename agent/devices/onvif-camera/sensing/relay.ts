import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import { type Notification, parseState } from '../../../../protocols/onvif/sensing/notification.ts';
import {
  type DigitalInput,
  getDigitalInputs,
  getRelayOutputs,
  type RelayOutput,
  type RelaySettings,
  setRelayOutputSettings,
  setRelayOutputState,
} from '../../../../protocols/onvif/sensing/relay.ts';
import type { DriverCommand } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import type { Location } from '../address.ts';
import type { CameraAspect, CameraScene, Offers, OpenAspect, Output } from '../aspect.ts';
import { optional } from '../survey.ts';

type Side = 'input' | 'output';

/** Outputs and inputs with a longer token could not be commanded through the contract. */
const maxTokenLength = 80;
/** Contacts whose states are kept; a camera that invents more is not followed. */
const maxTold = 128;
/** A camera tells a switched relay by an event within this. */
const effectLimitMs = 6_000;

/** The relay outputs and digital inputs of a camera. */
export const openRelays: OpenAspect = (scene) => new RelayAspect(scene);

class RelayAspect implements CameraAspect {
  readonly #scene: CameraScene;
  /** Where the outputs are asked for; some devices know them only at the service for inputs and outputs. */
  #location: Location;
  #outputs: readonly RelayOutput[] = [];
  #inputs: readonly DigitalInput[] = [];
  /** What events have told, by side and token: there is no question for it. */
  readonly #told = new Map<string, boolean>();
  readonly #watchers = new Set<(token: string, isActive: boolean) => void>();

  constructor(scene: CameraScene) {
    this.#scene = scene;
    this.#location = scene.client.deviceService;
  }

  async survey(signal: AbortSignal): Promise<void> {
    const { client, survey } = this.#scene;
    const { deviceIo } = survey().services;
    const places = [client.deviceService, ...(deviceIo ? [deviceIo] : [])];
    let outputs: readonly RelayOutput[] = [];
    let location = client.deviceService;
    for (const place of places) {
      const found = await optional(client.call(place, getRelayOutputs(), { signal }));
      outputs = found?.filter(({ token }) => token.length <= maxTokenLength) ?? [];
      location = place;
      if (outputs.length > 0) break;
    }
    const inputs = deviceIo && (await optional(client.call(deviceIo, getDigitalInputs(), { signal })));
    this.#outputs = outputs;
    this.#location = location;
    this.#inputs = inputs?.filter(({ token }) => token.length <= maxTokenLength) ?? [];
  }

  offers(): Offers {
    if (this.#outputs.length === 0) return this.#inputs.length === 0 ? {} : { relay: {} };
    return {
      relay: {
        set: { run: (command, signal) => this.#set(command, signal) },
        configure: { run: (command, signal) => this.#configure(command, signal) },
      },
    };
  }

  report(): void {
    if (this.#outputs.length + this.#inputs.length === 0) return;
    this.#scene.context.reporter.report('relay', this.#state());
  }

  notice(notification: Notification): void {
    const contact = readContact(notification);
    if (!contact) return;
    const { side, token, isActive } = contact;
    const before = this.#told.get(`${side} ${token}`);
    // The first states may come before the outputs and inputs are known.
    if (before === undefined && this.#told.size >= maxTold) return;
    this.#told.set(`${side} ${token}`, isActive);
    if (side === 'output') for (const watcher of this.#watchers) watcher(token, isActive);
    const known = side === 'output' ? this.#outputs : this.#inputs;
    if (before === isActive || !known.some((one) => one.token === token)) return;
    const { reporter } = this.#scene.context;
    if (before !== undefined || notification.operation !== 'Initialized') {
      reporter.emit({ capability: 'relay', name: side, severity: 'info', data: { token, active: isActive } });
    }
    this.report();
  }

  #state(): CapabilityState<'relay'> {
    const told = (side: Side, token: string) => {
      const active = this.#told.get(`${side} ${token}`);
      return active === undefined ? {} : { active };
    };
    return {
      outputs: this.#outputs.map(({ token, settings }) => ({
        token,
        ...told('output', token),
        ...settingsState(settings),
      })),
      inputs: this.#inputs.map(({ token }) => ({ token, ...told('input', token) })),
    };
  }

  /**
   * Switches an output and waits until the camera tells so. `verified` is false where it never tells the state of this output.
   * Throws DeviceError `no-effect` where it does and did not now.
   */
  async #set({ args }: DriverCommand, signal: AbortSignal): Promise<Output> {
    const { client, context } = this.#scene;
    const { token } = this.#require(args['token']);
    const isActive = args['active'] === true;
    const seen = new AbortController();
    const watcher = (at: string, now: boolean) => {
      if (at === token && now === isActive) seen.abort();
    };
    this.#watchers.add(watcher);
    try {
      await client.call(this.#location, setRelayOutputState(token, isActive), { signal });
      if (this.#told.get(`output ${token}`) === isActive) return { verified: true, token, active: isActive };
      await context.clock.wait(effectLimitMs, AbortSignal.any([signal, seen.signal])).catch(() => undefined);
    } finally {
      this.#watchers.delete(watcher);
    }
    signal.throwIfAborted();
    if (!seen.signal.aborted && this.#told.has(`output ${token}`)) {
      throw new DeviceError('no-effect', `the camera acknowledged and relay ${token} did not switch`);
    }
    return { verified: seen.signal.aborted, token, active: isActive };
  }

  async #configure({ args }: DriverCommand, signal: AbortSignal): Promise<Output> {
    const { client } = this.#scene;
    const { token, settings } = this.#require(args['token']);
    const { delaySeconds, idle } = args as { delaySeconds?: number; idle?: RelaySettings['idle'] };
    const wanted: RelaySettings = {
      mode: args['mode'] === 'monostable' ? 'Monostable' : 'Bistable',
      delayMs: delaySeconds === undefined ? settings.delayMs : Math.round(delaySeconds * 1_000),
      idle: idle ?? settings.idle,
    };
    await client.call(this.#location, setRelayOutputSettings(token, wanted), { signal });
    this.#outputs = await client.call(this.#location, getRelayOutputs(), { signal });
    this.report();
    const found = this.#require(token).settings;
    const isSame =
      found.mode === wanted.mode &&
      found.idle === wanted.idle &&
      (wanted.mode === 'Bistable' || found.delayMs === wanted.delayMs);
    if (!isSame) throw new DeviceError('no-effect', `the camera acknowledged and relay ${token} is not as it was set`);
    return { verified: true, token, ...settingsState(found) };
  }

  #require(token: unknown): RelayOutput {
    const output = this.#outputs.find((candidate) => candidate.token === token);
    if (!output) throw new DeviceError('unsupported', `the camera has no relay output ${String(token)}`);
    return output;
  }
}

function settingsState({ mode, delayMs, idle }: RelaySettings) {
  if (mode === 'Bistable') return { mode: 'bistable' as const, idle };
  return { mode: 'monostable' as const, delaySeconds: Math.min(86_400, delayMs / 1_000), idle };
}

/** The contact that an event tells about [ONVIF Device IO 5.10]; undefined for every other event. */
function readContact({ topic, source, data }: Notification) {
  const match = /(^|\/)Trigger\/(Relay|DigitalInput)$/.exec(topic);
  const [token] = source.values();
  const [value] = data.values();
  const isActive = parseState(value);
  if (!match || token === undefined || isActive === undefined) return undefined;
  return { side: match[2] === 'Relay' ? ('output' as const) : ('input' as const), token, isActive };
}
