import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { toError } from '../../protocols/errors.ts';
import type { ProblemDeps } from './context.ts';

const channel = 'problems';
const topics = ['rules', 'windows', 'escalations'] as const;
type Topic = (typeof topics)[number];
const newsSchema = z.object({ from: z.string(), what: z.enum(topics) });

/** What was set on one hub is told to the others, which read it again. */
export interface News extends AsyncDisposable {
  listen(): Promise<void>;
  announce(what: Topic): Promise<void>;
}

type NewsDeps = Pick<ProblemDeps, 'store' | 'log'> & {
  readonly readAgain: Readonly<Record<Topic, () => Promise<void>>>;
};

export function createNews({ store, log, readAgain }: NewsDeps): News {
  const self = randomUUID();
  let listening: AsyncDisposable | undefined;
  const reading = new Set<Promise<void>>();

  const read = (what: Topic) => {
    const one = readAgain[what]().catch((thrown: unknown) => {
      // The next news, or the next connection, reads it once more.
      log.warn('what another hub set could not be read', { what, error: toError(thrown) });
    });
    reading.add(one);
    void one.finally(() => reading.delete(one));
  };
  const hear = (text: string) => {
    const news = newsSchema.safeParse(parse(text)).data;
    if (news && news.from !== self) read(news.what);
  };
  return {
    listen: async () => {
      listening ??= await store.listen(channel, { heard: hear, missed: () => topics.forEach(read) });
    },
    announce: (what) => store.notify(channel, JSON.stringify({ from: self, what })),
    [Symbol.asyncDispose]: async () => {
      await listening?.[Symbol.asyncDispose]();
      await Promise.all(reading);
    },
  };
}

/** Of two readings the later one counts, so they go one after the other. */
export function oneByOne(read: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    const next = last.then(read);
    last = next.catch(() => {});
    return next;
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
