import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { silentLog } from '../../protocols/ports.ts';
import type { Driver } from '../devices/driver.ts';
import { createNetwork } from '../platform/create-network.ts';
import { createAbsentBroker } from '../platform/local-broker.ts';
import { discoverAt, guessable, lookAtPorts } from './guess.ts';
import { type ProbePorts, type ProbeResult, probeDevice } from './probe.ts';
import { describeProbe, probeJson } from './report.ts';
import {
  checkSettings,
  type DeviceFlags,
  driverOf,
  type Input,
  languageOf,
  parseTarget,
  readCredentials,
  readDeviceSettings,
  type Target,
} from './request.ts';
import { type Language, texts } from './texts.ts';

export interface ProbeFlags extends DeviceFlags {
  readonly json?: boolean;
}

export interface ProbeCommandPorts extends Omit<ProbePorts, 'broker'> {
  readonly drivers: readonly Driver[];
  readonly input: Input;
  /** One line for standard output. */
  readonly print: (line: string) => void;
  /** One line for standard error: what goes on. */
  readonly say: (line: string) => void;
}

interface Asked {
  readonly target: Target;
  readonly credentials: DesiredDevice['credentials'];
  readonly language: Language;
}

/** Looks at one address and tells what answered. Returns the exit code: 0 only if everything was answered. */
export async function probeCommand(address: string, flags: ProbeFlags, ports: ProbeCommandPorts): Promise<number> {
  const { drivers, print, input } = ports;
  const language = languageOf(flags);
  const target = parseTarget(address);
  const known = flags.family === undefined ? undefined : driverOf(drivers, flags.family);
  const settings = known && readDeviceSettings(known, flags.settings);
  const asked: Asked = { target, language, credentials: await readCredentials(flags, input) };
  const found = known ? [known] : await guessFamilies(asked, ports);
  let isAllWell = found.length > 0;
  for (const driver of found) {
    const { raw, checked } = settings ?? checkSettings(driver, {});
    const device = deviceAt(asked, driver.family, raw);
    const result = await probeDevice({
      ...ports,
      broker: createAbsentBroker(),
      driver,
      device,
      settings: checked,
      asksSecond: true,
    });
    for (const line of linesOf(result, asked, flags)) print(line);
    isAllWell &&= result.hasAnsweredAll;
  }
  return isAllWell ? 0 : 1;
}

function linesOf(result: ProbeResult, { target, language }: Asked, { json }: ProbeFlags): readonly string[] {
  const place = target.port === undefined ? target.host : `${target.host}:${target.port}`;
  if (json) return [JSON.stringify({ address: place, ...probeJson(result, language) })];
  return [`${place}  ${result.family}`, ...describeProbe(result, language)];
}

export function deviceAt(
  { target, credentials }: Pick<Asked, 'target' | 'credentials'>,
  family: string,
  settings: Record<string, unknown>,
): DesiredDevice {
  return { id: 'probe', family, name: family, address: target, settings, ...(credentials ? { credentials } : {}) };
}

/** Families that may be asked without being named; the rest is only told, for a person to decide. */
async function guessFamilies({ target, language }: Asked, ports: ProbeCommandPorts): Promise<readonly Driver[]> {
  const { policy, clock, signal, drivers, say } = ports;
  const words = texts[language];
  const network = createNetwork({ policy, clock, log: silentLog });
  const { port } = target;
  if (port !== undefined) {
    say(words.looking(String(port)));
    const found = await discoverAt(drivers, { ...network, clock, log: silentLog }, { ...target, port }, signal);
    if (found.length === 0) say(words.nobody);
    return found;
  }
  const visible = guessable(drivers);
  say(words.looking(visible.map(([, usual]) => usual).join(', ')));
  const looks = await lookAtPorts(drivers, target.host, network.tcp, signal);
  for (const look of looks) {
    if (look.isOpen && look.mayAsk) continue;
    say((look.isOpen ? words.openPort : words.closedPort)(look.port, look.driver.family));
  }
  const seen = new Set(visible.map(([{ family }]) => family));
  const unseen = drivers.flatMap(({ family }) => (seen.has(family) ? [] : [family]));
  const found = looks.filter(({ isOpen, mayAsk }) => isOpen && mayAsk).map(({ driver }) => driver);
  if (found.length === 0) say(words.nobody);
  say(words.unseen(unseen.join(', ')));
  return found;
}
