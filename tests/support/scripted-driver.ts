import { z } from 'zod';
import {
  type Driver,
  type DriverCommand,
  type DriverContext,
  type DriverSession,
  defineDriver,
} from '../../agent/devices/driver.ts';
import type { RunnerPorts } from '../../agent/runtime/device-runner.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Lane, RecordBody } from '../../protocols/fleet/record.ts';
import { silentLog } from '../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from './clock.ts';

/** A driver without a device: a test says what each step does, and sees what happened. */
export interface ScriptedDriver {
  readonly driver: Driver;
  readonly contexts: DriverContext[];
  readonly executed: DriverCommand[];
  connects: number;
  polls: number;
  closes: number;
  pollIntervalMs: number;
  onConnect: (context: DriverContext) => Promise<void>;
  onPoll: (signal: AbortSignal, context: DriverContext) => Promise<void>;
  onExecute: (command: DriverCommand, signal: AbortSignal) => Promise<Readonly<Record<string, unknown>>>;
  onClose: () => Promise<void>;
}

export function createScriptedDriver(family = 'scripted'): ScriptedDriver {
  const script: ScriptedDriver = {
    driver: defineDriver({
      family,
      label: { vi: 'Thử', en: 'Test' },
      settings: z.strictObject({ speed: z.int().optional() }),
      defaultPort: undefined,
      capabilities: ['identity', 'power'],
      connect: async (context) => {
        script.connects++;
        script.contexts.push(context);
        await script.onConnect(context);
        return sessionOf(script, context);
      },
    }),
    contexts: [],
    executed: [],
    connects: 0,
    polls: 0,
    closes: 0,
    pollIntervalMs: 30_000,
    onConnect: async () => {},
    onPoll: async () => {},
    onExecute: async () => ({}),
    onClose: async () => {},
  };
  return script;
}

function sessionOf(script: ScriptedDriver, context: DriverContext): DriverSession {
  return {
    pollIntervalMs: script.pollIntervalMs,
    poll: async (signal) => {
      script.polls++;
      await script.onPoll(signal, context);
    },
    execute: async (command, signal) => {
      script.executed.push(command);
      return await script.onExecute(command, signal);
    },
    [Symbol.asyncDispose]: async () => {
      script.closes++;
      await script.onClose();
    },
  };
}

/** Never ends, whatever its signal says: the worst that a driver can do. */
export const never = (): Promise<never> => new Promise<never>(() => {});

export function desiredDevice(id: string, over: Partial<DesiredDevice> = {}): DesiredDevice {
  return { id, family: 'scripted', name: id, address: { host: '192.0.2.1' }, settings: {}, ...over };
}

export interface RuntimeBench {
  readonly clock: FakeClock;
  readonly ports: RunnerPorts;
  readonly records: { readonly lane: Lane; readonly body: RecordBody }[];
  /** The last reported reachability of `device`. */
  verdict(device: string): Readonly<Record<string, unknown>> | undefined;
}

/** Ports of the runtime over a fake clock, without a network. */
export function createRuntimeBench(random: () => number = () => 0.5): RuntimeBench {
  const clock = createFakeClock();
  const records: { lane: Lane; body: RecordBody }[] = [];
  const absent = async () => {
    throw new Error('this test has no network');
  };
  return {
    clock,
    records,
    ports: {
      clock,
      log: silentLog,
      network: {
        tcp: { connect: absent },
        udp: { open: absent },
        http: { request: absent },
        websocket: { connect: absent },
      },
      broker: { admit: absent },
      programs: { run: absent },
      host: { facts: absent, load: absent },
      sink: (lane, body) => void records.push({ lane, body }),
      upload: async () => {},
      random,
    },
    verdict: (device) => {
      const last = records.findLast(
        ({ body }) => body.kind === 'state' && body.device === device && body.capability === 'reachability',
      );
      return last?.body.kind === 'state' ? last.body.state : undefined;
    },
  };
}
