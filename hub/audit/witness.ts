import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { type Witness, witnessText } from '../../protocols/fleet/witness.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';

/** Why a witness and the log cannot both be right. */
export interface Contradiction {
  readonly witness: Witness;
  /** `missing`: the log has no such entry any more. `different`: it has another one in its place. */
  readonly why: 'missing' | 'different';
}

/** Heads of the audit log in the hands of others. */
export interface Witnesses {
  /** The head of now, signed; up to 30 s old. Undefined while the log is empty. */
  current(): Promise<Witness | undefined>;
  /** The first of these that the log contradicts. What this hub has not signed is no witness and is left out. */
  contradiction(witnesses: readonly Witness[]): Promise<Contradiction | undefined>;
}

const freshMs = 30_000;

/** A new key for signing heads, PKCS#8 PEM. */
export function createWitnessKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Throws what node:crypto throws when `keyPem` is no Ed25519 key. */
export function createWitnesses(store: Store, clock: Clock, keyPem: string): Witnesses {
  const privateKey = createPrivateKey(keyPem);
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const key = createHash('sha256').update(spki).digest('hex').slice(0, 16);
  let held: { readonly witness: Witness; readonly mono: number } | undefined;

  return {
    current: async () => {
      if (held && clock.mono() - held.mono < freshMs) return held.witness;
      const row = await store.db
        .selectFrom('audit_entry')
        .select(['seq', 'hash'])
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (!row) return undefined;
      const head = { seq: row.seq, head: row.hash, at: Math.round(clock.now()) };
      const signature = sign(null, Buffer.from(witnessText(head)), privateKey).toString('base64');
      held = { witness: { ...head, key, signature }, mono: clock.mono() };
      return held.witness;
    },
    contradiction: async (witnesses) => {
      const ours = witnesses.filter(
        (witness) =>
          witness.key === key &&
          verify(null, Buffer.from(witnessText(witness)), publicKey, Buffer.from(witness.signature, 'base64')),
      );
      if (ours.length === 0) return undefined;
      const rows = await store.db
        .selectFrom('audit_entry')
        .select(['seq', 'hash'])
        .where(
          'seq',
          'in',
          ours.map(({ seq }) => seq),
        )
        .execute();
      const hashes = new Map(rows.map(({ seq, hash }) => [seq, hash]));
      const witness = ours.find(({ seq, head }) => hashes.get(seq) !== head);
      return witness && { witness, why: hashes.has(witness.seq) ? 'different' : 'missing' };
    },
  };
}
