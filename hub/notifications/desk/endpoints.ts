import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { z } from 'zod';
import type {
  ChannelTestResult,
  EndpointView,
  endpointBody,
  endpointWithSecret,
  updateEndpointBody,
} from '../../../protocols/api/operation/notification-channels.ts';
import { FatalError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import {
  type Actor,
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
  scopeCondition,
} from '../../access/index.ts';
import type { Sealer, Store } from '../../store/index.ts';
import type { NotificationTables } from '../../store/tables/notification.ts';
import { checkUrl, type EndpointRules } from '../channels/address-guard.ts';
import type { Channel, EndpointRecipient } from '../channels/channel.ts';
import { newSecret } from '../channels/webhook.ts';
import { endpointPlace } from '../work/dispatch.ts';
import type { NotificationOrganisation } from './ports.ts';
import { testMessage, tryOut } from './test-message.ts';

export interface EndpointsDeps {
  readonly store: Store;
  readonly organisation: NotificationOrganisation;
  readonly webhook: Channel<EndpointRecipient>;
  readonly rules: EndpointRules;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

type WithSecret = z.output<typeof endpointWithSecret>;

/** Where programs are told. All throw NotFoundError for what is not in the scope, InvalidInputError for an address that must not be called. */
export interface Endpoints {
  listEndpoints(scope: Scope): Promise<EndpointView[]>;
  createEndpoint(scope: Scope, actor: Actor, body: z.output<typeof endpointBody>): Promise<WithSecret>;
  updateEndpoint(scope: Scope, id: string, body: z.output<typeof updateEndpointBody>): Promise<EndpointView>;
  /** A new secret; the old one signs nothing more. */
  renewSecret(scope: Scope, id: string): Promise<WithSecret>;
  removeEndpoint(scope: Scope, id: string): Promise<void>;
  testEndpoint(scope: Scope, id: string): Promise<ChannelTestResult>;
}

type Row = Selectable<NotificationTables['notification_endpoint']>;

export function createEndpoints({ store, organisation, webhook, rules, sealer, clock }: EndpointsDeps): Endpoints {
  const { db } = store;
  const checked = (url: string): string => {
    try {
      return checkUrl(url, rules).href;
    } catch (thrown) {
      if (thrown instanceof FatalError) throw new InvalidInputError('url', thrown.message);
      throw thrown;
    }
  };
  const need = async (scope: Scope, id: string): Promise<Row> => {
    const row = await db
      .selectFrom('notification_endpoint')
      .innerJoin('unit', 'unit.id', 'notification_endpoint.unit_id')
      .selectAll('notification_endpoint')
      .where('notification_endpoint.id', '=', id)
      .where(scopeCondition(scope, 'unit.path'))
      .executeTakeFirst();
    if (!row) throw new NotFoundError();
    return row;
  };
  const view = (row: Row): EndpointView => ({
    id: row.id,
    name: row.name,
    url: row.url,
    unit: organisation.refOf(row.unit_id),
    severity: row.severity,
    ...(row.kinds === null ? {} : { kinds: [...row.kinds] }),
    createdAt: row.created_at.toISOString(),
    enabled: row.disabled_at === null,
    ...(row.disabled_why === null ? {} : { disabledWhy: row.disabled_why }),
    ...(row.failing_since === null ? {} : { failingSince: row.failing_since.toISOString() }),
    ...(row.last_success_at === null ? {} : { lastSuccessAt: row.last_success_at.toISOString() }),
  });
  const write = async (id: string, values: Partial<Omit<Row, 'kinds' | 'id'>>): Promise<EndpointView> =>
    view(
      await db
        .updateTable('notification_endpoint')
        .set(values)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
  const sealed = (id: string, secret: string) => sealer.seal(endpointPlace(id), Buffer.from(secret, 'utf8'));

  return {
    listEndpoints: async (scope) => {
      const rows = await db
        .selectFrom('notification_endpoint')
        .innerJoin('unit', 'unit.id', 'notification_endpoint.unit_id')
        .selectAll('notification_endpoint')
        .where(scopeCondition(scope, 'unit.path'))
        .orderBy('notification_endpoint.created_at')
        .orderBy('notification_endpoint.id')
        .limit(500)
        .execute();
      return rows.map(view);
    },
    createEndpoint: async (scope, actor, { name, url, unit, severity, kinds }) => {
      if (!inScope(scope, organisation.pathOf(unit))) throw new NotFoundError();
      const id = randomUUID();
      const secret = newSecret();
      const row = await db
        .insertInto('notification_endpoint')
        .values({
          id,
          name,
          url: checked(url),
          unit_id: unit,
          severity,
          kinds: kinds ? JSON.stringify(kinds) : null,
          secret: sealed(id, secret),
          owner_id: actor.id,
          created_at: new Date(clock.now()),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return { endpoint: view(row), secret };
    },
    updateEndpoint: async (scope, id, { name, url, severity, enabled }) => {
      const row = await need(scope, id);
      const turned =
        enabled === undefined
          ? {}
          : enabled
            ? { disabled_at: null, disabled_why: null, failing_since: null }
            : { disabled_at: row.disabled_at ?? new Date(clock.now()), disabled_why: row.disabled_why };
      return write(id, {
        name: name ?? row.name,
        url: url === undefined ? row.url : checked(url),
        severity: severity ?? row.severity,
        ...turned,
      });
    },
    renewSecret: async (scope, id) => {
      await need(scope, id);
      const secret = newSecret();
      return { endpoint: await write(id, { secret: sealed(id, secret) }), secret };
    },
    removeEndpoint: async (scope, id) => {
      await need(scope, id);
      await db.deleteFrom('notification_endpoint').where('id', '=', id).execute();
    },
    testEndpoint: async (scope, id) => {
      const row = await need(scope, id);
      const secret = sealer.open(endpointPlace(id), row.secret).toString('utf8');
      const message = testMessage(clock.now(), { language: 'en', timeZone: 'UTC' });
      return tryOut(clock, (signal) => webhook.send(message, { url: row.url, secret }, signal));
    },
  };
}
