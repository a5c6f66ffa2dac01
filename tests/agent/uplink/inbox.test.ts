import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentDatabase, openDatabase } from '../../../agent/uplink/database.ts';
import { DesiredStore } from '../../../agent/uplink/desired-store.ts';
import { Inbox } from '../../../agent/uplink/inbox.ts';
import type { Command, Desired } from '../../../protocols/fleet/messages.ts';
import { newKeyPem } from '../../../provisioning/enrolment/key-pair.ts';
import { sealDesired } from '../../../provisioning/sealing/credentials.ts';

let folder: string;
let database: AgentDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inbox-'));
  database = openDatabase(join(folder, 'outbox.db'));
});
afterEach(() => {
  database[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** As after a restart. */
function reopened(): Inbox {
  database[Symbol.dispose]();
  database = openDatabase(join(folder, 'outbox.db'));
  return new Inbox(database);
}

function command(id: string): Command {
  return { id, device: 'd1', capability: 'power', name: 'on', args: {}, notAfter: 10, issuedAt: 1 };
}

describe('the command inbox', () => {
  it('keeps what arrived until it is begun, over a restart, in order', () => {
    new Inbox(database).receive([command('b'), command('a'), command('c')]);
    const inbox = reopened();
    inbox.begin('a', { idempotent: true, atMs: 5 });
    inbox.finish('c', { state: 'expired' });
    expect(inbox.waiting()).toEqual([command('b')]);
    expect(inbox.seen('b')).toBeUndefined();
    expect(inbox.seen('never')).toBeUndefined();
    expect(reopened().waiting()).toEqual([command('b')]);
  });

  it('tells what was running when the agent died', () => {
    const inbox = new Inbox(database);
    inbox.receive([command('a'), command('b')]);
    inbox.begin('a', { idempotent: false, atMs: 5 });
    inbox.begin('b', { idempotent: true, atMs: 6 });
    inbox.finish('b', { state: 'succeeded', output: { on: true } });
    const after = reopened();
    expect(after.unfinished()).toEqual([{ id: 'a', idempotent: false }]);
    expect(after.seen('b')).toEqual({
      id: 'b',
      idempotent: true,
      result: { state: 'succeeded', output: { on: true } },
    });
  });

  it('does not open a finished command again when it is repeated', () => {
    const inbox = new Inbox(database);
    inbox.receive([command('a')]);
    inbox.finish('a', { state: 'failed', problem: { code: 'x', message: 'y', retryable: false } });
    inbox.receive([command('a')]);
    expect(inbox.waiting()).toEqual([]);
    expect(inbox.seen('a')?.result?.state).toBe('failed');
  });

  it('forgets the oldest finished commands beyond 20,000, and none that is open', () => {
    const inbox = new Inbox(database);
    inbox.receive([command('open')]);
    database.transaction(() => {
      const insert = database.sql.prepare('insert into command (id, result) values (?, ?)');
      for (let n = 0; n < 20_001; n++) insert.run(`old-${n}`, '{"state":"succeeded"}');
    });
    inbox.receive([command('new')]);
    expect(inbox.seen('old-0')).toBeUndefined();
    expect(inbox.seen('old-1')).toBeDefined();
    expect(inbox.waiting().map(({ id }) => id)).toEqual(['open', 'new']);
  });

  it('agrees with a map after any sequence of calls and restarts', () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const call = fc.tuple(fc.constantFrom('receive', 'begin', 'finish', 'restart'), id, fc.boolean());
    fc.assert(
      fc.property(fc.array(call, { maxLength: 25 }), (calls) => {
        database.sql.exec('delete from command');
        let inbox = new Inbox(database);
        const model = new Map<string, { begun: boolean; idempotent: boolean; finished: boolean }>();
        for (const [what, key, idempotent] of calls) {
          const entry = model.get(key) ?? { begun: false, idempotent: false, finished: false };
          if (what === 'restart') inbox = new Inbox(database);
          if (what === 'receive') inbox.receive([command(key)]);
          if (what === 'begin') {
            inbox.begin(key, { idempotent, atMs: 1 });
            Object.assign(entry, { begun: true, idempotent, finished: false });
          }
          if (what === 'finish') {
            inbox.finish(key, { state: 'succeeded' });
            entry.finished = true;
          }
          if (what !== 'restart') model.set(key, entry);
          for (const [known, { begun, finished, idempotent: wanted }] of model) {
            const seen = inbox.seen(known);
            expect(seen !== undefined).toBe(begun || finished);
            if (seen)
              expect(seen).toEqual({
                id: known,
                idempotent: wanted,
                ...(finished ? { result: { state: 'succeeded' } } : {}),
              });
          }
          const unfinished = [...model].filter(([, state]) => state.begun && !state.finished).map(([known]) => known);
          expect(
            inbox
              .unfinished()
              .map((entryOf) => entryOf.id)
              .sort(),
          ).toEqual(unfinished.sort());
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the store of the desired document', () => {
  const document = (generation: number): Desired => ({
    generation,
    issuedAt: 1,
    devices: [],
    refused: [`${generation}`],
  });

  it('takes a higher generation alone, and has it after a restart', () => {
    const store = new DesiredStore(database);
    expect(store.generation).toBe(0);
    expect(store.accept(document(4))).toBe(true);
    expect(store.accept(document(4))).toBe(false);
    expect(store.accept(document(3))).toBe(false);
    reopened();
    const later = new DesiredStore(database);
    expect(later.current).toEqual(document(4));
    expect(later.accept(document(5))).toBe(true);
  });

  it('has credentials sealed on the disk and open in memory, however they came', () => {
    const credentials = { username: 'admin', password: 'mật-khẩu-cổng' };
    const device = { id: 'device-1', family: 'some', name: 'Cổng', settings: {}, credentials };
    const plain = { ...document(4), devices: [device] };
    const identity = { agentId: 'agent-1', keyPem: newKeyPem() };
    const onDisk = () =>
      String(database.sql.prepare("select value from setting where name = 'desired'").get()?.['value']);
    // As an older agent left it.
    expect(new DesiredStore(database).accept(plain)).toBe(true);
    expect(onDisk()).toContain(credentials.password);
    const store = new DesiredStore(database);
    store.unseal(identity);
    expect(onDisk()).not.toContain(credentials.password);
    expect(store.current).toEqual(plain);
    const sealed = sealDesired({ ...plain, generation: 5 }, identity.agentId, createPublicKey(identity.keyPem));
    for (const desired of [sealed, { ...plain, generation: 6 }]) {
      expect(store.accept(desired)).toBe(true);
      expect(store.current?.devices).toEqual([device]);
      expect(onDisk()).not.toContain(credentials.password);
    }
    reopened();
    const later = new DesiredStore(database);
    later.unseal(identity);
    expect([later.generation, later.current?.devices]).toEqual([6, [device]]);
  });

  it('asks for its document again when it has another key', () => {
    const device = { id: 'device-1', family: 'some', name: 'Cổng', settings: {}, credentials: { password: 'x' } };
    const first = new DesiredStore(database);
    first.unseal({ agentId: 'agent-1', keyPem: newKeyPem() });
    first.accept({ ...document(4), devices: [device] });
    const store = new DesiredStore(database);
    const identity = { agentId: 'agent-1', keyPem: newKeyPem() };
    store.unseal(identity);
    expect([store.generation, store.unopened]).toEqual([0, ['device-1']]);
    expect(store.current?.devices.map(({ id }) => id)).toEqual(['device-1']);
    const again = sealDesired({ ...document(4), devices: [device] }, 'agent-1', createPublicKey(identity.keyPem));
    expect(store.accept(again)).toBe(true);
    expect([store.generation, store.current?.devices]).toEqual([4, [device]]);
  });

  it('treats a document that it cannot read as none', () => {
    database.sql.exec(`insert into setting (name, value) values ('desired', '{"generation":0}')`);
    expect(new DesiredStore(database).generation).toBe(0);
  });
});
