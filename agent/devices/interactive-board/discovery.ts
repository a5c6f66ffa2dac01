import { lgPort } from '../../../protocols/lg/line.ts';
import { mdcPort } from '../../../protocols/mdc/packet.ts';
import { sicpPort } from '../../../protocols/sicp/sicp-frame.ts';
import type { Proposal, RecognitionContext, SightingOf } from '../driver.ts';
import { family } from './mapping.ts';
import type { Settings } from './settings.ts';

type Profile = Settings['profile'];

/** Ports of boards. What is open is evidence and no more: a byte of a foreign wire can switch a board. */
export const boardPorts = [mdcPort, lgPort, sicpPort];

/** Port 5000 is that of many things, so it says nothing without a maker. */
const profileOfPort: ReadonlyMap<number, Profile> = new Map([
  [mdcPort, 'samsung-mdc'],
  [lgPort, 'lg'],
]);
const portsOfProfile: Readonly<Partial<Record<Profile, number>>> = {
  'samsung-mdc': mdcPort,
  lg: lgPort,
  'philips-sicp': sicpPort,
  iiyama: sicpPort,
  viewsonic: sicpPort,
};
const makers: readonly (readonly [RegExp, Profile])[] = [
  [/samsung/i, 'samsung-mdc'],
  [/(^|[^a-z])lge?([^a-z]|$)/i, 'lg'],
  [/philips|\btp ?vision\b/i, 'philips-sicp'],
  [/iiyama/i, 'iiyama'],
  [/view ?sonic/i, 'viewsonic'],
  [/benq/i, 'benq'],
  [/smart technologies/i, 'smart'],
];
const renderer = 'urn:schemas-upnp-org:device:mediarenderer:';

/** Boards that announce themselves as a screen of a known maker, or whose maker's port is open; both together weigh more. */
export async function* recogniseBoards({ sightings }: RecognitionContext): AsyncGenerator<Proposal> {
  const portsOf = new Map<string, number[]>();
  const screens = new Map<string, SightingOf<'root-device'>>();
  for (const sighting of sightings) {
    if (sighting.kind === 'open-port')
      portsOf.set(sighting.host, [...(portsOf.get(sighting.host) ?? []), sighting.port]);
    if (sighting.kind === 'root-device' && isScreen(sighting) && !screens.has(sighting.host))
      screens.set(sighting.host, sighting);
  }
  for (const host of new Set([...screens.keys(), ...portsOf.keys()])) {
    const proposal = propose(host, portsOf.get(host) ?? [], screens.get(host));
    if (proposal) yield proposal;
  }
}

function isScreen({ types }: SightingOf<'root-device'>): boolean {
  return types.some((type) => type.toLowerCase().startsWith(renderer));
}

function propose(
  host: string,
  ports: readonly number[],
  screen: SightingOf<'root-device'> | undefined,
): Proposal | undefined {
  const words = [screen?.vendor, screen?.server, screen?.model].filter((word) => word !== undefined).join(' ');
  const announced = makers.find(([pattern]) => pattern.test(words))?.[1];
  const [openPort] = ports.filter((port) => (announced ? portsOfProfile[announced] === port : profileOfPort.has(port)));
  const profile = announced ?? profileOfPort.get(openPort ?? 0);
  if (profile === undefined) return undefined;
  return {
    key: screen ? screen.id.slice(0, 200) : `${host}:${openPort}`,
    family,
    address: { host, ...(openPort === undefined ? {} : { port: openPort }) },
    ...(screen ? factsOf(screen) : {}),
    needsCredentials: false,
    confidence: announced !== undefined && openPort !== undefined ? 'likely' : 'possible',
    settings: { profile },
    evidence: [
      ...(screen ? [`${host} announces itself as a screen by SSDP: ${words || 'of no maker'}`] : []),
      ...(openPort === undefined ? [] : [`TCP port ${openPort}, that of ${profile}, is open; nothing was sent there`]),
      'its wire was not tried: look into its menu before adopting it',
    ].map((line) => line.slice(0, 300)),
  };
}

function factsOf({ name, vendor, model, serial }: SightingOf<'root-device'>): Partial<Proposal> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
  };
}
