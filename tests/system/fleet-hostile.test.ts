import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadIdentity } from '../../agent/identity.ts';
import { quarantinePage } from '../../protocols/api/quarantine.ts';
import { topicOf } from '../../protocols/fleet/topics.ts';
import { connectWire } from '../bench/mqtt-wire.ts';
import { until } from '../support/api.ts';
import { type LiveSchool, startLiveSchool } from '../support/live-school.ts';

/** Resolves when the peer has ended it, in whatever way. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

describe('strangers at the door of a real hub', () => {
  let live: LiveSchool;
  let broker: { readonly host: string; readonly port: number };

  beforeAll(async () => {
    live = await startLiveSchool({ each: 0 });
    await live.agent.stop();
    const { hostname, port } = new URL(live.address.brokerUrl);
    broker = { host: hostname, port: Number(port) };
  });
  afterAll(() => live?.[Symbol.asyncDispose]());

  /** A person finds the reason on the page of the quarantine, an engineer in the log. */
  const isTold = async (code: string) => {
    await until(`${code} in quarantine`, 20_000, async () => {
      const { rows } = await live.api.get(`/api/v1/quarantine?code=${code}&limit=5`, quarantinePage);
      return rows.length > 0;
    });
    expect(
      live.hub.log.some((line) => line.includes(code)),
      code,
    ).toBe(true);
    expect((await live.api.raw('GET', '/healthz')).status).toBe(200);
  };

  it('says why bytes that are no TLS were refused', async () => {
    const socket = connect(broker);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await closed(socket);
    await isTold('tls-rejected');
  });

  it('says why a peer without a certificate was refused', async () => {
    const socket = connectTls({ ...broker, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    await closed(socket);
    await isTold('tls-rejected');
  });

  it('keeps what an enrolled agent sends and nobody can read', async () => {
    const { agentId, keyPem, certificatePem, chainPems } = await loadIdentity(live.folders.agent);
    const identity = {
      key: keyPem,
      certificate: [certificatePem, ...chainPems].join('\n'),
      authority: chainPems.join('\n'),
    };
    const wire = await connectWire({ ...broker, ...identity, clientId: agentId });
    await wire.publish(topicOf(agentId, 'up/frames'), Buffer.from('{"epoch": [[[[ not json'));
    wire.close();
    await until('the payload in quarantine', 20_000, async () => {
      const { rows } = await live.api.get(`/api/v1/quarantine?agent=${agentId}&limit=5`, quarantinePage);
      return rows.some(({ excerpt }) => excerpt.includes('not json'));
    });
  });

  it('cuts an agent that speaks for another, and tells it', async () => {
    const { agentId, keyPem, certificatePem, chainPems } = await loadIdentity(live.folders.agent);
    const identity = {
      key: keyPem,
      certificate: [certificatePem, ...chainPems].join('\n'),
      authority: chainPems.join('\n'),
    };
    const wire = await connectWire({ ...broker, ...identity, clientId: agentId });
    void wire.publish(topicOf('ag-somebody-else', 'up/frames'), Buffer.from('{}'));
    await isTold('foreign-topic');
    wire.close();
  });
});
