import { z } from 'zod';
import { devicesPage } from '../../protocols/api/devices.ts';
import { adoptResult, proposalsPage } from '../../protocols/api/enrolment/proposals.ts';
import { voucherSchema } from '../../protocols/api/enrolment/vouchers.ts';
import { unitsPage } from '../../protocols/api/units.ts';
import type { RecordBody } from '../../protocols/fleet/record.ts';
import { enrol } from '../../provisioning/enrolment/enrol.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import type { HubAddress } from '../demo/hub.ts';
import { type Api, createApi, signIn, until } from '../support/api.ts';
import { admin } from '../support/live-school.ts';
import { connectLoadAgent, type LoadAgent } from './load-agent.ts';

/** An agent with devices that the hub knows. */
export interface LoadMember {
  readonly agent: LoadAgent;
  readonly devices: readonly string[];
}

export interface LoadFleet extends Disposable {
  readonly members: readonly LoadMember[];
  readonly api: Api;
}

export interface LoadFleetSize {
  readonly agents: number;
  readonly devicesEach: number;
}

/** Enrols agents by vouchers and adopts their devices, all through the doors that real ones use. */
export async function enrolLoadFleet({ url, gatewayUrl }: HubAddress, size: LoadFleetSize): Promise<LoadFleet> {
  const api = createApi(url, await signIn(url, admin.email, admin.password));
  const root = (await api.get('/api/v1/units?kind=province&limit=1', unitsPage)).rows[0]?.id;
  const agents: LoadAgent[] = [];
  for (let n = 0; n < size.agents; n++) {
    const { code } = await api.post(
      '/api/v1/vouchers',
      { unit: root, agentName: `Load ${n}`, hours: 1 },
      voucherSchema,
    );
    const machine = {
      fingerprint: { macs: [], diskSerials: [`bench-${n}`] },
      agentVersion: 'bench',
      hostname: `load-${n}`,
      hostFamily: 'bench',
    };
    agents.push(
      await connectLoadAgent(await enrol({ hubUrl: gatewayUrl, voucher: code, clock: systemClock, ...machine })),
    );
  }
  const members: LoadMember[] = [];
  for (const agent of agents) members.push({ agent, devices: await adoptDevices(api, agent, size.devicesEach) });
  return {
    members,
    api,
    [Symbol.dispose]: () => {
      for (const agent of agents) agent.close();
    },
  };
}

async function adoptDevices(api: Api, agent: LoadAgent, count: number): Promise<readonly string[]> {
  const at = Date.now();
  const proposals = Array.from(
    { length: count },
    (_, n): RecordBody => ({
      kind: 'proposal',
      at,
      key: `bench:${n}`,
      family: 'bench',
      address: { host: `10.0.0.${n % 250}`, port: 1_000 + n },
      needsCredentials: false,
      evidence: ['made for a benchmark'],
    }),
  );
  await agent.send('state', proposals, 100);
  const found = await until('proposals', 30_000, async () => {
    const { rows, total } = await api.get(`/api/v1/proposals?agent=${agent.id}&limit=200`, proposalsPage);
    return total === count && rows;
  });
  const items = found.map(({ id }) => ({ proposal: id }));
  const { adopted } = await api.post('/api/v1/proposals/adopt', { dryRun: false, items }, adoptResult);
  const known = await api.get(`/api/v1/devices?agent=${agent.id}&limit=1`, devicesPage);
  z.literal(true).parse(known.total >= adopted.length);
  return adopted.map(({ device }) => device);
}
