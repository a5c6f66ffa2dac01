import fc from 'fast-check';
import snmp from 'net-snmp';
import { describe, expect, it } from 'vitest';
import { mapSamples, mapStates } from '../../../../agent/devices/network-device/mapping.ts';
import type { Facts, Port, Reading } from '../../../../agent/devices/network-device/survey.ts';
import { decodeValue, indexIn, textOf } from '../../../../agent/devices/network-device/values.ts';
import { type CapabilityName, capabilities, findMetric } from '../../../../protocols/fleet/capabilities/index.ts';
import { metricKeySchema } from '../../../../protocols/fleet/record.ts';

const number = fc.option(fc.oneof(fc.integer(), fc.double({ noNaN: true })), { nil: undefined });
const text = fc.string({ maxLength: 250 });
const facts: fc.Arbitrary<Omit<Facts, 'kind'>> = fc.record({
  name: text.map((value) => value.slice(0, 200)),
  description: text.map((value) => value.slice(0, 200)),
  vendor: fc.constantFrom('', 'cisco'),
  model: fc.constantFrom('', 'WS-C2960'),
  serial: fc.constant(''),
  firmware: fc.constant('1.10'),
});
const index = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 2 }).map((parts) => parts.join('.'));
const port: fc.Arbitrary<Port> = fc.record({
  id: index,
  type: fc.constantFrom(6, 117, 53, undefined),
  name: text,
  alias: text,
  isEnabled: fc.boolean(),
  isUp: fc.boolean(),
  speedMbps: fc.option(fc.nat(), { nil: undefined }),
  octetsIn: fc.option(fc.maxSafeNat(), { nil: undefined }),
  octetsOut: fc.option(fc.maxSafeNat(), { nil: undefined }),
  wraps: fc.boolean(),
});
const reading: fc.Arbitrary<Reading> = fc.oneof(
  fc.record({
    kind: fc.constant('switch' as const),
    ports: fc.array(port, { maxLength: 8 }),
    powered: fc.array(fc.record({ id: index, detection: fc.integer({ min: -2, max: 9 }) }), { maxLength: 4 }),
    watts: fc.option(fc.nat(), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('printer' as const),
    status: number,
    errors: fc.uint8Array({ maxLength: 3 }),
    pages: number,
    supplies: fc.array(fc.record({ id: index, name: text, max: number, level: number }), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('ups' as const),
    battery: number,
    source: number,
    charge: number,
    minutes: number,
    load: number,
  }),
);

describe('mapping of a network device', () => {
  it('keeps the contract whatever the device says', () => {
    fc.assert(
      fc.property(facts, reading, fc.array(port, { maxLength: 8 }), (who, what, before) => {
        for (const [name, state] of Object.entries(mapStates({ ...who, kind: what.kind }, what))) {
          const parsed = capabilities[name as CapabilityName].state.strict().safeParse(state);
          expect(parsed.error).toBeUndefined();
        }
        for (const [key, value] of Object.entries(mapSamples(what, 60_000, { atMs: 0, ports: before }))) {
          expect(metricKeySchema.safeParse(key).success, key).toBe(true);
          expect(findMetric(key), key).toBeDefined();
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('takes an old counter that went back for one that wrapped', () => {
    const at = (octets: number): Port => ({
      id: '1',
      type: 6,
      name: 'eth0',
      alias: '',
      isEnabled: true,
      isUp: true,
      speedMbps: 100,
      octetsIn: octets,
      octetsOut: octets,
      wraps: true,
    });
    const now: Reading = { kind: 'switch', ports: [at(704)], powered: [], watts: undefined };
    const samples = mapSamples(now, 10_000, { atMs: 0, ports: [at(2 ** 32 - 296)] });
    expect(samples).toEqual({ 'ports.up': 1, 'ports.received@1': 100, 'ports.sent@1': 100 });
  });
});

describe('values of SNMP', () => {
  it('are numbers, bytes and identifiers, and nothing for what is not there', () => {
    const { Counter64, Integer, OctetString, NoSuchObject, EndOfMibView } = snmp.ObjectType;
    expect(decodeValue({ type: Counter64, value: Buffer.from('04a817c800', 'hex') })).toBe(20_000_000_000);
    expect(decodeValue({ type: Counter64, value: Buffer.alloc(0) })).toBe(0);
    expect(decodeValue({ type: Counter64, value: Buffer.alloc(9, 1) })).toBeUndefined();
    expect(decodeValue({ type: Integer, value: -3 })).toBe(-3);
    expect(textOf(decodeValue({ type: OctetString, value: Buffer.from('Tầng 2\0') }))).toBe('Tầng 2');
    for (const type of [NoSuchObject, EndOfMibView]) expect(decodeValue({ type, value: null })).toBeUndefined();
  });

  it('have an index below their column only', () => {
    expect(indexIn('1.3.6.1', '1.3.6.1.4.2')).toBe('4.2');
    expect(indexIn('1.3.6.1', '1.3.6.10.1')).toBeUndefined();
    expect(indexIn('1.3.6.1', '1.3.6.1')).toBeUndefined();
  });
});
