import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Metadata, MetadataKind, type Root } from '@tufjs/models';
import { sql } from 'kysely';
import type { ReleaseTrust } from '../../protocols/api/releases/releases.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Actor, ConflictError, InvalidInputError } from '../access/index.ts';
import type { Store, Trx } from '../store/index.ts';
import { readRoot, readTargets, type TargetsInForce, targetsOf } from './metadata.ts';

/** Signs which targets metadata is the newest (snapshot) and that this was so a moment ago (timestamp). */
type SignOnline = (input: {
  readonly root: string;
  readonly targets: string;
  readonly previous?: { readonly snapshot: string; readonly timestamp: string };
  readonly keyPem: string;
  readonly nowMs: number;
}) => { readonly snapshot: { readonly text: string }; readonly timestamp: { readonly text: string } };

export interface TrustDeps {
  readonly store: Store;
  /** Ed25519, PKCS#8 PEM. */
  readonly onlineKeyPem: string;
  /** What a ceremony is given of the key: its public half, PEM. */
  readonly onlineRequest: (keyPem: string) => string;
  readonly signOnline: SignOnline;
  /** Makes a root trusted by an agent that has none yet. */
  readonly vouch: (root: string) => Promise<string>;
  readonly clock: Clock;
}

type Role = 'root' | 'targets' | 'snapshot' | 'timestamp';

const renewBelowMs = 12 * 3_600_000;
const fileName = /^(?:(?<version>[1-9]\d{0,8})\.)?(?<role>root|targets|snapshot|timestamp)\.json$/;

/** Signed metadata: kept byte by byte, checked when it comes, completed by what this hub signs itself. */
export function createTrust({ store, onlineKeyPem, onlineRequest, signOnline, vouch, clock }: TrustDeps) {
  const onlineKey = createPublicKey(createPrivateKey(onlineKeyPem))
    .export({ type: 'spki', format: 'der' })
    .subarray(-32)
    .toString('hex');

  const newest = async (role: Role, version?: number, db: Pick<Trx, 'selectFrom'> = store.db) => {
    let query = db.selectFrom('release_metadata').selectAll().where('role', '=', role);
    if (version !== undefined) query = query.where('version', '=', version);
    const row = await query.orderBy('version', 'desc').limit(1).executeTakeFirst();
    return row && { version: row.version, text: row.bytes.toString('utf8'), expiresAt: row.expires_at };
  };
  const rootOf = (text: string): Metadata<Root> => Metadata.fromJSON(MetadataKind.Root, JSON.parse(text));
  const put = async (trx: Trx, role: Role, text: string, by: string) => {
    const { signed }: { signed: { version: number; expires: string } } = JSON.parse(text);
    await trx
      .insertInto('release_metadata')
      .values({
        role,
        version: signed.version,
        bytes: Buffer.from(text),
        expires_at: new Date(signed.expires),
        taken_at: new Date(clock.now()),
        taken_by: by,
      })
      .execute();
  };
  const publish = async (trx: Trx): Promise<void> => {
    const [root, targets] = [await newest('root', undefined, trx), await newest('targets', undefined, trx)];
    if (!root || !targets || !namesKey(rootOf(root.text))) return;
    const [snapshot, timestamp] = [await newest('snapshot', undefined, trx), await newest('timestamp', undefined, trx)];
    const signed = signOnline({
      root: root.text,
      targets: targets.text,
      ...(snapshot && timestamp ? { previous: { snapshot: snapshot.text, timestamp: timestamp.text } } : {}),
      keyPem: onlineKeyPem,
      nowMs: clock.now(),
    });
    if (signed.snapshot.text !== snapshot?.text) await put(trx, 'snapshot', signed.snapshot.text, 'hub');
    if (signed.timestamp.text !== timestamp?.text) await put(trx, 'timestamp', signed.timestamp.text, 'hub');
    await trx
      .deleteFrom('release_metadata')
      .where('role', '=', 'timestamp')
      .where('version', '<', versionOf(signed.timestamp.text))
      .execute();
  };
  const namesKey = ({ signed }: Metadata<Root>): boolean =>
    ['snapshot', 'timestamp'].every((role) =>
      signed.roles[role]?.keyIDs.some((id) => signed.keys[id]?.keyVal['public'] === onlineKey),
    );
  const checkRoot = async (trx: Trx, text: string) => {
    const current = await newest('root', undefined, trx);
    readRoot(text, current && rootOf(current.text));
  };
  const checkTargets = async (trx: Trx, text: string) => {
    const current = await newest('root', undefined, trx);
    if (!current) throw new ConflictError('There is no root yet: bring root.json first.');
    const last = await newest('targets', undefined, trx);
    const { signed } = readTargets(text, rootOf(current.text));
    if (last && signed.version <= last.version)
      throw new ConflictError(`Targets ${last.version} stand already; this is ${signed.version}.`);
  };
  /** One writer at a time over all hubs: what was checked still stands when it is written. */
  const alone = <T>(run: (trx: Trx) => Promise<T>): Promise<T> =>
    store.transaction(async (trx) => {
      await lockTable(trx);
      return run(trx);
    });

  return {
    /** Takes a root or targets metadata. Throws InvalidInputError for what is not signed as it must be, ConflictError for what is old. */
    take: (actor: Pick<Actor, 'id'>, role: 'root' | 'targets', text: string): Promise<void> =>
      alone(async (trx) => {
        const same = await newest(role, versionOf(text), trx);
        if (same?.text === text) return;
        const check = role === 'root' ? checkRoot : checkTargets;
        await check(trx, text);
        await put(trx, role, text, actor.id);
        await publish(trx);
      }),
    /** Signs anew before the timestamp runs out. */
    renew: async (): Promise<void> => {
      const last = await newest('timestamp');
      if (last && last.expiresAt.getTime() - clock.now() > renewBelowMs) return;
      await alone(publish);
    },
    inForce: async (): Promise<{ readonly hasRoot: boolean; readonly targets: TargetsInForce | undefined }> => {
      const [root, targets] = [await newest('root'), await newest('targets')];
      if (!root) return { hasRoot: false, targets: undefined };
      // A new root may have taken the right from keys that signed before.
      const isSigned = targets && isSignedBy(targets.text, rootOf(root.text));
      return { hasRoot: true, targets: isSigned ? targetsOf(readTargets(targets.text, rootOf(root.text))) : undefined };
    },
    state: async (): Promise<ReleaseTrust> => {
      const [root, targets, timestamp] = [await newest('root'), await newest('targets'), await newest('timestamp')];
      const told = (row: { version: number; expiresAt: Date }) => ({
        version: row.version,
        expiresAt: row.expiresAt.toISOString(),
      });
      return {
        ...(root ? { root: told(root) } : {}),
        ...(targets ? { targets: { ...told(targets), count: countOf(targets.text) } } : {}),
        ...(timestamp ? { timestamp: told(timestamp) } : {}),
        onlineKey: onlineRequest(onlineKeyPem),
        namesOnlineKey: root !== undefined && namesKey(rootOf(root.text)),
      };
    },
    /** A file as agents ask for it: `3.root.json`, `timestamp.json`, `vouched-root.json`. */
    file: async (name: string): Promise<string | undefined> => {
      if (name === 'vouched-root.json') {
        const root = await newest('root');
        return root && vouch(root.text);
      }
      const { version, role } = fileName.exec(name)?.groups ?? {};
      if (role === undefined) return undefined;
      return (await newest(role as Role, version === undefined ? undefined : Number(version)))?.text;
    },
  };
}

async function lockTable(trx: Trx): Promise<void> {
  await sql`lock table release_metadata in share row exclusive mode`.execute(trx);
}

function versionOf(text: string): number {
  try {
    const { signed }: { signed?: { version?: unknown } } = JSON.parse(text);
    return typeof signed?.version === 'number' && Number.isSafeInteger(signed.version) ? signed.version : 0;
  } catch {
    // What cannot be read has no version; the check that follows tells what is wrong with it.
    return 0;
  }
}

function countOf(text: string): number {
  const { signed }: { signed: { targets: Record<string, unknown> } } = JSON.parse(text);
  return Object.keys(signed.targets).length;
}

function isSignedBy(text: string, root: Metadata<Root>): boolean {
  try {
    readTargets(text, root);
    return true;
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return false;
    throw thrown;
  }
}
