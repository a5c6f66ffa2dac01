import { openSync, writeSync } from 'node:fs';
import { openDatabase } from '../../agent/uplink/database.ts';
import { Outbox } from '../../agent/uplink/outbox.ts';
import { RecoverableError } from '../../protocols/errors.ts';
import { type Lane, lanes } from '../../protocols/fleet/record.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { recordOf } from './records.ts';

/**
 * A process that does nothing but enqueue, to be killed: `outbox-writer.ts <outbox> <journal> <firstMark> <maxBytes> <acknowledge>`.
 * Each record whose `enqueue` resolved is appended to the journal before the next step. With `acknowledge` it also deletes as it goes.
 */
const [path = '', journal = '', firstMark = '0', maxBytes = '0', acknowledge = 'no'] = process.argv.slice(2);
const database = openDatabase(path);
const outbox = new Outbox({ database, clock: systemClock, limits: { maxBytes: Number(maxBytes), urgentReserve: 0.2 } });
const file = openSync(journal, 'a');
let mark = Number(firstMark);

async function write(worker: number): Promise<never> {
  for (let turn = worker; ; turn++) {
    const lane = lanes[turn % lanes.length] ?? 'state';
    const batch = Array.from({ length: 1 + (turn % 7) }, () => recordOf(lane, mark++, (turn % 5) * 90));
    const range = await outbox.enqueue(lane, batch).catch(onlyFull);
    if (!range) {
      await acknowledgeHalf('urgent');
      continue;
    }
    const { from } = range;
    writeSync(file, batch.map((record, index) => `${lane} ${from + index} ${record.at}\n`).join(''));
    if (acknowledge === 'yes' && turn % 11 === 0) await acknowledgeHalf(lane);
  }
}

/** As a hub that is slow to answer. */
async function acknowledgeHalf(lane: Lane): Promise<void> {
  const { head, next } = outbox.ranges()[lane];
  const through = Math.max(0, Math.floor((head + next) / 2) - 1);
  await outbox.ack({ epoch: outbox.epoch, through: { [lane]: through }, rejected: [] });
}

function onlyFull(error: unknown): undefined {
  if (error instanceof RecoverableError && error.code === 'outbox-full') return undefined;
  throw error;
}

console.log('ready');
await Promise.all([0, 1, 2, 3].map(write));
