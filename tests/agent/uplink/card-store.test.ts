import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CardStore } from '../../../agent/uplink/card-store.ts';
import { openDatabase } from '../../../agent/uplink/database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edufleet-cards-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** One life of the agent. */
function live<T>(work: (store: CardStore, database: ReturnType<typeof openDatabase>) => T): T {
  using database = openDatabase(join(folder, 'outbox.db'));
  return work(new CardStore(database), database);
}

describe('network cards of devices', () => {
  it('survive a restart, the last ones of each device', () => {
    live((store) => {
      store.keep('d-1', ['00:11:22:aa:bb:cc']);
      store.keep('d-1', ['00:11:22:aa:bb:cd', '00:11:22:aa:bb:ce']);
      store.keep('d-2', ['00:11:22:aa:bb:01']);
    });
    live((store) => {
      expect(store.of('d-1')).toEqual(['00:11:22:aa:bb:cd', '00:11:22:aa:bb:ce']);
      expect(store.of('d-2')).toEqual(['00:11:22:aa:bb:01']);
      expect(store.of('d-3')).toEqual([]);
    });
  });

  it('go with their devices, and nothing else of the agent goes with them', () => {
    live((store, { sql }) => {
      sql.exec("insert into setting (name, value) values ('cards-of-another', 'kept')");
      store.keep('d-1', ['00:11:22:aa:bb:cc']);
      store.keep('d-2', ['00:11:22:aa:bb:01']);
      store.retain(['d-2', 'd-9']);
      expect(store.of('d-1')).toEqual([]);
    });
    live((store, { sql }) => {
      expect([store.of('d-1'), store.of('d-2')]).toEqual([[], ['00:11:22:aa:bb:01']]);
      expect(sql.prepare("select value from setting where name = 'cards-of-another'").get()).toEqual({ value: 'kept' });
    });
  });

  it('are written only when they changed', () => {
    live((store, database) => {
      store.keep('d-1', ['00:11:22:aa:bb:cc']);
      const changes = () => Object.values(database.sql.prepare('select total_changes()').get() ?? {})[0];
      const before = changes();
      store.keep('d-1', ['00:11:22:aa:bb:cc']);
      store.retain(['d-1']);
      expect(changes()).toBe(before);
    });
  });

  it('that cannot be read count as none', () => {
    live((_, { sql }) => sql.exec(`insert into setting (name, value) values ('cards:d-1', '{"a":1}')`));
    live((store) => expect(store.of('d-1')).toEqual([]));
  });
});
