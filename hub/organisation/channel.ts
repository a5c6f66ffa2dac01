import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Store } from '../store/index.ts';
import { readUnits } from './rows.ts';
import type { UnitNode, UnitTree } from './tree.ts';

/** What others must follow in memory: paths may be new, and what stood at `from` stands at `to`. */
export interface StructureChange {
  readonly rehomed: readonly (readonly [from: number, to: number])[];
  readonly agents: readonly (readonly [agentId: string, unitId: number])[];
}

/** Units that are new, or `all` when everything must be read again. */
interface News extends StructureChange {
  readonly ids: readonly number[] | 'all';
}

const messageSchema = z.object({
  from: z.string(),
  ids: z.union([z.array(z.int()), z.literal('all')]),
  rehomed: z.array(z.tuple([z.int(), z.int()])),
  agents: z.array(z.tuple([z.string(), z.int()])),
});

const everything: News = { ids: 'all', rehomed: [], agents: [] };

/** Keeps the tree of this hub as the database has it, and tells who follows it. */
export interface Channel extends AsyncDisposable {
  open(): Promise<void>;
  /** Tells the other hubs what was committed. */
  announce(news: News): Promise<void>;
  /** Brings what was just committed into this hub's tree, and tells who follows it. */
  takeOver(units: readonly UnitNode[], removed: readonly number[], change?: StructureChange): void;
  onStructure(listener: (change: StructureChange) => void): Disposable;
}

const name = 'units';

export function createChannel(store: Store, tree: UnitTree): Channel {
  const self = randomUUID();
  const listeners = new Set<(change: StructureChange) => void>();
  let listening: AsyncDisposable | undefined;
  /** Reads follow each other, so that an older one never lands on a newer. */
  let reading: Promise<void> = Promise.resolve();
  /** Counts commits of this hub: what was read before one is stale. */
  let commits = 0;

  const tell = (change: StructureChange) => {
    for (const listener of listeners) listener(change);
  };
  const readFresh = async (ids: readonly number[] | undefined): Promise<UnitNode[]> => {
    for (;;) {
      const before = commits;
      const units = await readUnits(store.db, ids);
      if (before === commits) return units;
    }
  };
  const read = async ({ ids, ...change }: News) => {
    if (ids !== 'all') {
      for (const unit of await readFresh(ids)) tree.put(unit);
      return;
    }
    tree.replace(await readFresh(undefined));
    tell(change);
  };
  const queue = (news: News): Promise<void> => {
    const next = reading.then(() => read(news));
    // What could not be read now is read with the next news, or when the connection is back.
    reading = next.catch(() => {});
    return next;
  };
  const hear = (text: string) => {
    const parsed = messageSchema.safeParse(parse(text));
    if (parsed.data?.from !== self) queue(parsed.data ?? everything).catch(() => {});
  };

  return {
    open: async () => {
      listening ??= await store.listen(name, { heard: hear, missed: () => void queue(everything).catch(() => {}) });
      await queue(everything);
    },
    announce: (news) => store.notify(name, JSON.stringify({ from: self, ...news })),
    takeOver: (units, removed, change) => {
      commits++;
      for (const id of removed) tree.remove(id);
      for (const unit of units) tree.put(unit);
      if (change) tell(change);
    },
    onStructure: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.asyncDispose]: async () => {
      await listening?.[Symbol.asyncDispose]();
      await reading;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
