import { isDeepStrictEqual } from 'node:util';
import type { Family } from '../../protocols/api/families.ts';
import type { Label } from '../../protocols/fleet/capabilities/index.ts';
import type { Hello } from '../../protocols/fleet/messages.ts';
import type { SettingField } from '../../protocols/fleet/setting-field.ts';
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
  /** Empty for a family that no agent has told. */
  settingsOf(name: string): readonly SettingField[];
}

interface FamiliesDeps {
  readonly store: Store;
  /** Where other hubs listen. */
  readonly channel: string;
  readonly log: Log;
}

export function createFamilies({ store, channel, log }: FamiliesDeps): Families {
  let known = new Map<string, Known>();
  const load = async () => {
    const rows = await store.db.selectFrom('family').selectAll().orderBy('name').execute();
    known = new Map(rows.map(({ name, vi, en, settings }) => [name, { label: { vi, en }, settings }]));
  };
  return {
    load,
    learn: async (told) => {
      // One row a name, for a statement cannot change a row twice; in one order, for two hubs must not lock each other.
      const news = newsOf(known, told);
      if (news.length === 0) return;
      await store.db
        .insertInto('family')
        .values(news.map(([name, { label, settings }]) => ({ name, ...label, settings: JSON.stringify(settings) })))
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet((e) => ({
            vi: e.ref('excluded.vi'),
            en: e.ref('excluded.en'),
            settings: e.ref('excluded.settings'),
          })),
        )
        .execute();
      await load();
      await store.notify(channel, familiesSubject);
      log.info('families learnt', { families: news.map(([name]) => name) });
    },
    all: () =>
      [...known].map(([name, { label, settings }]) => ({
        name,
        label,
        ...(settings.length > 0 ? { settings: [...settings] } : {}),
      })),
    labelOf: (name) => known.get(name)?.label,
    settingsOf: (name) => known.get(name)?.settings ?? [],
  };
}

/** What is told of a family. */
interface Known {
  readonly label: Label;
  readonly settings: readonly SettingField[];
}

/** New names as long as there is room, and what changed. An older agent, which tells no settings, changes none. */
function newsOf(known: ReadonlyMap<string, Known>, told: Hello['families']): readonly (readonly [string, Known])[] {
  let room = mostFamilies - known.size;
  const wanted = told.map(({ name, label, settings }): [string, Known] => [
    name,
    { label: { vi: label.vi, en: label.en }, settings: settings ?? known.get(name)?.settings ?? [] },
  ]);
  return [...new Map(wanted)]
    .filter(([name, now]) => {
      const held = known.get(name);
      return held ? !isDeepStrictEqual(held, now) : room-- > 0;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
