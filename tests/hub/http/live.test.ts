import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBus } from '../../../hub/events/bus.ts';
import { hears, type LiveReader, LiveStreams } from '../../../hub/http/live.ts';
import { type LiveEvent, liveEventSchema } from '../../../protocols/api/live.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { startTestServer, type TestServer, units } from './fake-features.ts';

const at = '2026-03-02T00:00:00.000Z';
const changed = (device: string): LiveEvent => ({ type: 'device-changed', device });
const samples = (device: string): LiveEvent => ({ type: 'device-samples', device, at, values: { 'lamp.hours': 1 } });

describe('what a reader hears', () => {
  const reader: LiveReader = { scope: { paths: [units.own] }, seesQuarantine: false, device: 'own-device' };
  const heard = (event: LiveEvent, unitPath: string | undefined, who = reader) => hears(who, { event, unitPath });

  it('is what lies in the scope', () => {
    expect(heard(changed('own-device'), '/1/2/')).toBe(true);
    expect(heard(changed('room-device'), '/1/2/9/')).toBe(true);
    expect(heard(changed('foreign-device'), '/1/3/')).toBe(false);
    expect(heard(changed('root-device'), '/1/')).toBe(false);
    expect(heard(changed('x'), '/1/22/')).toBe(false);
    expect(heard(changed('x'), '/1/2/', { ...reader, scope: { paths: [] } })).toBe(false);
  });

  it('holds samples, states, events and commands of the device that was asked for, and of no other', () => {
    for (const event of [
      samples('own-device'),
      { type: 'device-state', device: 'own-device', capability: 'power', at, state: {} },
      { type: 'device-event', device: 'own-device', name: 'x', severity: 'info', at },
      { type: 'command-changed', command: 'c', device: 'own-device' },
    ] as const) {
      expect(heard(event, '/1/2/')).toBe(true);
      expect(heard({ ...event, device: 'other-device' } as LiveEvent, '/1/2/')).toBe(false);
      expect(heard(event, '/1/2/', { ...reader, device: undefined })).toBe(false);
    }
  });

  it('names nothing of no place to whoever does not see the province', () => {
    const root = { ...reader, scope: { paths: [units.root] } };
    expect(heard({ type: 'causes-changed' }, undefined)).toBe(true);
    expect(heard(changed('x'), undefined)).toBe(false);
    expect(heard(changed('x'), undefined, root)).toBe(true);
    expect(heard({ type: 'quarantine-changed' }, undefined)).toBe(false);
    expect(heard({ type: 'quarantine-changed' }, undefined, { ...reader, seesQuarantine: true })).toBe(true);
  });
});

describe('live streams', () => {
  const open = (streams: LiveStreams, reader: () => Promise<LiveReader | undefined>, personId = 'an') =>
    streams.open({ personId, reader });
  const everything: LiveReader = { scope: { paths: ['/1/'] }, seesQuarantine: true, device: undefined };

  it('cuts a reader off who falls behind, and keeps nothing of them', async () => {
    const bus = createBus(silentLog);
    const clock = createFakeClock();
    const streams = new LiveStreams(bus, clock);
    const stream = await open(streams, async () => everything);
    expect([streams.count, bus.listeners]).toEqual([1, 1]);
    const closed = once(stream, 'close');
    for (let i = 0; i < 6_000; i++) bus.publish(changed(`device-${i}`), '/1/2/');
    await closed;
    await clock.settle();
    expect([streams.count, bus.listeners, clock.pending]).toEqual([0, 0, 0]);
  });

  it('ends when the session does, at the next beat', async () => {
    const clock = createFakeClock();
    const streams = new LiveStreams(createBus(silentLog), clock);
    let reader: LiveReader | undefined = everything;
    const stream = await open(streams, async () => reader);
    const ended = once(stream.resume(), 'end');
    await clock.advance(15_000);
    expect(streams.count).toBe(1);
    reader = undefined;
    await clock.advance(15_000);
    await ended;
    await clock.settle();
    expect([streams.count, clock.pending]).toEqual([0, 0]);
  });

  it('lets one person open twelve and no more', async () => {
    const streams = new LiveStreams(createBus(silentLog), createFakeClock());
    for (let i = 0; i < 12; i++) await open(streams, async () => everything);
    await expect(open(streams, async () => everything)).rejects.toMatchObject({ code: 'too-many-streams' });
    await open(streams, async () => everything, 'binh');
    streams.endAll();
  });
});

describe('GET /api/v1/live', () => {
  let started: TestServer;
  let port: number;
  beforeAll(async () => {
    started = await startTestServer();
    ({ port } = await started.server.listen({ host: '127.0.0.1', port: 0 }));
  });
  afterAll(() => started[Symbol.asyncDispose]());

  /** A connection whose text grows as it comes. */
  const connect = async (query = '') => {
    const asked = request({ port, path: `/api/v1/live${query}`, headers: { authorization: 'Bearer operator' } }).end();
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    response.on('error', () => {});
    const until = async (part: string) => {
      while (!text.includes(part)) await once(response, 'data', { signal: AbortSignal.timeout(5_000) });
      return text;
    };
    return { asked, response, until, textNow: () => text };
  };

  it('sends what changes in the scope, as events of the contract', async () => {
    const { response, until, asked } = await connect('?device=own-device');
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    await until('"hello"');
    started.features.bus.publish(changed('foreign-device'), units.foreign);
    started.features.bus.publish(samples('own-device'), units.own);
    started.features.bus.publish(samples('own-other-device'), units.own);
    started.features.bus.publish(changed('last-device'), units.own);
    const text = await until('last-device');
    expect(text).not.toContain('foreign');
    expect(text).not.toContain('own-other');
    const events = [...text.matchAll(/^data: (.*)$/gm)].map((match) =>
      liveEventSchema.parse(JSON.parse(match[1] ?? '')),
    );
    expect(events.map(({ type }) => type)).toEqual(['hello', 'device-samples', 'device-changed']);
    asked.destroy();
    await expect.poll(() => started.features.bus.listeners).toBe(0);
  });

  it('beats every 15 s', async () => {
    const { until, textNow, asked } = await connect();
    await until('"hello"');
    expect(textNow()).not.toContain('\n: \n');
    await started.clock.advance(15_000);
    await until('\n: \n');
    asked.destroy();
    await expect.poll(() => started.features.bus.listeners).toBe(0);
  });

  it('ends with the server, which does not wait for its readers', async () => {
    const other = await startTestServer();
    const address = await other.server.listen({ host: '127.0.0.1', port: 0 });
    const asked = request({
      port: address.port,
      path: '/api/v1/live',
      headers: { authorization: 'Bearer operator' },
    }).end();
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    const closed = new Promise((resolve) => response.on('error', () => {}).once('close', resolve));
    response.resume();
    await other[Symbol.asyncDispose]();
    await closed;
    expect([other.features.bus.listeners, other.clock.pending]).toEqual([0, 0]);
  });
});
