import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { ProbeResult } from '../probe/probe.ts';
import type { Step } from '../probe/steps.ts';
import { type Bundle, bundleSchema } from './bundle.ts';
import type { Recorder } from './recorder.ts';
import { BundleScrubber, type Confidential, isSecretName, placeholderFor } from './scrub.ts';

export interface CaptureOptions {
  readonly agentVersion: string;
  readonly device: DesiredDevice;
  readonly result: ProbeResult;
  readonly recorder: Pick<Recorder, 'connections' | 'lostConnections'>;
  readonly keepsSerials: boolean;
}

/** Everything about one conversation in one document, scrubbed. */
export function makeBundle({ agentVersion, device, result, recorder, keepsSerials }: CaptureOptions): Bundle {
  const { attempt } = result;
  const scrubber = new BundleScrubber(confidentialOf(device, result, keepsSerials), keepsSerials);
  // First: it learns the tags that later texts name.
  const connections = scrubber.connections(recorder.connections);
  const { address, credentials, settings } = device;
  const isWhole = recorder.lostConnections === 0 && connections.every(({ dropped }) => dropped === 0);
  return bundleSchema.parse({
    format: 'edufleet-capture',
    version: 1,
    agentVersion,
    family: result.family,
    device: {
      name: scrubber.text(device.name),
      ...(address ? { address } : {}),
      settings: scrubber.settings(settings),
      ...(credentials ? { credentials: placeholders(credentials) } : {}),
    },
    startedAt: attempt.startedAt,
    clockReads: [...attempt.clockReads],
    steps: scrubber.value(result.steps.map(withoutFirstWords)),
    ...(attempt.failure ? { failure: scrubber.value(attempt.failure) } : {}),
    ...(attempt.descriptor ? { descriptor: scrubber.value(attempt.descriptor) } : {}),
    states: scrubber.value(Object.fromEntries(attempt.states)),
    samples: attempt.samples,
    events: scrubber.value(attempt.events),
    connections,
    lostConnections: recorder.lostConnections,
    isReplayable: isWhole,
  });
}

/** What a device says first may hold the random number of its sign-in; the frames have it scrubbed. */
function withoutFirstWords(step: Step): Step {
  return step.name === 'greeting' ? { ...step, facts: step.facts.slice(0, 1) } : step;
}

function placeholders({ username, password }: NonNullable<DesiredDevice['credentials']>) {
  return {
    ...(username === undefined ? {} : { username: placeholderFor(username) }),
    ...(password === undefined ? {} : { password: placeholderFor(password) }),
  };
}

function confidentialOf(device: DesiredDevice, { attempt }: ProbeResult, keepsSerials: boolean): Confidential {
  const { credentials, settings } = device;
  const told = membersOf([attempt.descriptor, Object.fromEntries(attempt.states), settings]);
  const named = (pattern: RegExp) => told.flatMap(([name, value]) => (pattern.test(name) ? [value] : []));
  const table = settings['item'];
  const rows = isDocument(table) && isDocument(table['items']) ? Object.entries(table['items']) : [];
  return {
    username: credentials?.username || undefined,
    password: credentials?.password || undefined,
    others: membersOf([settings]).flatMap(([name, value]) => (isSecretName(name) ? [value] : [])),
    serials: keepsSerials ? [] : named(/serial/i).filter((value) => value !== 'serial'),
    macs: keepsSerials ? [] : named(/^macs?$/i).map((mac) => mac.toLowerCase().replaceAll('-', ':')),
    tags: rows.map(([tag]) => tag),
    items: rows.flatMap(([, item]) => (typeof item === 'string' ? [item] : [])),
  };
}

function isDocument(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every text inside a value, with the name of the member that holds it. */
function membersOf(value: unknown, name = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[name, value]];
  if (Array.isArray(value)) return value.flatMap((item) => membersOf(item, name));
  return isDocument(value) ? Object.entries(value).flatMap(([key, item]) => membersOf(item, key)) : [];
}
