import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { adoptFound, ensureSchool, issueVoucher, type Place } from '../demo/adoption.ts';
import { enrolAgent, startAgent } from '../demo/agent.ts';
import { type HubAddress, startHub } from '../demo/hub.ts';
import { demoRooms, type SimulatedSchool, startSchool } from '../demo/school/index.ts';
import { type Api, createApi, signIn } from './api.ts';
import type { Child } from './child.ts';

export const admin = { email: 'admin@edufleet.example', password: 'mot-mat-khau-thu-nghiem' } as const;

/** A whole small fleet of separate processes: hub, agent, and a simulated school on loopback addresses of its own. */
export interface LiveSchool extends AsyncDisposable {
  readonly api: Api;
  readonly address: HubAddress;
  readonly school: SimulatedSchool;
  readonly place: Place;
  /** Data folders of the two. */
  readonly folders: { readonly hub: string; readonly agent: string };
  hub: Child;
  agent: Child;
  /** Starts the hub again on the same data and ports. */
  startHubAgain(): Promise<void>;
  startAgentAgain(): void;
}

export interface LiveSchoolOptions {
  /** Cameras, and as many projectors. */
  readonly each: number;
  readonly databaseUrl?: string;
  /** For several schools in one process: a number of its own each, from 0 to 3. */
  readonly place?: number;
}

const schoolName = 'THCS Đặng Thuỳ Trâm (mẫu)';

/** Starts everything and adopts the school's devices: some 15 s, and with devices a round of discovery more. */
export async function startLiveSchool(options: LiveSchoolOptions): Promise<LiveSchool> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'edufleet-live-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const hubOptions = {
    dataDir,
    port: 0,
    admin,
    logLevel: 'info',
    ...(options.databaseUrl ? { databaseUrl: options.databaseUrl } : {}),
  };
  const running = { hub: await startHub(hubOptions) };
  stack.defer(() => running.hub[Symbol.asyncDispose]());
  const { address } = running.hub;
  const api = createApi(address.url, await signIn(address.url, admin.email, admin.password));
  const place = await ensureSchool(api, schoolName, demoRooms);
  const school = stack.use(
    await startSchool({
      clock: systemClock,
      seed: 7,
      network: 20 + ((process.pid + 57 * (options.place ?? 0)) % 230),
      each: options.each,
      isSmall: true,
      isStill: true,
    }),
  );
  const agentOptions = {
    dataDir: join(dataDir, 'agent'),
    targets: school.devices.flatMap(({ address }) => address ?? []),
  };
  await enrolAgent(agentOptions, {
    gatewayUrl: address.gatewayUrl,
    voucher: await issueVoucher(api, place.school, 'Máy tính nhỏ'),
  });
  const live = { hub: running.hub.child, agent: startAgent(agentOptions) };
  stack.defer(async () => void (await live.agent.stop()));
  await adoptFound(api, school.devices, place);
  const ports = {
    http: new URL(address.url).port,
    gateway: new URL(address.gatewayUrl).port,
    broker: new URL(address.brokerUrl).port,
  };
  const owned = stack.move();
  return {
    api,
    address,
    school,
    place,
    folders: { hub: join(dataDir, 'hub'), agent: agentOptions.dataDir },
    get hub() {
      return live.hub;
    },
    set hub(child) {
      live.hub = child;
    },
    get agent() {
      return live.agent;
    },
    set agent(child) {
      live.agent = child;
    },
    startHubAgain: async () => {
      running.hub = await startHub({ ...hubOptions, ports });
      live.hub = running.hub.child;
    },
    startAgentAgain: () => {
      live.agent = startAgent(agentOptions);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
