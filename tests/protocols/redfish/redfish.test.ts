import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import {
  parseController,
  parseFirmwareInventory,
  parseSoftware,
  parseTime,
} from '../../../protocols/redfish/controller.ts';
import { parseDocument, parseErrorMessage } from '../../../protocols/redfish/document.ts';
import { parseCollection, resourcePath } from '../../../protocols/redfish/link.ts';
import { parseLogEntry, parseLogPage, parseLogService } from '../../../protocols/redfish/log.ts';
import * as sensing from '../../../protocols/redfish/sensing.ts';
import { parseServiceRoot, parseSession, sessionRequest } from '../../../protocols/redfish/service.ts';
import { parseAllowedResets, parseSystem, resetRequest } from '../../../protocols/redfish/system.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Names that the parsers look at, so that random documents have them at random places. */
const names = fc.constantFrom(
  '@odata.id',
  'Members',
  'Members@odata.nextLink',
  'Status',
  'Health',
  'Links',
  'Chassis',
  'Actions',
  '#ComputerSystem.Reset',
  'ResetType@Redfish.AllowableValues',
  '@Redfish.ActionInfo',
  'target',
  'Temperatures',
  'Fans',
  'Voltages',
  'PowerControl',
  'PowerSupplies',
  'ReadingCelsius',
  'TemperatureSummaryCelsius',
  'TemperatureReadingsCelsius',
  'SpeedPercent',
  'error',
  '@Message.ExtendedInfo',
  'Parameters',
  'Created',
  'Id',
  'Name',
  '__proto__',
);
const { document } = fc.letrec<{ value: unknown; document: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.string(),
    fc.constantFrom('OK', 'Critical', 'On', 'ForceOff', '/redfish/v1/Systems/1', '2026-11-24T12:00:00Z'),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('document'),
  ),
  document: fc.dictionary(names, tie('value'), { maxKeys: 6 }),
}));

const parsers = {
  parseErrorMessage,
  parseCollection,
  parseServiceRoot,
  parseSystem,
  parseAllowedResets,
  parseController,
  parseFirmwareInventory,
  parseSoftware,
  parseLogPage,
  parseLogEntry,
  parseLogService,
  parseChassis: sensing.parseChassis,
  parseThermal: sensing.parseThermal,
  parsePower: sensing.parsePower,
  parseSubsystem: sensing.parseSubsystem,
  parseThermalMetrics: sensing.parseThermalMetrics,
  parseFan: sensing.parseFan,
  parsePowerSupply: sensing.parsePowerSupply,
  parseEnvironmentWatts: sensing.parseEnvironmentWatts,
  parseSupplyMetrics: (value: Readonly<Record<string, unknown>>) => sensing.parseSupplyMetrics(value, 'PSU 1'),
};

describe('any JSON object', () => {
  it.each(Object.entries(parsers))('is read by %s without a failure', (_name, parse) => {
    fc.assert(fc.property(document, (value) => void parse(value)));
    expect(() => parse({})).not.toThrow();
  });

  it('is read from bytes, and what is none is a ProtocolError', () => {
    expect(parseDocument(bytes('{"Id":"1"}'))).toEqual({ Id: '1' });
    for (const text of ['', 'null', '[]', '"x"', '{"a":', '<html>', '{"a":1}x']) {
      expect(() => parseDocument(bytes(text)), text).toThrow(ProtocolError);
    }
    expect(() => parseDocument(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrow(ProtocolError);
    expect(() => parseDocument(new Uint8Array(1024 * 1024 + 1))).toThrow(ProtocolError);
    fc.assert(
      fc.property(fc.uint8Array(), (value) => {
        try {
          parseDocument(value);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('a link', () => {
  it.each([
    ['/redfish/v1/Systems/1', '/redfish/v1/Systems/1'],
    ['/redfish/v1/Chassis/1/Thermal#/Fans/0', '/redfish/v1/Chassis/1/Thermal'],
    ['/redfish/v1/Entries?$skip=50', '/redfish/v1/Entries?$skip=50'],
    ['https://10.0.0.5/redfish/v1/SessionService/Sessions/7', '/redfish/v1/SessionService/Sessions/7'],
    ["/redfish/v1/Systems('1')", "/redfish/v1/Systems('1')"],
  ])('%s is followed at the enrolled host', (value, path) => expect(resourcePath(value)).toBe(path));

  it.each([
    '//evil.example/redfish/v1/Systems',
    'redfish/v1/Systems',
    '/admin/reboot',
    '/redfish/../admin',
    '/redfish/v1/%2e%2e/admin',
    '/redfish/v1/..%2Fadmin',
    '/redfish/v1/./x',
    '/redfish/v1/a b',
    '/redfish/v1/a\r\nHost: evil',
    '/redfish\\v1',
    '/redfish/v1/%zz',
    'ftp://host/redfish/v1/',
    'https://evil.example\\redfish/v1/',
    `/redfish/${'a'.repeat(600)}`,
    '',
    7,
    null,
  ])('%j is not followed', (value) => expect(resourcePath(value)).toBeUndefined());

  it('never leads elsewhere, whatever it is', () => {
    const part = fc.constantFrom(
      '/redfish/',
      'v1',
      '/',
      '..',
      '.',
      '%2e',
      '%2f',
      '\\',
      '//',
      'http://',
      '@',
      ':',
      '?',
      '#',
      'x',
      ' ',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const path = resourcePath(parts.join(''));
        if (path === undefined) return;
        const url = new URL(`https://enrolled.example:8443${path}`);
        expect(url.host).toBe('enrolled.example:8443');
        expect(url.pathname.startsWith('/redfish/')).toBe(true);
        expect(url.username).toBe('');
      }),
    );
  });
});

describe('one wrong property', () => {
  it('costs no more than itself', () => {
    const system = parseSystem({
      SerialNumber: 437,
      Model: '1.10',
      PowerState: 'Levitating',
      Status: { Health: 'Fine', HealthRollup: 'Critical' },
      MemorySummary: null,
      Links: { Chassis: [{ '@odata.id': 'http://evil.example/x' }, null, { '@odata.id': '/redfish/v1/Chassis/1' }] },
      Actions: {
        '#ComputerSystem.Reset': { target: '/redfish/v1/reset', 'ResetType@Redfish.AllowableValues': ['On', 'Nmi', 7] },
      },
    });
    expect(system).toMatchObject({
      serialNumber: undefined,
      model: '1.10',
      power: undefined,
      status: { state: undefined, health: 'Critical' },
      chassis: ['/redfish/v1/Chassis/1'],
      reset: { target: '/redfish/v1/reset', allowed: ['On'] },
    });
  });

  it('does not lose a sensor beside it, and fans of before 1.1 are fans', () => {
    const measured = sensing.parseThermal({
      Temperatures: [7, { Name: 'CPU', ReadingCelsius: null, Status: { State: 'Absent' } }],
      Fans: [
        { FanName: 'Fan A', ReadingRPM: 3_000 },
        { Name: 'Fan B', Reading: 40, ReadingUnits: 'Percent' },
      ],
    });
    expect(measured.map(({ name, value, unit }) => [name, value, unit])).toEqual([
      ['CPU', undefined, '°C'],
      ['Fan A', 3_000, 'RPM'],
      ['Fan B', 40, '%'],
    ]);
  });
});

describe('what is sent', () => {
  it('is the JSON of DSP0266 sections 13.3.4.2 and 7.6', () => {
    expect(JSON.parse(sessionRequest('a"b', 'p\\w đ'))).toEqual({ UserName: 'a"b', Password: 'p\\w đ' });
    expect(resetRequest('ForceOff')).toBe('{"ResetType":"ForceOff"}');
  });

  it('is no token that would break a header', () => {
    const of = (token: string) => parseSession(new Map([['x-auth-token', [token]]]));
    expect(of('abc')).toEqual({ token: 'abc', path: undefined });
    for (const token of ['', 'a b', 'a\r\nX: y', 'đ', 'x'.repeat(5_000)]) expect(of(token)).toBeUndefined();
  });
});

describe('allowed resets, logs and times', () => {
  it('come from ActionInfo by the name of the parameter', () => {
    const other = { Name: 'Delay', AllowableValues: ['On'] };
    const wanted = { Name: 'ResetType', AllowableValues: ['GracefulShutdown', 'FullPowerCycle'] };
    expect(parseAllowedResets({ Parameters: [other, wanted] })).toEqual(['GracefulShutdown']);
    expect(parseAllowedResets({ Parameters: [other] })).toEqual([]);
  });

  it('keep entries that came whole, and the links of those that did not', () => {
    const page = parseLogPage({
      Members: [
        {
          '@odata.id': '/redfish/v1/e/1',
          Id: '1',
          Message: 'Melting',
          Severity: 'CRITICAL',
          Created: '2026-11-24T12:00:00+07:00',
        },
        { '@odata.id': '/redfish/v1/e/2' },
      ],
      'Members@odata.count': 99,
      'Members@odata.nextLink': '/redfish/v1/e?$skip=2',
    });
    expect(page.entries).toEqual([
      {
        id: '1',
        created: Date.UTC(2026, 10, 24, 5),
        severity: 'Critical',
        message: 'Melting',
        part: undefined,
        isResolved: false,
      },
    ]);
    expect([page.links, page.next]).toEqual([['/redfish/v1/e/2'], '/redfish/v1/e?$skip=2']);
    expect(page.total).toBe(99);
  });

  it('know no time of a clock that was never set', () => {
    expect(parseTime('2026-11-24T12:00:00Z')).toBe(Date.UTC(2026, 10, 24, 12));
    for (const value of [
      '1970-01-01T00:03:00Z',
      '2026-11-24',
      '2026-11-24T12:00:00',
      'yesterday',
      '2026-13-40T99:00:00Z',
      undefined,
    ]) {
      expect(parseTime(value), String(value)).toBeUndefined();
    }
  });
});
