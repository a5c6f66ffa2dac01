import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { silentLog } from '../../protocols/ports.ts';
import type { Driver } from '../devices/driver.ts';
import { createNetwork } from '../platform/create-network.ts';
import { createAbsentBroker } from '../platform/local-broker.ts';
import { discoverAt, guessable, isOpen, lookAtPorts } from './guess.ts';
import { explainPolicy } from './policy.ts';
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
import type { Cause } from './steps.ts';
import { type Language, texts } from './texts.ts';
import { Trace } from './trace.ts';

type Network = ReturnType<typeof createNetwork>;

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
async function guessFamilies(asked: Asked, ports: ProbeCommandPorts): Promise<readonly Driver[]> {
  const trace = new Trace(ports.clock);
  const network = createNetwork({ ...ports, log: silentLog, observe: trace.observeDial });
  const { host, port } = asked.target;
  try {
    return port === undefined
      ? await guessByPorts(asked, ports, network)
      : await guessAt({ host, port }, asked, ports, network);
  } catch (thrown) {
    const dial = trace.dials.findLast(({ outcome }) => outcome === 'not-allowed');
    if (!dial) throw thrown;
    const ruling = explainPolicy(ports.policy, dial.address, dial.ips);
    const cause: Cause = ruling.allowed ? 'policy-unlisted' : `policy-${ruling.reason}`;
    const { what, remedy } = texts[asked.language].causes[cause];
    ports.say(what);
    ports.say(`→ ${remedy}`);
    return [];
  }
}

/** What answers at one port. Whoever opens is told even if no family recognises it. */
async function guessAt(
  address: Required<Target>,
  { language }: Asked,
  { clock, signal, drivers, say }: ProbeCommandPorts,
  network: Network,
): Promise<readonly Driver[]> {
  const words = texts[language];
  say(words.looking(String(address.port)));
  const isThere = await isOpen(address, network.tcp, signal);
  const found = await discoverAt(drivers, { ...network, clock, log: silentLog }, address, signal);
  if (found.length > 0) return found;
  const usual = drivers.filter(({ defaultPort }) => defaultPort === address.port).map(({ family }) => family);
  say(isThere ? words.openStranger(address.port, usual.join(', ')) : words.closedStranger(address.port));
  return [];
}

/** Which usual ports are open. */
async function guessByPorts(
  { target, language }: Asked,
  { signal, drivers, say }: ProbeCommandPorts,
  network: Network,
): Promise<readonly Driver[]> {
  const words = texts[language];
  const visible = guessable(drivers);
  say(words.looking(visible.map(([, usual]) => usual).join(', ')));
  const looks = await lookAtPorts(drivers, target.host, network.tcp, signal);
  for (const look of looks) {
    if (look.isOpen && look.mayAsk) continue;
    say((look.isOpen ? words.openPort : words.closedPort)(look.port, look.driver.family));
  }
  const seen = new Set(visible.map(([{ family }]) => family));
  const unseen = drivers.flatMap(({ family }) => (seen.has(family) ? [] : [family]));
  const found = looks.filter(({ isOpen: answers, mayAsk }) => answers && mayAsk).map(({ driver }) => driver);
  if (found.length === 0) say(words.nobody);
  say(words.unseen(unseen.join(', ')));
  return found;
}
