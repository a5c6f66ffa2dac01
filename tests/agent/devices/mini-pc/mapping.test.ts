import { describe, expect, it } from 'vitest';
import {
  mapDescriptor,
  mapHost,
  mapIdentity,
  mapSamples,
  mapStorage,
  mapTemperature,
  meaningful,
} from '../../../../agent/devices/mini-pc/mapping.ts';
import { capabilities, findMetric } from '../../../../protocols/fleet/capabilities/index.ts';
import { descriptorSchema } from '../../../../protocols/fleet/record.ts';
import { MiniPcSimulator } from '../../../simulators/mini-pc.ts';
import { createFakeClock } from '../../../support/clock.ts';

const machine = () => new MiniPcSimulator(createFakeClock());

describe('placeholders of makers', () => {
  it.each([
    '',
    '   ',
    '-',
    '0',
    '00000000',
    'To be filled by O.E.M.',
    'To Be Filled By O.E.M.',
    'Default string',
    'System Serial Number',
    'System Product Name',
    'Not Specified',
    'Not Applicable',
    'N/A',
    'None',
    'INVALID',
    'OEM',
    'xxxxxxxxxx',
    'FFFFFFFF',
    '123456789',
    '0123456789',
    '1234567890',
    '11111111',
    'Unknown',
    'Chassis Serial Number',
    '\u0000\u0000',
  ])('says nothing: %j', (text) => expect(meaningful(text)).toBeUndefined());

  it.each(['M7NTKX004512', '1.10', 'PF2XY0AB', '0123', 'VN-2023-000001', 'Defaulter 3', 'NONESUCH'])(
    'is kept: %j',
    (text) => expect(meaningful(` ${text} `)).toBe(text),
  );
});

describe('mapping of a mini-PC', () => {
  it('keeps a serial number that means nothing out of identity, descriptor and disks', () => {
    const { facts } = machine();
    facts.serial = 'Default string';
    facts.disks = [{ name: '/dev/sda', model: 'Default string', serial: '0', sizeBytes: 64e9 }];
    expect(mapIdentity(facts)).not.toHaveProperty('serial');
    expect(mapDescriptor(facts, true)).not.toHaveProperty('serial');
    expect(mapDescriptor(facts, true).parts).toEqual([{ kind: 'disk', name: '/dev/sda', detail: '64 GB' }]);
    expect(mapStorage(facts, machine().load).disks?.[0]?.serial).toBe('');
  });

  it('names only interfaces with a cable or an antenna', () => {
    const { facts, load } = machine();
    expect(mapIdentity(facts).macs).toEqual(['7c:10:c9:aa:bb:01']);
    expect(mapHost(facts, 1).interfaces?.map(({ name }) => name)).toEqual(['enp1s0']);
    expect(Object.keys(mapSamples(facts, load)).filter((key) => key.includes('@'))).toEqual([
      'host.networkIn@enp1s0',
      'host.networkOut@enp1s0',
    ]);
  });

  it('samples what a person reads', () => {
    const { facts, load } = machine();
    load.volumes = [...load.volumes, { name: '/data', type: 'ext4', sizeBytes: 100, usedBytes: 91 }];
    expect(mapSamples(facts, load)).toMatchObject({
      'host.cpuUsed': 12.3,
      'host.load1': 0.51,
      'storage.used': 91,
      'temperature.celsius': 51.5,
      'host.networkIn@enp1s0': 1_000,
    });
    load.cpuPercent = Number.NaN;
    load.temperatureCelsius = undefined;
    expect(mapSamples(facts, load)).not.toHaveProperty('host.cpuUsed');
    expect(mapSamples(facts, load)).not.toHaveProperty('temperature.celsius');
  });

  it('tells used space in hundredths, so that a log line is no news', () => {
    const { facts, load } = machine();
    const before = mapStorage(facts, load);
    load.volumes = [{ name: '/', type: 'ext4', sizeBytes: 128e9, usedBytes: 32e9 + 4096 }];
    expect(mapStorage(facts, load)).toEqual(before);
  });

  it('fits the contract whatever the machine says', () => {
    const { facts, load } = machine();
    const long = 'x'.repeat(1_000);
    Object.assign(facts, { hostname: long, os: long, kernel: long, cpu: `${long}y`, model: `${long}z`, cores: 0 });
    capabilities.host.state.parse(mapHost(facts, -5));
    capabilities.identity.state.parse(mapIdentity(facts));
    capabilities.storage.state.parse(mapStorage(facts, load));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 60, 0.5])('fits it with %d for each number', (odd) => {
    const { facts, load } = machine();
    Object.assign(facts, {
      cores: odd,
      memoryBytes: odd,
      disks: [{ name: 'a', model: 'b', serial: 'c', sizeBytes: odd }],
    });
    load.volumes = [{ name: '/', type: 'fuse', sizeBytes: odd, usedBytes: odd }];
    capabilities.host.state.parse(mapHost(facts, odd));
    capabilities.storage.state.parse(mapStorage(facts, load));
    descriptorSchema.parse(mapDescriptor(facts, true));
    expect(Object.keys(mapSamples(facts, load)).filter((key) => findMetric(key) === undefined)).toEqual([]);
  });

  it('keeps the name of a card that cannot be the name of a series out of the samples', () => {
    const { facts, load } = machine();
    for (const name of ['\u{1f642}', 'cổng 1', 'x'.repeat(61)]) {
      facts.interfaces = [{ name, mac: '7C:10:C9:AA:BB:01', addresses: [] }];
      load.network = [{ name, inPerSecond: 1, outPerSecond: 1 }];
      expect(Object.keys(mapSamples(facts, load)).filter((key) => key.includes('@'))).toEqual([]);
      expect(mapHost(facts, 1).interfaces).toHaveLength(1);
    }
  });

  it('grades the temperature', () => {
    expect([40, 80, 92].map((celsius) => mapTemperature(celsius).level)).toEqual(['ok', 'warning', 'error']);
  });
});
