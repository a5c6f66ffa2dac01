import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import { hostOf } from '../../../../protocols/onvif/upkeep/host.ts';
import {
  activateNtp,
  getNtp,
  getSystemTime,
  type NtpSettings,
  type SystemTime,
  setNtp,
} from '../../../../protocols/onvif/upkeep/time.ts';
import type { DriverCommand } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import type { CameraAspect, CameraScene, Output } from '../aspect.ts';
import { printable } from '../failure.ts';
import { optional } from '../survey.ts';
import { readBack } from './read-back.ts';

interface Timekeeping {
  readonly time: SystemTime;
  readonly ntp: NtpSettings;
}

const settleMs = 10_000;

/** Where the camera's clock gets its time. */
export function openTime(scene: CameraScene): CameraAspect {
  const { context, client } = scene;
  let known: Timekeeping | undefined;

  const read = async (signal: AbortSignal): Promise<Timekeeping> => ({
    time: await client.call(client.deviceService, getSystemTime(), { signal }),
    ntp: await client.call(client.deviceService, getNtp(), { signal }),
  });
  const report = () => {
    if (known) context.reporter.report('time', timeState(known));
  };
  const set = async ({ args }: DriverCommand, signal: AbortSignal): Promise<Output> => {
    const servers = readServers(args['servers']);
    const { time } = await read(signal);
    const timeZone = typeof args['zone'] === 'string' ? args['zone'] : time.timeZone;
    const ask = { signal };
    await client.call(client.deviceService, setNtp(servers.map(hostOf)), ask);
    // SetNTP alone activates nothing.
    const keep = { isDaylightSaving: time.isDaylightSaving, timeZone };
    await client.call(client.deviceService, activateNtp(keep), ask);
    // The clock may jump now, and our tokens carry its time.
    await client.readClock(signal);
    known = await readBack(context.clock, {
      read: () => read(signal),
      isAsSet: (now) => now.time.isNtp && hasServers(now.ntp, servers) && now.time.timeZone === timeZone,
      limitMs: settleMs,
      message: 'the camera acknowledged the time servers and does not use them',
      signal,
    });
    report();
    return timeState(known);
  };

  return {
    survey: async (signal) => {
      known = await optional(read(signal));
    },
    offers: () => (known ? { time: { setNtp: { run: set } } } : {}),
    report,
  };
}

function timeState({ time, ntp }: Timekeeping): CapabilityState<'time'> {
  return {
    source: time.isNtp ? (ntp.isFromDhcp ? 'dhcp' : 'ntp') : 'manual',
    active: time.isNtp,
    servers: ntp.servers.slice(0, 16).map((server) => printable(server, 253)),
    daylightSaving: time.isDaylightSaving,
    ...(time.timeZone === undefined ? {} : { zone: printable(time.timeZone, 100) }),
  };
}

function hasServers(ntp: NtpSettings, servers: readonly string[]): boolean {
  if (servers.length === 0) return ntp.isFromDhcp;
  const told = ntp.servers.map((server) => server.toLowerCase());
  return !ntp.isFromDhcp && servers.every((server) => told.includes(server.toLowerCase()));
}

function readServers(given: unknown): readonly string[] {
  const servers = Array.isArray(given) ? given.map(String) : [];
  try {
    servers.map(hostOf);
  } catch (thrown) {
    if (thrown instanceof ProtocolError) throw new DeviceError('unsupported', thrown.message, { cause: thrown });
    throw thrown;
  }
  return servers;
}
