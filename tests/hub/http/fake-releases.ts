import { NotFoundError } from '../../../hub/access/index.ts';
import type { Features } from '../../../hub/http/index.ts';
import type { Release } from '../../../protocols/api/releases/releases.ts';

const release = (id: string): Release => ({
  id,
  component: 'device-firmware',
  name: 'thing',
  version: '2.0',
  models: [],
  fromVersions: [],
  releaseCounter: 2,
  file: 'thing.bin',
  length: 5,
  sha256: 'a'.repeat(64),
  state: 'uploading',
  received: 0,
  target: `device-firmware/thing/2.0/${'a'.repeat(64)}.thing.bin`,
  signed: false,
  createdAt: '2026-03-02T00:00:00.000Z',
  createdBy: 'an',
});

interface Parts {
  readonly writing: <T>(name: string, value: T) => T;
}

/** The releases as routes see them; those that stand have ids that begin with `own`. */
export function fakeReleases({ writing }: Parts): Features['releases'] {
  const requireOwn = (id: string) => {
    if (!id.startsWith('own')) throw new NotFoundError();
  };
  const trust = { onlineKey: 'key', namesOnlineKey: false };
  return {
    list: async () => ({ rows: [release('own-release')], total: 1 }),
    get: async (id) => {
      requireOwn(id);
      return release(id);
    },
    create: async () => writing('create-release', release('own-release')),
    withdraw: async (_scope, _actor, id) => {
      requireOwn(id);
      return writing('withdraw-release', release(id));
    },
    upload: async (id) => {
      requireOwn(id);
      return { offset: 0, length: 5 };
    },
    append: async (_scope, id) => {
      requireOwn(id);
      return writing('append-release', { offset: 5, length: 5 });
    },
    preflightView: async (_scope, id) => {
      requireOwn(id);
      return { looked: 0, fits: 0, refused: [], examples: [] };
    },
    trust: async () => trust,
    takeMetadata: async () => writing('take-metadata', trust),
  };
}
