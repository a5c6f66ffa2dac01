import type { HubConfig } from './config.ts';
import { endpointPlace, zaloPlace } from './notifications/index.ts';
import { newSealKey, readSealKeys, type Sealer, type Store, sealerOf, writeSealKeys } from './store/index.ts';

const batchRows = 500;

/**
 * Seals every secret anew with a new key. The older keys stay in the file until the last value is sealed anew, so that it may
 * be broken off at any moment and run again. A key file from outside is not written: its first line must be the new key
 * already. Returns what was done and what is left to do, in a sentence. Throws FatalError `bad-seal-key` or `seal-broken`.
 */
export async function rotateSeal(
  store: Store,
  { dataDir, sealKeyFile }: Pick<HubConfig, 'dataDir' | 'sealKeyFile'>,
): Promise<string> {
  let file = await readSealKeys(dataDir, sealKeyFile);
  if (!file.isForeign) {
    file = { ...file, keys: [newSealKey(), ...file.keys] };
    await writeSealKeys(file.path, file.keys);
  }
  const sealer = sealerOf(file);
  const count = (await sealAnew(store, sealer)) + (await sealNotifications(store, sealer));
  if (file.isForeign) {
    const rest = file.keys.length > 1 ? ` Its older keys can be removed from ${file.path} now.` : '';
    return `${count} secrets were sealed anew with the first key of ${file.path}.${rest}`;
  }
  await writeSealKeys(file.path, [file.keys[0]]);
  return `${count} secrets were sealed anew; the older key is gone from ${file.path}. Backups made before need that key.`;
}

/** Batches of rows, each in a transaction of its own; what is fresh already is passed over. */
async function sealAnew(store: Store, sealer: Sealer): Promise<number> {
  let count = 0;
  let after = '';
  for (;;) {
    const rows = await store.transaction(async (trx) => {
      const found = await trx
        .selectFrom('device')
        .select(['id', 'secret'])
        .where('secret', 'is not', null)
        .where('id', '>', after)
        .orderBy('id')
        .limit(batchRows)
        .forUpdate()
        .execute();
      for (const { id, secret } of found) {
        if (!secret || sealer.isFresh(secret)) continue;
        const place = { table: 'device', row: id, version: 1 };
        const sealed = sealer.seal(place, sealer.open(place, secret));
        await trx.updateTable('device').set({ secret: sealed }).where('id', '=', id).execute();
        count++;
      }
      return found;
    });
    if (rows.length < batchRows) return count;
    after = rows.at(-1)?.id ?? after;
  }
}

/** Secrets of webhook endpoints and tokens of the official account: few rows, so one transaction takes them all. */
async function sealNotifications(store: Store, sealer: Sealer): Promise<number> {
  return store.transaction(async (trx) => {
    let count = 0;
    const anew = (place: Parameters<Sealer['open']>[0], sealed: Buffer) => {
      if (sealer.isFresh(sealed)) return sealed;
      count++;
      return sealer.seal(place, sealer.open(place, sealed));
    };
    const endpoints = await trx.selectFrom('notification_endpoint').select(['id', 'secret']).forUpdate().execute();
    for (const { id, secret } of endpoints) {
      const sealed = anew(endpointPlace(id), secret);
      await trx.updateTable('notification_endpoint').set({ secret: sealed }).where('id', '=', id).execute();
    }
    const zalo = await trx
      .selectFrom('notification_zalo')
      .selectAll()
      .where('id', '=', 1)
      .forUpdate()
      .executeTakeFirst();
    if (zalo)
      await trx
        .updateTable('notification_zalo')
        .set({
          access_token: zalo.access_token && anew(zaloPlace('access'), zalo.access_token),
          refresh_token: zalo.refresh_token && anew(zaloPlace('refresh'), zalo.refresh_token),
        })
        .where('id', '=', 1)
        .execute();
    return count;
  });
}
