import type { z } from 'zod';
import type { adoptBody, adoptResult } from '../../protocols/api/enrolment/proposals.ts';
import { wrongValueOf } from '../../protocols/fleet/setting-field.ts';
import { type Actor, InvalidInputError, inScope, type Scope } from '../access/index.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import { sortKey } from '../store/sort-key.ts';
import type { RegistryContext } from './context.ts';
import { sealCredentials } from './desired.ts';
import { checkPlace } from './devices.ts';
import type { DirectoryDevice } from './directory.ts';
import { randomId } from './ids.ts';
import { hasRoom, readProposals } from './proposals.ts';
import { directoryColumns, directoryDevice, searchText } from './rows.ts';

export type Adopt = z.output<typeof adoptBody>;
export type AdoptResult = z.output<typeof adoptResult>;

type Item = Adopt['items'][number];
type ProposalRow = Awaited<ReturnType<typeof readProposals>>[number];
type Refusal = AdoptResult['refused'][number];
type Planned = { readonly item: Item; readonly row: ProposalRow; readonly unit: number; readonly name: string };

/** Takes proposals into the fleet, all or none. A refusal names its item; a dry run changes nothing. */
export async function adopt(context: RegistryContext, scope: Scope, actor: Actor, body: Adopt): Promise<AdoptResult> {
  return context.store.transaction(async (trx) => {
    const rows = await readProposals(trx, [...new Set(body.items.map(({ proposal }) => proposal))]);
    const { planned, refused } = plan(context, scope, body.items, new Map(rows.map((row) => [row.id, row])));
    if (body.dryRun || refused.length > 0) {
      const adopted = body.dryRun ? planned.map(({ row, name }) => ({ proposal: row.id, device: '', name })) : [];
      return { dryRun: body.dryRun, adopted, refused };
    }
    const adopted: AdoptResult['adopted'] = [];
    const devices: DirectoryDevice[] = [];
    for (const one of planned) {
      const device = await insertDevice(context, trx, actor, one);
      devices.push(device);
      adopted.push({ proposal: one.row.id, device: device.id, name: device.name });
    }
    for (const agentId of new Set(planned.map(({ row }) => row.agent_id))) await context.bumpGeneration(trx, agentId);
    afterCommit(trx, () => announce(context, devices));
    return { dryRun: false, adopted, refused: [] };
  });
}

function plan(
  context: RegistryContext,
  scope: Scope,
  items: readonly Item[],
  rows: ReadonlyMap<string, ProposalRow>,
): { planned: Planned[]; refused: Refusal[] } {
  const planned: Planned[] = [];
  const refused: Refusal[] = [];
  const seen = new Set<string>();
  const perAgent = new Map<string, number>();
  for (const item of items) {
    const row = rows.get(item.proposal);
    const agent = row && context.directory.agent(row.agent_id);
    if (!row || !agent || !inScope(scope, agent.unitPath)) {
      refused.push({ proposal: item.proposal, code: 'not-found', message: 'There is nothing here, or not for you.' });
      continue;
    }
    const more = (perAgent.get(agent.id) ?? 0) + 1;
    const unit = item.unit ?? agent.unitId;
    const problem = problemOf(context, scope, { item, row, unit, more, seenBefore: seen.has(row.id) });
    seen.add(row.id);
    if (problem) refused.push({ proposal: row.id, ...problem });
    else {
      perAgent.set(agent.id, more);
      planned.push({ item, row, unit, name: item.name ?? nameOf(context, row) });
    }
  }
  return { planned, refused };
}

interface Question {
  readonly item: Item;
  readonly row: ProposalRow;
  readonly unit: number;
  /** How many devices this request gives the same agent, this one included. */
  readonly more: number;
  readonly seenBefore: boolean;
}

function problemOf(context: RegistryContext, scope: Scope, question: Question): Omit<Refusal, 'proposal'> | undefined {
  const { item, row, unit, more, seenBefore } = question;
  if (seenBefore) return { code: 'duplicate', message: 'This proposal is named twice.' };
  if (row.status === 'adopted') return { code: 'already-adopted', message: 'This proposal was adopted already.' };
  if (row.needs_credentials && !item.credentials)
    return { code: 'credentials-needed', message: 'This device asks for a user name and a password.' };
  if (!hasRoom(context, row.agent_id, more))
    return { code: 'agent-full', message: 'This agent has as many devices as it can take.' };
  try {
    checkPlace(context, scope, row.agent_id, unit, 'unit');
    return settingsProblem(context, item, row);
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    return { code: 'unit-refused', message: thrown.message };
  }
}

/** What the agent has told of its family's settings is checked here; the rest it checks itself when it connects. */
function settingsProblem(
  context: RegistryContext,
  item: Item,
  row: ProposalRow,
): Omit<Refusal, 'proposal'> | undefined {
  const fields = context.families.settingsOf(row.family);
  if (fields.length === 0) return undefined;
  const settings = settingsOf(context, item, row);
  const wrong = fields.find((field) => {
    const value = settings[field.name];
    return value === undefined ? field.required : wrongValueOf(field, value) !== undefined;
  });
  const name = wrong?.name ?? Object.keys(settings).find((key) => !fields.some((field) => field.name === key));
  if (name === undefined) return undefined;
  return {
    code: 'settings-refused',
    message: `The setting ${name} is missing, unknown or out of its range.`,
    field: name,
  };
}

/** What was set in place of what was proposed; secrets that were proposed stay, for nobody was shown them. */
function settingsOf({ families }: RegistryContext, item: Item, row: ProposalRow): Readonly<Record<string, unknown>> {
  const { settings: proposed } = row;
  if (!item.settings) return proposed ?? {};
  const secrets = families
    .settingsOf(row.family)
    .flatMap(({ name, secret }) => (secret && proposed?.[name] !== undefined ? [[name, proposed[name]] as const] : []));
  return { ...Object.fromEntries(secrets), ...item.settings };
}

/** Its own name, or its make, or what kind of thing stands at which address. */
function nameOf({ families }: RegistryContext, row: ProposalRow): string {
  const make = row.name ?? [row.vendor, row.model].filter((part) => part).join(' ');
  return make || `${families.labelOf(row.family)?.vi ?? row.family} ${row.address.host}`;
}

async function insertDevice(
  context: RegistryContext,
  trx: Trx,
  actor: Actor,
  { item, row, unit, name }: Planned,
): Promise<DirectoryDevice> {
  const id = randomId('d');
  const device = await trx
    .insertInto('device')
    .values({
      id,
      agent_id: row.agent_id,
      unit_id: unit,
      family: row.family,
      name,
      name_folded: searchText([name]),
      name_sort: sortKey(name),
      search: searchText([name, row.vendor, row.model, row.serial]),
      address: JSON.stringify(row.address),
      settings: JSON.stringify(settingsOf(context, item, row)),
      secret: item.credentials ? sealCredentials(context.sealer, id, item.credentials) : null,
      proposal_key: row.key,
      adopted_by: actor.name,
      adopted_at: new Date(context.clock.now()),
      health_since: new Date(context.clock.now()),
      vendor: row.vendor,
      model: row.model,
      serial: row.serial,
    })
    .returning([...directoryColumns])
    .executeTakeFirstOrThrow();
  await trx.updateTable('proposal').set({ status: 'adopted', device_id: id }).where('id', '=', row.id).execute();
  return directoryDevice(device, context.organisation);
}

function announce({ directory, bus, announce: tell }: RegistryContext, devices: readonly DirectoryDevice[]): void {
  for (const device of devices) {
    directory.putDevice(device);
    bus.publish({ type: 'device-changed', device: device.id }, device.unitPath);
  }
  for (const agentId of new Set(devices.map((device) => device.agentId))) {
    tell(agentId);
    bus.publish({ type: 'proposals-changed', agent: agentId }, directory.agent(agentId)?.unitPath);
  }
}
