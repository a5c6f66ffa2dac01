import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../../../agent/capture/recorder.ts';
import { sizeOf, type WireEvent } from '../../../agent/probe/wire-event.ts';

const opening = (connection: number): WireEvent => ({
  kind: 'opening',
  connection,
  atMs: 0,
  port: 'tcp',
  target: { host: '127.0.0.1', port: 1 },
  isSecure: false,
});
const frame = (connection: number, atMs: number, size: number): WireEvent => ({
  kind: 'in',
  connection,
  atMs,
  content: { kind: 'bytes', bytes: new Uint8Array(size).fill(atMs) },
});

describe('the recorder', () => {
  it('never holds more than its bounds, drops the oldest and counts them', () => {
    const limits = { connectionBytes: 1_000, totalBytes: 2_500, connections: 5 };
    const happening = fc.record({ connection: fc.integer({ min: 1, max: 8 }), size: fc.nat(1_200) });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 120 }), (happenings) => {
        const recorder = new Recorder(limits);
        const seen = new Set<number>();
        const given = new Map<number, number>();
        for (const [at, { connection, size }] of happenings.entries()) {
          if (!seen.has(connection)) recorder.listen(opening(connection));
          seen.add(connection);
          recorder.listen(frame(connection, at, size));
          given.set(connection, (given.get(connection) ?? 0) + 1);
        }
        const costs = recorder.connections.map(({ frames }) =>
          frames.reduce((total, { content }) => total + sizeOf(content) + 64, 0),
        );
        expect(Math.max(0, ...costs)).toBeLessThanOrEqual(limits.connectionBytes);
        expect(costs.reduce((total, cost) => total + cost, 0)).toBeLessThanOrEqual(limits.totalBytes);
        expect(recorder.connections.length + recorder.lostConnections).toBe(seen.size);
        for (const { id, frames, dropped } of recorder.connections) {
          expect(frames.length + dropped).toBe(given.get(id));
          expect(frames.map(({ atMs }) => atMs)).toEqual(frames.map(({ atMs }) => atMs).sort((a, b) => a - b));
        }
      }),
    );
  });

  it('keeps no picture', () => {
    const recorder = new Recorder();
    recorder.listen({ ...opening(1), port: 'http' } as WireEvent);
    const content = {
      kind: 'response' as const,
      status: 200,
      headers: { 'content-type': ['image/jpeg'] },
      body: new Uint8Array([0xff, 0xd8]),
    };
    recorder.listen({ kind: 'in', connection: 1, atMs: 1, content });
    expect(recorder.connections[0]?.frames[0]?.content).toEqual({ ...content, body: new Uint8Array() });
  });
});
