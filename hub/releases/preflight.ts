import type { RefusalReason } from '../../protocols/api/releases/releases.ts';
import type { ReleaseComponent } from '../../protocols/fleet/rollout/target.ts';

/** What of a release decides where it fits. */
export interface FitRelease {
  readonly component: ReleaseComponent;
  readonly version: string;
  readonly family: string | undefined;
  /** Empty: any. */
  readonly models: readonly string[];
  /** Empty: any. */
  readonly fromVersions: readonly string[];
  readonly releaseCounter: number;
  readonly leastAgentVersion: string | undefined;
  readonly neededBytes: number;
  /** The floor of its component and name, as signed metadata in force sets it; 0 without one. */
  readonly floor: number;
  /** Counters of the releases of its component and name, by version. */
  readonly counters: ReadonlyMap<string, number>;
}

/** What is known of a device, or of an agent for a release of the agent itself; what is not known refuses nothing. */
export interface FitDevice {
  readonly id: string;
  readonly name: string;
  /** `agent` for an agent itself. */
  readonly kind: 'device' | 'agent';
  readonly family: string | undefined;
  readonly model: string | undefined;
  /** What it runs now. */
  readonly version: string | undefined;
  readonly isRetired: boolean;
  readonly freeBytes: number | undefined;
  readonly agent: {
    readonly status: 'active' | 'quarantined' | 'revoked';
    readonly version: string | undefined;
    /** Families it has drivers for. */
    readonly families: readonly string[] | undefined;
  };
}

interface Refusal {
  readonly reason: RefusalReason;
  readonly detail?: string;
}

type Check = (release: FitRelease, device: FitDevice) => Refusal | undefined;

/** In the order in which a person would ask: the first that speaks is told. */
const checks: readonly Check[] = [
  (_release, device) => (device.isRetired ? { reason: 'retired' } : undefined),
  (_release, { agent }) => (agent.status === 'revoked' ? { reason: 'agent-revoked' } : undefined),
  (release, { kind }) =>
    (release.component === 'agent') === (kind === 'agent') ? undefined : { reason: 'wrong-component' },
  (release, { family }) =>
    release.family === undefined || release.family === family ? undefined : refusal('wrong-family', family),
  modelOf,
  (release, { version }) => (version === release.version ? refusal('already-there', version) : undefined),
  (release) => (release.releaseCounter < release.floor ? refusal('below-floor', String(release.floor)) : undefined),
  (release, { version }) => {
    const now = version === undefined ? undefined : release.counters.get(version);
    return now !== undefined && now > release.releaseCounter ? refusal('downgrade', version) : undefined;
  },
  fromOf,
  (_release, { kind, family, agent }) =>
    kind === 'device' && family !== undefined && agent.families && !agent.families.includes(family)
      ? refusal('no-driver', family)
      : undefined,
  ({ leastAgentVersion }, { agent }) =>
    leastAgentVersion !== undefined &&
    agent.version !== undefined &&
    compareVersions(agent.version, leastAgentVersion) < 0
      ? refusal('agent-too-old', agent.version)
      : undefined,
  ({ neededBytes }, { freeBytes }) =>
    freeBytes !== undefined && freeBytes < neededBytes ? refusal('no-space', String(freeBytes)) : undefined,
];

/** Why a release cannot go to a device; undefined when nothing stands against it. */
function refusalOf(release: FitRelease, device: FitDevice): Refusal | undefined {
  for (const check of checks) {
    const found = check(release, device);
    if (found) return found;
  }
  return undefined;
}

/** Every device is in exactly one of the two lists. */
export function judgeFit<D extends FitDevice>(release: FitRelease, devices: readonly D[]) {
  const fits: D[] = [];
  const refused: { readonly device: D; readonly reason: RefusalReason; readonly detail?: string }[] = [];
  for (const device of devices) {
    const found = refusalOf(release, device);
    if (found) refused.push({ device, ...found });
    else fits.push(device);
  }
  return { fits, refused };
}

/** How often each reason was given, the most frequent first. */
export function countReasons(refused: readonly { readonly reason: RefusalReason }[]) {
  const counts = new Map<RefusalReason, number>();
  for (const { reason } of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

/** Versions as 1.10.2: numbers by their size, words by their letters, and what has more parts is newer. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = comparePart(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

const partsOf = (version: string) => version.replace(/^v/i, '').split(/[.+_-]/);

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const [x, y] = [Number(a), Number(b)];
  if (Number.isInteger(x) && Number.isInteger(y)) return Math.sign(x - y);
  return a < b ? -1 : 1;
}

function modelOf({ models }: FitRelease, { model }: FitDevice): Refusal | undefined {
  if (models.length === 0) return undefined;
  const fits = model !== undefined && models.some((one) => one.toLowerCase() === model.toLowerCase());
  return fits ? undefined : refusal('wrong-model', model);
}

function fromOf({ fromVersions }: FitRelease, { version }: FitDevice): Refusal | undefined {
  if (fromVersions.length === 0) return undefined;
  return version !== undefined && fromVersions.includes(version) ? undefined : refusal('wrong-version', version);
}

function refusal(reason: RefusalReason, detail: string | undefined): Refusal {
  return detail === undefined ? { reason } : { reason, detail };
}
