import type { Family } from '../../protocols/api/families.ts';
import type { Label } from '../../protocols/fleet/capabilities/index.ts';
import type { Hello } from '../../protocols/fleet/messages.ts';
import type { Log } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';

/** What the registry's channel carries when families changed; no agent's id can hold a colon. */
export const familiesSubject = 'families:';

/** Far beyond any product; it bounds what a broken agent can make the hub remember. */
const mostFamilies = 500;

/** The hub knows no family by itself: agents tell which they speak, and how people call them. */
export interface Families {
  load(): Promise<void>;
  /** Writes what is news; of two agents that disagree the last one is heard. */
  learn(told: Hello['families']): Promise<void>;
  /** Sorted by name. */
  all(): readonly Family[];
  labelOf(name: string): Label | undefined;
}

interface FamiliesDeps {
  readonly store: Store;
  /** Where other hubs listen. */
  readonly channel: string;
  readonly log: Log;
}

export function createFamilies({ store, channel, log }: FamiliesDeps): Families {
  let known = new Map<string, Label>();
  const load = async () => {
    const rows = await store.db.selectFrom('family').selectAll().orderBy('name').execute();
    known = new Map(rows.map(({ name, vi, en }) => [name, { vi, en }]));
  };
  return {
    load,
    learn: async (told) => {
      // One row a name, for a statement cannot change a row twice; in one order, for two hubs must not lock each other.
      const news = newsOf(known, told);
      if (news.length === 0) return;
      await store.db
        .insertInto('family')
        .values(news.map(([name, { vi, en }]) => ({ name, vi, en })))
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet((e) => ({ vi: e.ref('excluded.vi'), en: e.ref('excluded.en') })),
        )
        .execute();
      await load();
      await store.notify(channel, familiesSubject);
      log.info('families learnt', { families: news.map(([name]) => name) });
    },
    all: () => [...known].map(([name, label]) => ({ name, label })),
    labelOf: (name) => known.get(name),
  };
}

/** New names as long as there is room, and changed labels. */
function newsOf(known: ReadonlyMap<string, Label>, told: Hello['families']): readonly (readonly [string, Label])[] {
  let room = mostFamilies - known.size;
  return [...new Map(told.map(({ name, label }) => [name, label]))]
    .filter(([name, label]) => {
      const held = known.get(name);
      return held ? held.vi !== label.vi || held.en !== label.en : room-- > 0;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
