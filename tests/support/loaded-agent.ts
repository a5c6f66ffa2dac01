import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { loadIdentity } from '../../agent/identity.ts';
import { openDatabase } from '../../agent/uplink/database.ts';
import { DesiredStore } from '../../agent/uplink/desired-store.ts';
import { Inbox } from '../../agent/uplink/inbox.ts';
import { connectToHub } from '../../agent/uplink/mqtt-connection.ts';
import { Outbox } from '../../agent/uplink/outbox.ts';
import { Uplink } from '../../agent/uplink/uplink.ts';
import { WitnessStore } from '../../agent/uplink/witness-store.ts';
import type { RecordBody } from '../../protocols/fleet/record.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { type LoadOptions, laneOf, loadRecord } from './load.ts';

/**
 * An agent to be killed: the real outbox and the real session of an enrolled machine, and a load in place of devices.
 * Each record whose `enqueue` resolved is appended to the journal as `lane seq mark`. After SIGTERM it makes no more,
 * sends what is left and ends with its accounts as one line of JSON.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const { dataDir, journal, firstMark, urgentEvery, pauseMs } = options;

const identity = await loadIdentity(dataDir);
const database = openDatabase(join(dataDir, 'outbox.db'));
const outbox = new Outbox({ database, clock: systemClock });
const uplink = new Uplink({
  agentId: identity.agentId,
  url: identity.hub.mqttUrl,
  identity: () => ({ key: identity.keyPem, certificate: identity.certificatePem, authorities: identity.chainPems }),
  connect: connectToHub,
  outbox,
  inbox: new Inbox(database),
  desired: new DesiredStore(database),
  witnesses: new WitnessStore(database),
  facts: { version: '0', bootId: `boot-${process.pid}`, platform: 'test', startedAt: Date.now(), families: [] },
  load: () => ({
    load: { rssBytes: process.memoryUsage.rss(), cpuPercent: 0, loopDelayP99Ms: 0 },
    devices: { total: 1, up: 1 },
  }),
  onDesired: () => {},
  // Each command is done at once: what matters here is how long its result is on the way.
  onCancellations: () => {},
  onCommands: (commands) => {
    const done = commands.map(
      ({ id }): RecordBody => ({ kind: 'result', at: Date.now(), command: id, state: 'succeeded' }),
    );
    outbox.enqueue('urgent', done).catch((error: unknown) => console.error(error));
  },
  clock: systemClock,
  log: silentLog,
  // The shortest wait each time: how an agent spreads its returns is not the question here.
  random: () => 0,
  returnSpreadMs: 1_000,
});
const file = openSync(journal, 'a');
let mark = firstMark;
let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
});

async function write(worker: number): Promise<void> {
  for (let turn = worker; !stopping; turn++) {
    const lane = laneOf(turn, urgentEvery);
    const marks = Array.from({ length: 1 + (turn % 7) }, () => mark++);
    const { from } = await outbox.enqueue(
      lane,
      marks.map((own) => loadRecord(lane, own, options)),
    );
    writeSync(file, marks.map((own, index) => `${lane} ${from + index} ${own}\n`).join(''));
    await systemClock.wait(pauseMs);
  }
}

uplink.start();
console.log('ready');
await Promise.all([0, 1, 2, 3].map(write));
while (Object.values(outbox.accounts()).some(({ pending }) => pending > 0)) await systemClock.wait(100);
console.log(JSON.stringify({ epoch: outbox.epoch, accounts: outbox.accounts() }));
await uplink[Symbol.asyncDispose]();
outbox[Symbol.dispose]();
