import { openDoors } from './doors.ts';
import { type HubDeps, type HubFeatures, openFeatures } from './features.ts';
import { startJobs } from './jobs.ts';
import type { Store } from './store/index.ts';

/** A running hub and the addresses at which it is reached. */
export interface Hub extends AsyncDisposable {
  readonly url: string;
  readonly gatewayUrl: string;
  readonly brokerUrl: string;
  readonly engine: Store['engine'];
  readonly durable: boolean;
}

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

/** Opens the database, loads the live state, and serves. Everything started here stops in reverse order. */
export async function startHub(deps: HubDeps): Promise<Hub> {
  await using stack = new AsyncDisposableStack();
  const features = await openFeatures(deps, stack);
  const doors = await openDoors(deps, features, stack);
  stack.use(startJobs(jobsOf(features, doors), deps.clock, deps.log));
  const owned = stack.move();
  const { url, gatewayUrl, brokerUrl } = doors;
  const { engine, durability } = features.store;
  deps.log.info('hub ready', { url, gatewayUrl, brokerUrl, engine });
  return {
    url,
    gatewayUrl,
    brokerUrl,
    engine,
    durable: durability.durable,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function jobsOf(
  { health, problems, notifications, commands, quarantine, policies, availability, releases }: HubFeatures,
  { access, renewTls }: Awaited<ReturnType<typeof openDoors>>,
) {
  return [
    { name: 'health', everyMs: 5 * second, run: () => health.tick() },
    { name: 'rules', everyMs: 5 * second, run: () => problems.tick() },
    { name: 'problems', everyMs: 30 * second, run: () => problems.watch() },
    { name: 'expire commands', everyMs: 5 * second, run: () => commands.expire() },
    { name: 'release commands', everyMs: second, run: () => commands.release() },
    { name: 'notifications', everyMs: 2 * second, run: () => notifications.tick() },
    { name: 'deliver notifications', everyMs: 2 * second, run: (signal: AbortSignal) => notifications.deliver(signal) },
    { name: 'trim notifications', everyMs: hour, run: () => notifications.trim() },
    { name: 'publish policies', everyMs: 2 * second, run: () => policies.publish() },
    { name: 'renew policies', everyMs: hour, run: () => policies.renew() },
    { name: 'trim policy runs', everyMs: day, run: () => policies.trim() },
    { name: 'sign releases', everyMs: hour, run: () => releases.renew() },
    { name: 'sweep uploads', everyMs: hour, run: () => releases.sweep() },
    { name: 'trim spans', everyMs: hour, run: () => availability.trim() },
    { name: 'trim quarantine', everyMs: hour, run: () => quarantine.trim() },
    { name: 'renew listeners', everyMs: day, run: () => renewTls() },
    { name: 'expire sessions', everyMs: hour, run: () => access.expireSessions() },
  ];
}
