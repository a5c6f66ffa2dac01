import { endpointPlace } from '../../../hub/notifications/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { createSealer, type Store } from '../../../hub/store/index.ts';
import { seedAgent, seedDevice } from '../../support/hub-store.ts';

/** Unit 1 is the province, 2 the reader's own school, 3 another. */
export async function seed(store: Store): Promise<void> {
  await using organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  for (const name of ['Trường mình', 'Trường khác'])
    await organisation.create({ paths: ['/'] }, { parent: root, kind: 'school', name });
  await organisation.create({ paths: ['/'] }, { parent: 2, kind: 'room', name: 'Phòng 7' });
  await seedSchool(store, 'own', 2);
  for (const [code, name] of [
    ['VT', 'Viettel'],
    ['VN', 'VNPT'],
  ] as const)
    await store.db.insertInto('supplier').values({ code, name, name_sort: name }).execute();
  await store.db.updateTable('device').set({ supplier_id: 1 }).where('id', '=', 'own-device').execute();
  await seedSchool(store, 'foreign', 3);
}

async function seedNotifications(store: Store, place: string, unitId: number): Promise<void> {
  const at = new Date();
  const places = { id: `${place}-letter`, target: 'email:an', channel: 'email' as const, unit_id: unitId };
  const letter = { kind: 'opening' as const, subject: 'x', content: '{}', next_at: at, created_at: at, ended_at: at };
  await store.db
    .insertInto('notification_delivery')
    .values({ ...places, ...letter, state: 'dead' })
    .execute();
  const endpoint = { name: 'x', url: 'https://ticket.example/', severity: 'minor' as const, created_at: at };
  const id = `${place}-device`;
  const sealer = createSealer(Buffer.alloc(32, 7));
  const secret = sealer.seal(endpointPlace(id), Buffer.from('whsec_eA=='));
  await store.db
    .insertInto('notification_endpoint')
    .values({ id, ...endpoint, unit_id: unitId, owner_id: 'an', secret })
    .execute();
}

async function seedSchool(store: Store, place: string, unitId: number): Promise<void> {
  await seedNotifications(store, place, unitId);
  const id = `${place}-device`;
  const at = new Date();
  await seedAgent(store, id, unitId);
  await seedDevice(store, {
    id,
    agentId: id,
    unitId,
    capabilities: { power: { commands: ['on'] }, volume: { commands: ['mute'] } },
  });
  const later = new Date(at.getTime() + 3_600_000);
  await store.db
    .insertInto('identity_conflict')
    .values({ id, agent_id: id, kind: 'two-sessions', addresses: '[]', opened_at: at, last_at: at })
    .execute();
  await store.db
    .withTables<{ auth_user: { id: string; name: string; email: string } }>()
    .insertInto('auth_user')
    .values({ id, name: id, email: `${id}@school.example` })
    .execute();
  await store.db.insertInto('role_grant').values({ user_id: id, role: 'school-it', unit_id: unitId }).execute();
  const cause = { id, kind: 'device-fault', code: 'EF-2303', agent_id: id, device_id: id, unit_id: unitId };
  await store.db
    .insertInto('cause')
    .values({ ...cause, affected: 1, affected_peak: 1, opened_at: at, evidence: '[]' })
    .execute();
  await seedRule(store, unitId, at);
  await seedConfigurationChange(store, unitId, at);
  const times = { created_at: at, updated_at: at, not_after: later };
  const command = { id, agent_id: id, device_id: id, capability: 'snapshot', name: 'take', args: '{}', ...times };
  await store.db
    .insertInto('command')
    .values({ ...command, state: 'succeeded', created_by: 'an' })
    .execute();
  const wish = { id, unit_id: unitId, capability: 'power', name: 'on', args: '{}', single: false, exclusions: '[]' };
  await store.db
    .insertInto('command_batch')
    .values({
      ...wish,
      total: 0,
      expires_in: 60,
      approval: 'none',
      created_by: 'an',
      created_by_id: 'an',
      created_at: at,
    })
    .execute();
  const bytes = Buffer.from([0xff, 0xd8, 0xff]);
  const picture = { command_id: id, device_id: id, content_type: 'image/jpeg', bytes, taken_at: at, expires_at: later };
  await store.db.insertInto('picture').values(picture).execute();
  await store.db
    .insertInto('proposal')
    .values({
      id: `${place}-proposal`,
      agent_id: id,
      key: 'k',
      family: 'thing',
      address: '{"host":"10.0.0.5"}',
      macs: '[]',
      evidence: '[]',
      search: 'thing',
      needs_credentials: false,
      first_seen_at: at,
      last_seen_at: at,
    })
    .execute();
}

/** As with rules, their ids are those of the schools. */
async function seedConfigurationChange(store: Store, unitId: number, at: Date): Promise<void> {
  const changes = JSON.stringify([{ key: 'volume.level', after: { value: 40, keeping: 'heal' } }]);
  const changeOf = (unit: number) => ({ unit_id: unit, at, by_name: 'an', reason: 'x', changes });
  if (unitId === 2) await store.db.insertInto('configuration_change').values(changeOf(1)).execute();
  await store.db.insertInto('configuration_change').values(changeOf(unitId)).execute();
}

/** Their ids are those of the schools: rows of numbers are told apart by them. */
async function seedRule(store: Store, unitId: number, at: Date): Promise<void> {
  const words = JSON.stringify({ vi: 'x', en: 'x' });
  const made = { created_by: 'an', created_at: at };
  const condition = JSON.stringify({
    source: { kind: 'metric', metric: 'temperature.celsius' },
    operator: 'above',
    threshold: 60,
  });
  const rule = { unit_id: unitId, name: 'x', title: words, next: words, severity: 'minor' as const, filter: '{}' };
  if (unitId === 2) await store.db.insertInto('problem_rule').values(ruleOf(1)).execute();
  await store.db.insertInto('problem_rule').values(ruleOf(unitId)).execute();
  if (unitId === 2) await store.db.insertInto('maintenance_window').values(windowOf(1)).execute();
  await store.db.insertInto('maintenance_window').values(windowOf(unitId)).execute();

  function ruleOf(unit: number) {
    return { ...rule, unit_id: unit, condition, enabled: true, updated_by: 'an', updated_at: at, ...made };
  }
  function windowOf(unit: number) {
    return { unit_id: unit, name: 'x', starts_at: at, ends_at: new Date(at.getTime() + 3_600_000), ...made };
  }
}
