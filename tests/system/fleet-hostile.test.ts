import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadIdentity } from '../../agent/identity.ts';
import { agentsPage } from '../../protocols/api/agents.ts';
import { type QuarantineRow, quarantinePage } from '../../protocols/api/quarantine.ts';
import { topicOf } from '../../protocols/fleet/topics.ts';
import { openAuthority } from '../../provisioning/authority/index.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { connectWire } from '../bench/mqtt-wire.ts';
import { until } from '../support/api.ts';
import { issueKeys } from '../support/hub-broker.ts';
import { type LiveSchool, startLiveSchool } from '../support/live-school.ts';

/** Resolves when the peer has ended it, in whatever way. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    socket.once('close', () => resolve());
  });
}

function residentMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/** What the broker itself refuses is tested one by one in `hostile-mqtt.test.ts`; here a person must learn of it. */
describe('strangers at the door of a real hub', () => {
  let live: LiveSchool;
  let broker: { readonly host: string; readonly port: number };
  /** Of the true agent, which an attacker has stolen. */
  let stolen: { readonly key: string; readonly certificate: string; readonly authority: string };
  let agentId: string;

  beforeAll(async () => {
    live = await startLiveSchool({ each: 0 });
    await live.agent.stop();
    const { hostname, port } = new URL(live.address.brokerUrl);
    broker = { host: hostname, port: Number(port) };
    const identity = await loadIdentity(live.folders.agent);
    const authority = identity.chainPems.join('\n');
    stolen = { key: identity.keyPem, certificate: `${identity.certificatePem}\n${authority}`, authority };
    agentId = identity.agentId;
  });
  afterAll(() => live?.[Symbol.asyncDispose]());

  const kept = async (code: string) =>
    (await live.api.get(`/api/v1/quarantine?code=${code}&limit=100`, quarantinePage)).rows;
  const logged = (code: string) => live.hub.log.filter((line) => line.includes(`"${code}"`)).length;

  /** Does it, and waits until a person finds the reason on the page of the quarantine, and an engineer in the log. */
  const told = async (code: string, attack: () => Promise<unknown>): Promise<QuarantineRow> => {
    const before = { kept: new Set((await kept(code)).map(({ id }) => id)), logged: logged(code) };
    await attack();
    const row = await until(`${code} in quarantine`, 20_000, async () =>
      (await kept(code)).find(({ id }) => !before.kept.has(id)),
    );
    await until(`${code} in the log`, 5_000, async () => logged(code) > before.logged);
    expect((await live.api.raw('GET', '/healthz')).status).toBe(200);
    return row;
  };
  const dial = (more: { readonly cert?: string; readonly key?: string }): Promise<TLSSocket> =>
    new Promise((resolve) => {
      const socket = connectTls({ ...broker, servername: 'localhost', ca: stolen.authority, ...more });
      socket.on('error', () => resolve(socket));
      socket.once('secureConnect', () => resolve(socket));
    });

  it('says why bytes that are no TLS were refused', async () => {
    const row = await told('tls-rejected', () => {
      const socket = connect(broker);
      socket.write('GET / HTTP/1.1\r\n\r\n');
      return closed(socket);
    });
    expect(row.message).toContain('127.0.0.1');
  });

  it('says why a peer without a certificate was refused', async () => {
    await told('tls-rejected', async () => closed(await dial({})));
  });

  it('says why a forged certificate in the name of an agent was refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edufleet-forger-'));
    const forged = await issueKeys(await openAuthority({ folder, clock: systemClock }), agentId);
    const row = await told('tls-rejected', async () =>
      closed(await dial({ cert: forged.certificatePem, key: forged.keyPem })),
    );
    expect(row.message).toMatch(/certificate was refused/);
    await rm(folder, { recursive: true });
  });

  it('says that a packet of 256 MB was announced, and takes none of it', async () => {
    const before = residentMebibytes(live.hub.pid);
    const row = await told('oversize-packet', async () => {
      const socket = await dial({ cert: stolen.certificate, key: stolen.key });
      socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
      const chunk = Buffer.alloc(1024 * 1024);
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pump);
      pump();
      await closed(socket);
    });
    expect(row.agent).toBe(agentId);
    expect(residentMebibytes(live.hub.pid) - before).toBeLessThan(128);
  });

  it('keeps what an enrolled agent sends and nobody can read', async () => {
    const wire = await connectWire({ ...broker, ...stolen, clientId: agentId });
    const row = await told('unreadable-frame', () =>
      wire.publish(topicOf(agentId, 'up/frames'), Buffer.from('{"epoch": [[[[ not json')),
    );
    wire.close();
    expect(row).toMatchObject({ agent: agentId, excerpt: expect.stringContaining('not json') });
  });

  it('serves the true agent after all of it', async () => {
    const startedAt = Date.now();
    live.startAgentAgain();
    await until('the agent is connected', 60_000, async () => {
      const [agent] = (await live.api.get('/api/v1/agents', agentsPage)).rows;
      return (
        agent?.connectedAt !== undefined && Date.parse(agent.connectedAt) > startedAt && agent.health.state === 'ok'
      );
    });
    await live.agent.stop();
  });

  // The last one: who breaks the contract stays out for a while.
  it('cuts an agent that speaks for another, and tells it', async () => {
    const wire = await connectWire({ ...broker, ...stolen, clientId: agentId });
    const row = await told('foreign-topic', async () => {
      void wire.publish(topicOf('ag-somebody-else', 'up/frames'), Buffer.from('{}'));
    });
    wire.close();
    expect(row).toMatchObject({ agent: agentId, message: expect.stringContaining('ag-somebody-else') });
  });
});
