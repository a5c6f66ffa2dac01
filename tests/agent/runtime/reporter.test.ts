import { describe, expect, it } from 'vitest';
import { DeviceReporter } from '../../../agent/runtime/reporter.ts';
import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import { recordSchema } from '../../../protocols/fleet/record.ts';
import { createRuntimeBench } from '../../support/scripted-driver.ts';

function setUp() {
  const { clock, records, ports } = createRuntimeBench();
  const reporter = new DeviceReporter({ device: 'board-7', sink: ports.sink, clock, log: ports.log });
  return { clock, records, reporter };
}

describe('reporter', () => {
  it('tells a state once, until it changes or six hours have passed', async () => {
    const { clock, records, reporter } = setUp();
    reporter.report('power', { state: 'on' });
    reporter.report('power', { state: 'on' });
    reporter.report('power', { state: 'off' });
    await clock.advance(5 * 3_600_000);
    reporter.report('power', { state: 'off' });
    expect(records).toHaveLength(2);
    await clock.advance(3_600_000);
    reporter.report('power', { state: 'off' });
    expect(records.map(({ lane, body }) => [lane, body.kind])).toEqual(Array(3).fill(['state', 'state']));
    for (const { body } of records)
      expect(recordSchema.parse({ ...body, seq: 1 })).toMatchObject({ device: 'board-7' });
  });

  it('drops a sample inside its deadband, and repeats it after five minutes', async () => {
    const { clock, records, reporter } = setUp();
    reporter.sample({ 'host.cpuUsed': 10, 'host.networkIn@eth0': 0 });
    reporter.sample({ 'host.cpuUsed': 11.9, 'host.networkIn@eth0': 9_999 });
    reporter.sample({ 'host.cpuUsed': 12, 'host.networkIn@eth0': 9_999 });
    await clock.advance(299_000);
    reporter.sample({ 'host.cpuUsed': 12, 'host.networkIn@eth0': 1 });
    await clock.advance(1_000);
    reporter.sample({ 'host.cpuUsed': 12, 'host.networkIn@eth0': 1 });
    const values = records.map(({ body }) => (body.kind === 'samples' ? body.values : undefined));
    expect(values).toEqual([
      { 'host.cpuUsed': 10, 'host.networkIn@eth0': 0 },
      { 'host.cpuUsed': 12 },
      { 'host.cpuUsed': 12, 'host.networkIn@eth0': 1 },
    ]);
  });

  it('measures the deadband from what was told, so that a slow drift shows', () => {
    const { records, reporter } = setUp();
    for (const celsius of [20, 20.4, 20.8, 21.2]) reporter.sample({ 'temperature.celsius': celsius });
    expect(records).toHaveLength(2);
  });

  it('drops what the contract does not know, and keeps the rest', () => {
    const { records, reporter } = setUp();
    reporter.report('power', { state: 'melted' } as unknown as CapabilityState<'power'>);
    reporter.sample({ 'power.magic': 1, 'host.load1': Number.NaN, 'lamp.hours': 5, __proto__: 1 });
    reporter.emit({ capability: 'power', name: 'exploded', severity: 'critical', data: {} });
    reporter.emit({ capability: 'power', name: 'changed', severity: 'info', data: { from: 1 } });
    reporter.emit({ capability: 'power', name: 'toString', severity: 'info', data: {} });
    expect(records.map(({ body }) => body.kind === 'samples' && body.values)).toEqual([{ 'lamp.hours': 5 }]);
  });

  it('sends critical events in the lane that is never shed', () => {
    const { records, reporter } = setUp();
    reporter.emit({ capability: 'lamp', name: 'fault', severity: 'critical', data: { part: 'fan', level: 'error' } });
    reporter.emit({ capability: 'lamp', name: 'fault', severity: 'info', data: { part: 'fan', level: 'ok' } });
    expect(records.map(({ lane }) => lane)).toEqual(['urgent', 'state']);
  });

  it('describes once, and offers a new look at every device', () => {
    const { records, reporter } = setUp();
    const descriptor = { family: 'scripted', model: '1.10', capabilities: { power: { commands: ['on'] } } };
    reporter.describe(descriptor);
    reporter.describe({ ...descriptor });
    reporter.describe({ ...descriptor, firmware: '2' });
    expect(records.map(({ body }) => body.kind)).toEqual(['inventory', 'inventory']);
    expect(records[0]?.body).toMatchObject({
      descriptor: {
        model: '1.10',
        capabilities: { power: { commands: ['on'] }, reachability: { commands: ['probe'] } },
      },
    });
  });

  it('is silent once it is closed', () => {
    const { records, reporter } = setUp();
    reporter.close();
    reporter.report('power', { state: 'on' });
    expect(records).toEqual([]);
  });
});
