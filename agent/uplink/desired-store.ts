import { createPublicKey } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Desired, desiredSchema } from '../../protocols/fleet/messages.ts';
import { openDesired, type SealingIdentity, sealDesired } from '../../provisioning/sealing/credentials.ts';
import type { AgentDatabase } from './database.ts';
import { readSetting } from './database-copy.ts';

/** What is stored, sealed as it is. A document of an older agent that no longer fits counts as none: the hub sends it again. */
export function readStoredDesired(sql: DatabaseSync): Desired | undefined {
  const stored = readSetting(sql, 'desired');
  return stored === undefined ? undefined : desiredSchema.safeParse(JSON.parse(stored)).data;
}

/**
 * The last desired document, so that an agent works on without its hub, also after a restart. On the disk the credentials in
 * it are sealed to the agent's own key; in memory they are open.
 */
export class DesiredStore {
  readonly #database: AgentDatabase;
  readonly #write: StatementSync;
  #identity: SealingIdentity | undefined;
  #current: Desired | undefined;
  #unopened: readonly string[] = [];

  constructor(database: AgentDatabase) {
    this.#database = database;
    this.#write = database.sql.prepare("insert or replace into setting (name, value) values ('desired', ?)");
    this.#current = readStoredDesired(database.sql);
  }

  get current(): Desired | undefined {
    return this.#current;
  }

  /** Devices whose credentials do not open with our key. */
  get unopened(): readonly string[] {
    return this.#unopened;
  }

  /** 0 when there is no document, or none that this identity can open: the hub sends it again then. */
  get generation(): number {
    return this.#unopened.length > 0 ? 0 : (this.#current?.generation ?? 0);
  }

  /** From now on credentials are opened with this key, and stored sealed to it. Throws as the inbox does. */
  unseal(identity: SealingIdentity): void {
    this.#identity = identity;
    const stored = this.#current;
    if (!stored) return;
    if (stored.devices.some(({ credentials }) => credentials)) this.#store(stored);
    this.#open(stored);
  }

  /** Keeps the document if it is newer; tells whether it was. On the disk when it returns; throws as the inbox does. */
  accept(desired: Desired): boolean {
    if (desired.generation <= this.generation) return false;
    this.#store(desired);
    this.#open(desired);
    return true;
  }

  #store(desired: Desired): void {
    const text = JSON.stringify(this.#sealed(desired));
    this.#database.transaction(() => this.#write.run(text));
  }

  /** An older hub does not seal. */
  #sealed(desired: Desired): Desired {
    if (!this.#identity || desired.sealing) return desired;
    return sealDesired(desired, this.#identity.agentId, createPublicKey(this.#identity.keyPem));
  }

  #open(desired: Desired): void {
    const opened = this.#identity ? openDesired(desired, this.#identity) : { desired, unopened: [] };
    this.#current = opened.desired;
    this.#unopened = opened.unopened;
  }
}
