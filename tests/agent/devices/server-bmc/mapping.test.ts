import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Facts, Reading, Sensor } from '../../../../agent/devices/server-bmc/controller.ts';
import {
  changesBetween,
  logEvent,
  mapDescriptor,
  mapSamples,
  mapStates,
} from '../../../../agent/devices/server-bmc/mapping.ts';
import { settingsSchema } from '../../../../agent/devices/server-bmc/settings.ts';
import { type CapabilityName, capabilities, findMetric } from '../../../../protocols/fleet/capabilities/index.ts';
import { descriptorSchema, metricKeySchema } from '../../../../protocols/fleet/record.ts';

const settings = settingsSchema.parse({});
const words = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.constantFrom('Fan 1', 'Fan 1', 'Quạt số 1', '__proto__'),
);
const maybe = <T>(inner: fc.Arbitrary<T>) => fc.option(inner, { nil: undefined });

const sensor = fc.record<Sensor>({
  name: words,
  kind: fc.constantFrom('temperature', 'fan', 'voltage', 'current', 'power', 'share', 'state'),
  value: maybe(fc.double({ noNaN: true, noDefaultInfinity: true })),
  level: fc.constantFrom('ok', 'warning', 'error', 'unknown', 'absent'),
});
const reading: fc.Arbitrary<Reading> = fc.record({
  power: fc.record({
    state: fc.constantFrom('on' as const, 'off' as const, 'starting' as const, 'stopping' as const, 'unknown' as const),
    mark: maybe(words),
  }),
  sensors: fc.array(sensor, { maxLength: 200, size: 'max' }),
  faults: maybe(
    fc.array(fc.record({ part: words, level: fc.constantFrom('warning' as const, 'error' as const), message: words })),
  ),
  log: fc.constant(undefined),
  clockSkewSeconds: maybe(fc.integer()),
});
const facts: fc.Arbitrary<Facts> = fc.record({
  vendor: maybe(words),
  model: maybe(words),
  serial: maybe(words),
  firmware: maybe(words),
  hardware: maybe(words),
  name: maybe(words),
  orders: fc.subarray(['on', 'shutdown', 'cut', 'restart', 'reset'] as const),
  parts: fc.array(fc.record({ kind: fc.constant('firmware'), name: words, detail: words }), { maxLength: 100 }),
});

describe('whatever a controller says', () => {
  it('is told within the contract', () => {
    fc.assert(
      fc.property(facts, reading, maybe(fc.integer()), (who, what, skew) => {
        const descriptor = mapDescriptor(who, what, settings);
        descriptorSchema.strict().parse(descriptor);
        const states = mapStates(who, what, skew);
        for (const [name, state] of Object.entries(states)) {
          capabilities[name as CapabilityName].state.strict().parse(state);
          expect(Object.keys(descriptor.capabilities), name).toContain(name);
        }
        expect(Object.keys(states).sort()).toEqual(Object.keys(descriptor.capabilities).sort());
        for (const [key, value] of Object.entries(mapSamples(what, skew))) {
          metricKeySchema.parse(key);
          expect(findMetric(key), key).toBeDefined();
          expect(Number.isFinite(value)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is numbered where names repeat: no sensor takes the place of another', () => {
    fc.assert(
      fc.property(fc.array(sensor, { maxLength: 60 }), (sensors) => {
        const states = mapStates(none, { ...still, sensors }, undefined);
        const told = states.sensors?.sensors ?? [];
        expect(told).toHaveLength(sensors.length);
        expect(new Set(told.map(({ id, kind }) => `${kind} ${id}`)).size).toBe(sensors.length);
      }),
      { numRuns: 60 },
    );
  });

  it('gives events within the contract, and none for what is the same', () => {
    fc.assert(
      fc.property(facts, reading, reading, (who, first, second) => {
        const [before, after] = [mapStates(who, first, undefined), mapStates(who, second, undefined)];
        expect(changesBetween(after, after)).toEqual([]);
        for (const { capability, name, data } of changesBetween(before, after)) {
          const schemas: Readonly<Record<string, { parse(value: unknown): unknown }>> = capabilities[capability].events;
          schemas[name]?.parse(data);
        }
      }),
      { numRuns: 40 },
    );
  });
});

const none: Facts = {
  vendor: undefined,
  model: undefined,
  serial: undefined,
  firmware: undefined,
  hardware: undefined,
  name: undefined,
  orders: [],
  parts: [],
};
const still: Reading = {
  power: { state: 'on', mark: undefined },
  sensors: [],
  faults: undefined,
  log: undefined,
  clockSkewSeconds: undefined,
};

describe('health', () => {
  it('is not claimed while nothing is known, and is well when nothing is wrong', () => {
    expect(mapStates(none, still, undefined).diagnostics).toEqual({});
    expect(mapStates(none, { ...still, faults: [] }, undefined).diagnostics).toEqual({ faults: [] });
  });

  it('tells the worst of one part, and its end', () => {
    const ill = mapStates(
      none,
      {
        ...still,
        faults: [
          { part: 'PSU 1', level: 'warning' },
          { part: 'PSU 1', level: 'error' },
        ],
      },
      undefined,
    );
    expect(ill.diagnostics).toEqual({ faults: [{ part: 'PSU 1', level: 'error' }] });
    const well = mapStates(none, { ...still, faults: [] }, undefined);
    expect(changesBetween(ill, well)).toMatchObject([
      { name: 'fault', severity: 'info', data: { part: 'PSU 1', level: 'ok' } },
    ]);
  });

  it('tells of its log what is critical, cut to the contract', () => {
    const line = { key: 'k', at: undefined, part: 'p'.repeat(200), message: 'm'.repeat(900) };
    expect(logEvent({ ...line, level: 'warning' })).toBeUndefined();
    expect(capabilities.diagnostics.events.logged.safeParse(logEvent({ ...line, level: 'error' })?.data).success).toBe(
      true,
    );
  });
});
