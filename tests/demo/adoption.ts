import { z } from 'zod';
import { agentsPage } from '../../protocols/api/agents.ts';
import { devicesPage } from '../../protocols/api/devices.ts';
import { adoptResult, proposalsPage } from '../../protocols/api/enrolment/proposals.ts';
import { voucherSchema } from '../../protocols/api/enrolment/vouchers.ts';
import { familiesList } from '../../protocols/api/families.ts';
import { unitSchema, unitsPage } from '../../protocols/api/units.ts';
import { type Api, until } from '../support/api.ts';
import type { SchoolDevice } from './school/index.ts';

/** A school of the organisation and its rooms by name. */
export interface Place {
  readonly school: number;
  readonly rooms: ReadonlyMap<string, number>;
}

/** The sample school, made through the API when it is not there. */
export async function ensureSchool(api: Api, name: string, rooms: readonly string[]): Promise<Place> {
  const find = async (query: string) => (await api.get(`/api/v1/units?limit=200&${query}`, unitsPage)).rows;
  const ensure = async (parent: number, kind: string, unit: string) => {
    const found = (await find(`parent=${parent}`)).find((row) => row.name === unit);
    return (found ?? (await api.post('/api/v1/units', { parent, kind, name: unit }, unitSchema))).id;
  };
  const [root] = await find('kind=province');
  if (!root) throw new Error('the hub has no root of its organisation');
  const commune = await ensure(root.id, 'commune', 'Phường Nghĩa Lộ');
  const school = await ensure(commune, 'school', name);
  const ids = new Map<string, number>();
  for (const room of rooms) ids.set(room, await ensure(school, 'room', room));
  return { school, rooms: ids };
}

/** A fresh voucher for one machine of the school; its code. */
export async function issueVoucher(api: Api, unit: number, agentName: string): Promise<string> {
  return (await api.post('/api/v1/vouchers', { unit, agentName, hours: 1 }, voucherSchema)).code;
}

/** Waits until discovery has proposed these devices and adopts each into its room, with its credentials; those adopted before stay. */
export async function adoptFound(
  api: Api,
  devices: readonly SchoolDevice[],
  place: Place,
  timeoutMs = 90_000,
): Promise<number> {
  const missing = await missingOf(api, devices);
  const wanted = new Map(
    missing.flatMap((device) => (device.isFound && device.address ? [[keyOf(device.address), device]] : [])),
  );
  if (wanted.size === 0) return 0;
  const items = await until(`proposals of ${wanted.size} devices`, timeoutMs, async () => {
    const { rows } = await api.get('/api/v1/proposals?limit=200', proposalsPage);
    const matches = rows.flatMap(({ id, address }) => {
      const device = wanted.get(keyOf(address));
      if (!device) return [];
      return [{ proposal: id, name: device.name, unit: place.rooms.get(device.room), credentials: device.credentials }];
    });
    return matches.length === wanted.size && matches;
  });
  const result = await api.post('/api/v1/proposals/adopt', { dryRun: false, items }, adoptResult);
  if (result.refused.length > 0) throw new Error(`not adopted: ${JSON.stringify(result.refused)}`);
  return result.adopted.length;
}

/** Adds what no discovery finds, each in its room with its family, credentials and settings; those added before stay. */
export async function addOthers(api: Api, devices: readonly SchoolDevice[], place: Place): Promise<number> {
  const missing = (await missingOf(api, devices)).filter(({ isFound }) => !isFound);
  if (missing.length === 0) return 0;
  const [agent] = (await api.get(`/api/v1/agents?unit=${place.school}`, agentsPage)).rows;
  if (!agent) throw new Error('the school has no agent');
  // What an agent speaks is known once it has said hello.
  await until('the families of the agent', 60_000, async () => {
    const known = new Set((await api.get('/api/v1/families', familiesList)).rows.map(({ name }) => name));
    return missing.every(({ family }) => known.has(family));
  });
  for (const { name, room, family, address, credentials, settings } of missing) {
    const unit = place.rooms.get(room);
    await api.post(
      '/api/v1/devices',
      { agent: agent.id, name, family, address, unit, credentials, settings },
      anything,
    );
  }
  return missing.length;
}

async function missingOf(api: Api, devices: readonly SchoolDevice[]): Promise<readonly SchoolDevice[]> {
  const there = new Set((await api.get('/api/v1/devices?limit=200', devicesPage)).rows.map(({ name }) => name));
  return devices.filter(({ name }) => !there.has(name));
}

const anything = z.unknown();

function keyOf(address: { readonly host: string; readonly port?: number | undefined }): string {
  return `${address.host}:${address.port ?? ''}`;
}

const createdToken = z.object({ token: z.string() });

/** An API token of the signed-in person. */
export async function createToken(api: Api, name: string): Promise<string> {
  return (await api.post('/api/v1/tokens', { name }, createdToken)).token;
}
