import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../agent/uplink/database.ts';
import { Outbox } from '../../agent/uplink/outbox.ts';
import type { RecordBody } from '../../protocols/fleet/record.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createScriptedDriver, desiredDevice } from '../support/scripted-driver.ts';
import { startSlowProxy } from '../support/slow-proxy.ts';
import { startStandInHub } from '../support/stand-in-hub.ts';
import { enrolIntoFolder, startTestAgent, until } from '../support/test-agent.ts';

const backlog = 100_000;

/** Values as a machine has them: no two alike, so that they pack as badly as real ones. */
function sample(n: number): RecordBody {
  const value = () => Math.round(Math.random() * 10_000) / 100;
  return {
    kind: 'samples',
    at: 1_772_409_600_000 + n * 1_000,
    mono: n * 1_000,
    device: `d${n % 40}`,
    values: { 'host.cpuUsed': value(), 'host.memoryUsed': value(), 'host.load1': value() },
  };
}

describe('an agent with a long backlog behind a slow line', () => {
  it(`answers commands within 2 s while it drains ${backlog} records over 1 Mbit/s and 50 ms`, async () => {
    await using hub = await startStandInHub();
    const port = Number(new URL(hub.mqttUrl).port);
    await using proxy = await startSlowProxy(port, { delayMs: 25, bytesPerSecond: 125_000 });
    using data = await enrolIntoFolder(hub, `mqtts://127.0.0.1:${proxy.port}`);
    {
      using database = openDatabase(join(data.path, 'outbox.db'));
      using outbox = new Outbox({ database, clock: systemClock });
      for (let n = 0; n < backlog; n += 1_000) {
        await outbox.enqueue(
          'samples',
          Array.from({ length: 1_000 }, (_, index) => sample(n + index)),
        );
      }
    }
    const script = createScriptedDriver();
    await using _agent = await startTestAgent(data.path, [script.driver]);
    const ledger = hub.ledger('agent-1');
    await until('the agent is connected', () => ledger.hellos.length === 1);
    await hub.send('agent-1', 'down/desired', {
      generation: 1,
      issuedAt: 1,
      devices: [desiredDevice('d1')],
      refused: [],
    });
    await until('the device runs', () => script.polls > 0);

    const latencies: number[] = [];
    const startedAt = performance.now();
    while (ledger.through.samples < backlog) {
      const id = `c${latencies.length}`;
      const sentAt = performance.now();
      const stored = () =>
        ledger.stored.urgent.some(
          (record) => record.kind === 'result' && record.command === id && record.state === 'succeeded',
        );
      await hub.send('agent-1', 'down/commands', {
        commands: [{ id, device: 'd1', capability: 'power', name: 'on', args: {}, notAfter: 9e12, issuedAt: 1 }],
      });
      await until(`the result of ${id}`, stored);
      latencies.push(performance.now() - sentAt);
      await systemClock.wait(100);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    latencies.sort((a, b) => a - b);
    const at = (part: number) =>
      Math.round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0);
    console.log(
      `drained in ${seconds.toFixed(1)} s; ${latencies.length} commands, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
    );
    expect(latencies.length).toBeGreaterThan(10);
    expect(at(0.99)).toBeLessThan(2_000);
    expect(ledger.stored.samples).toHaveLength(backlog);
  });
});
