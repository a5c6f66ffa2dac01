import { FatalError } from '../../protocols/errors.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { writeDurableFile } from '../../provisioning/platform/durable-file.ts';
import type { AgentConfig } from '../config.ts';
import { createAbsentBroker } from '../platform/local-broker.ts';
import { deviceAt, type ProbeCommandPorts } from '../probe/command.ts';
import { probeDevice } from '../probe/probe.ts';
import { describeProbe } from '../probe/report.ts';
import {
  checkSettings,
  type DeviceFlags,
  driverOf,
  languageOf,
  parseTarget,
  readCredentials,
  readDeviceSettings,
} from '../probe/request.ts';
import { texts } from '../probe/texts.ts';
import { encodeBundle } from './bundle.ts';
import { makeBundle } from './capture.ts';
import { Recorder } from './recorder.ts';
import { readStoredDevice } from './stored-device.ts';

export interface CaptureFlags extends DeviceFlags {
  readonly out: string;
  readonly seconds?: string;
  readonly keepSerials?: boolean;
}

export interface CaptureCommandPorts extends ProbeCommandPorts {
  readonly version: string;
  readonly config: Pick<AgentConfig, 'dataDir'>;
}

/** Who may read it is decided by whoever sends it. */
const fileMode = 0o600;
const maxSeconds = 600;

/** Talks to one device and writes what was said. Returns 0 when the file is written, whatever the device did. */
export async function captureCommand(name: string, flags: CaptureFlags, ports: CaptureCommandPorts): Promise<number> {
  const { drivers, print, version } = ports;
  const language = languageOf(flags);
  const stayMs = secondsOf(flags) * 1_000;
  const device = await deviceOf(name, flags, ports);
  const driver = driverOf(drivers, device.family);
  const { checked } = checkSettings(driver, device.settings);
  const recorder = new Recorder();
  const result = await probeDevice({
    ...ports,
    broker: createAbsentBroker(),
    driver,
    device,
    settings: checked,
    stayMs,
    asksSecond: false,
    listener: recorder.listen,
  });
  const keepsSerials = flags.keepSerials ?? false;
  const bundle = makeBundle({ agentVersion: version, device, result, recorder, keepsSerials });
  const bytes = await encodeBundle(bundle, flags.out);
  await writeDurableFile(flags.out, bytes, fileMode);
  for (const line of describeProbe(result, language)) print(line);
  print(texts[language].captured(flags.out, bytes.length, keepsSerials));
  return 0;
}

/** What a person names, or what the hub wished last. */
async function deviceOf(name: string, flags: CaptureFlags, ports: CaptureCommandPorts): Promise<DesiredDevice> {
  if (flags.family === undefined) return readStoredDevice(ports.config.dataDir, name);
  const driver = driverOf(ports.drivers, flags.family);
  const { raw } = readDeviceSettings(driver, flags.settings);
  const credentials = await readCredentials(flags, ports.input);
  return deviceAt({ target: parseTarget(name), credentials }, driver.family, raw);
}

function secondsOf({ seconds = '0' }: CaptureFlags): number {
  const value = Number(seconds);
  if (Number.isInteger(value) && value >= 0 && value <= maxSeconds) return value;
  throw new FatalError('invalid-seconds', `--seconds takes a whole number from 0 to ${maxSeconds}`);
}
