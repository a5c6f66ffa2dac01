import { expect, it } from 'vitest';
import { ConfigurationKeeper } from '../../../agent/configuration/keeper.ts';
import type { DriverCommand } from '../../../agent/devices/driver.ts';
import { DeviceError } from '../../../agent/devices/error.ts';
import type { RecordBody } from '../../../protocols/fleet/record.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { desiredDevice } from '../../support/scripted-driver.ts';

function setUp() {
  const clock = createFakeClock();
  const records: RecordBody[] = [];
  const executed: DriverCommand[] = [];
  const device = {
    states: { reachability: { status: 'up' } } as Record<string, Record<string, unknown>>,
    work: async (): Promise<Record<string, unknown>> => ({}),
  };
  const keeper = new ConfigurationKeeper({
    target: (id) =>
      id !== 'board'
        ? undefined
        : {
            execute: async (command, onStart) => {
              onStart();
              executed.push(command);
              return device.work();
            },
            probe: () => {},
            reported: () => device.states,
          },
    sink: (_lane, body) => {
      records.push(body);
      keeper.observe(body);
    },
    clock,
    log: silentLog,
  });
  const report = async (capability: string, state: Record<string, unknown>) => {
    device.states[capability] = state;
    keeper.observe({ kind: 'state', device: 'board', capability, state, at: clock.now() });
    await clock.settle();
  };
  const wish = (value: number, keeping: 'heal' | 'power-on' = 'heal') =>
    keeper.apply([desiredDevice('board', { configuration: { 'volume.level': { value, keeping } } })]);
  const told = () => {
    const states = records.filter((body) => body.kind === 'state');
    return (states.at(-1)?.state as { settings: Record<string, unknown>[] } | undefined)?.settings[0];
  };
  return { clock, keeper, device, executed, records, report, wish, told };
}

it('sets what differs, once it is seen, and tells how it stands', async () => {
  const { clock, keeper, executed, records, report, wish, told } = setUp();
  wish(40);
  await report('volume', { level: 90 });
  expect(executed).toMatchObject([{ capability: 'volume', name: 'set', args: { level: 40 } }]);
  await report('volume', { level: 40 });
  expect(told()).toMatchObject({ key: 'volume.level', standing: 'same', tries: 0 });
  expect(records.filter(({ kind }) => kind === 'event')).toMatchObject([
    { name: 'kept', data: { key: 'volume.level' } },
  ]);
  // A new wish is kept without a new report.
  wish(55);
  await clock.settle();
  expect(executed.at(-1)?.args).toEqual({ level: 55 });
  await keeper[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

it('tells why it could not, tries again later, and stops when the wish is gone', async () => {
  const { clock, keeper, device, executed, report, wish, told } = setUp();
  device.work = async () => {
    throw new DeviceError('busy', 'somebody plays a film');
  };
  wish(40);
  await report('volume', { level: 90 });
  expect(told()).toMatchObject({ standing: 'failed', tries: 1, problem: { code: 'busy' } });
  await clock.advance(10 * 60_000);
  expect(executed.length).toBe(3);
  keeper.apply([desiredDevice('board')]);
  await clock.advance(24 * 3_600_000);
  expect(executed.length).toBe(3);
  await keeper[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

it('does not hold against a new wish that the one before was tried', async () => {
  const { clock, keeper, device, report, wish, told } = setUp();
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  device.work = () => promise;
  wish(40);
  await report('volume', { level: 90 });
  keeper.apply([desiredDevice('board', { configuration: { 'volume.level': { value: 50, keeping: 'report' } } })]);
  resolve({});
  await clock.settle();
  await report('volume', { level: 40 });
  expect(told()).toMatchObject({ standing: 'differs', tries: 0 });
  await keeper[Symbol.asyncDispose]();
});

it('keeps a wish of power-on when the device comes on, not when the agent starts', async () => {
  const { keeper, executed, report, wish } = setUp();
  wish(40, 'power-on');
  await report('power', { state: 'on' });
  await report('volume', { level: 90 });
  expect(executed).toEqual([]);
  await report('power', { state: 'off' });
  await report('power', { state: 'warming' });
  expect(executed).toEqual([]);
  await report('power', { state: 'on' });
  expect(executed).toMatchObject([{ name: 'set', args: { level: 40 } }]);
  await keeper[Symbol.asyncDispose]();
});

it('waits for a device that does not answer', async () => {
  const { keeper, device, executed, report } = setUp();
  device.states['reachability'] = { status: 'unreachable' };
  keeper.apply([desiredDevice('board', { configuration: { 'lock.panel': { value: true, keeping: 'heal' } } })]);
  await report('lock', { panel: false });
  expect(executed).toEqual([]);
  await report('reachability', { status: 'up' });
  expect(executed).toMatchObject([{ capability: 'lock', name: 'set', args: { target: 'panel', locked: true } }]);
  await keeper[Symbol.asyncDispose]();
});
