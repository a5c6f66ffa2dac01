import { type Bundle, bundleSchema } from '../../agent/capture/bundle.ts';
import { makeBundle } from '../../agent/capture/capture.ts';
import { Recorder, type RecorderLimits } from '../../agent/capture/recorder.ts';
import type { Driver, HostPort } from '../../agent/devices/driver.ts';
import { createAbsentBroker } from '../../agent/platform/local-broker.ts';
import type { Address } from '../../agent/platform/network.ts';
import { createProgramPort } from '../../agent/platform/spawn.ts';
import { probeDevice } from '../../agent/probe/probe.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Clock } from '../../protocols/ports.ts';
import { createTestContext } from './driver-context.ts';
import { createReplay } from './replay.ts';

export interface Captured {
  readonly driver: Driver;
  readonly address?: Address;
  readonly credentials?: DesiredDevice['credentials'];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly stayMs?: number;
  readonly keepsSerials?: boolean;
  readonly limits?: RecorderLimits;
}

const noHost: HostPort = {
  facts: () => Promise.reject(new Error('this test has no host')),
  load: () => Promise.reject(new Error('this test has no host')),
};

/** Captures one conversation with a simulated device, through JSON and back. */
export async function captureFrom(captured: Captured): Promise<Bundle> {
  const { driver, address, credentials, settings = {}, clock, stayMs = 0, keepsSerials = false, limits } = captured;
  const device: DesiredDevice = {
    id: 'd1',
    family: driver.family,
    name: 'Device',
    settings,
    ...(address ? { address } : {}),
    ...(credentials ? { credentials } : {}),
  };
  const recorder = new Recorder(limits);
  const result = await probeDevice({
    driver,
    device,
    settings: driver.settings.parse(settings),
    policy: { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false },
    broker: createAbsentBroker(),
    programs: createProgramPort(clock),
    host: noHost,
    clock,
    signal: new AbortController().signal,
    listener: recorder.listen,
    stayMs,
    asksSecond: false,
  });
  const bundle = makeBundle({ agentVersion: '0.1.0', device, result, recorder, keepsSerials });
  return bundleSchema.parse(JSON.parse(JSON.stringify(bundle)));
}

export interface Replayed {
  /** The last state of each capability. */
  readonly states: Readonly<Record<string, unknown>>;
  readonly failure: unknown;
  readonly events: readonly unknown[];
  readonly unmatched: readonly string[];
}

export interface Stay {
  readonly forMs: number;
  readonly everyMs: number;
}

/** Lets the real driver talk to a capture as it talked to the device then: one poll, or as many as fit into the stay. */
export async function replayWith(driver: Driver, bundle: Bundle, clock: Clock, stay?: Stay): Promise<Replayed> {
  const replay = createReplay(bundle, clock);
  const { device } = bundle;
  const { context, reporter, stop } = createTestContext({
    family: driver.family,
    settings: driver.settings.parse(device.settings),
    clock: replay.clock,
    network: replay.network,
    ...(device.address ? { address: device.address as Address } : {}),
    ...(device.credentials ? { credentials: device.credentials } : {}),
  });
  let failure: unknown;
  try {
    await using session = await driver.connect({
      ...context,
      programs: replay.programs,
      device: { ...context.device, name: device.name },
    });
    const endsAt = clock.mono() + (stay?.forMs ?? 0);
    for (;;) {
      await session.poll(context.signal);
      const leftMs = endsAt - clock.mono();
      if (leftMs <= 0) break;
      await clock.wait(Math.min(leftMs, stay?.everyMs ?? 0));
    }
  } catch (thrown) {
    failure = thrown;
  }
  stop();
  const states = Object.fromEntries(reporter.states.map(({ capability, state }) => [capability, state]));
  return { states, failure, events: reporter.events, unmatched: replay.unmatched };
}
