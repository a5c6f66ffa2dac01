import { describe, expect, it } from 'vitest';
import type { Network, TcpConnection } from '../../../agent/platform/network.ts';
import { measureLatency } from '../../../agent/runtime/latency.ts';
import { createFakeClock } from '../../support/clock.ts';

describe('latency', () => {
  it('is that of the quickest exchange since it was last taken, and none after a failure', async () => {
    const clock = createFakeClock();
    const connection = {} as TcpConnection;
    let delayMs = 30;
    const network: Network = {
      tcp: {
        connect: async () => {
          await clock.wait(delayMs);
          return connection;
        },
      },
      http: {
        request: async () => {
          await clock.wait(5);
          throw new Error('lost');
        },
      },
      udp: { open: () => Promise.reject(new Error('no')) },
      websocket: { connect: () => Promise.reject(new Error('no')) },
    };
    const measured = measureLatency(network, clock);
    expect(measured.takeLatencyMs()).toBeUndefined();
    for (delayMs of [30, 12, 50]) {
      const connecting = measured.tcp.connect({ host: 'h', port: 1 }, { timeoutMs: 100 });
      await clock.advance(delayMs);
      expect(await connecting).toBe(connection);
    }
    expect(measured.takeLatencyMs()).toBe(12);
    const failing = measured.http.request({ method: 'GET', url: 'u', timeoutMs: 1, maxBytes: 1 }).catch(() => 'failed');
    await clock.advance(5);
    expect([await failing, measured.takeLatencyMs()]).toEqual(['failed', undefined]);
  });
});
