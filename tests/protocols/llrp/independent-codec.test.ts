import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../protocols/llrp/messages.ts';
import { readEvents, readStatus, readTags } from '../../../protocols/llrp/reports.ts';
import { foreignMessage, llrpjs } from '../../support/llrpjs.ts';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));

const theirBytes = (name: string, id: number, data: unknown) => foreignMessage(name, id, data).encode().getBuffer();
const theirReading = (bytes: Uint8Array) => new llrpjs.LLRPMessage(Buffer.from(bytes)).decode().toLLRPData();

describe('an independent implementation', () => {
  it('and we read the same tags out of its reports', () => {
    const tag = fc.record({
      epc: fc.oneof(hexOf(12), hexOf(16), hexOf(8)),
      antenna: fc.option(u16, { nil: undefined }),
      rssi: fc.option(fc.integer({ min: -128, max: 127 }), { nil: undefined }),
      roSpec: fc.option(u32, { nil: undefined }),
      pc: fc.option(u16, { nil: undefined }),
    });
    fc.assert(
      fc.property(u32, fc.array(tag, { minLength: 1, maxLength: 6 }), (id, tags) => {
        const data = {
          TagReportData: tags.map(({ epc, antenna, rssi, roSpec, pc }) => ({
            ...(epc.length === 24 ? { EPC_96: { EPC: epc } } : { EPCData: { EPC: epc } }),
            ...(roSpec === undefined ? {} : { ROSpecID: { ROSpecID: roSpec } }),
            ...(antenna === undefined ? {} : { AntennaID: { AntennaID: antenna } }),
            ...(rssi === undefined ? {} : { PeakRSSI: { PeakRSSI: rssi } }),
            ...(pc === undefined ? {} : { C1G2_PC: { PC_Bits: pc } }),
          })),
        };
        const message = decodeMessage(theirBytes('RO_ACCESS_REPORT', id, data));
        expect(message.id).toBe(id);
        const known = tags.map((one) =>
          Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)),
        );
        expect(readTags(message)).toEqual(known);
      }),
    );
  });

  it.each([
    ['GPIEvent', { GPIPortNumber: 3, GPIEvent: true }, { kind: 'input', port: 3, high: true }],
    ['GPIEvent', { GPIPortNumber: 1, GPIEvent: false }, { kind: 'input', port: 1, high: false }],
    [
      'AntennaEvent',
      { EventType: 'Antenna_Disconnected', AntennaID: 2 },
      { kind: 'antenna', antenna: 2, connected: false },
    ],
    [
      'AntennaEvent',
      { EventType: 'Antenna_Connected', AntennaID: 4 },
      { kind: 'antenna', antenna: 4, connected: true },
    ],
    [
      'ROSpecEvent',
      { EventType: 'End_Of_ROSpec', ROSpecID: 9, PreemptingROSpecID: 0 },
      { kind: 'ro-spec', change: 'ended', roSpec: 9 },
    ],
    ['ReaderExceptionEvent', { Message: 'too hot' }, { kind: 'exception', message: 'too hot' }],
    ['ReportBufferLevelWarningEvent', { ReportBufferPercentageFull: 80 }, { kind: 'buffer-filling', percent: 80 }],
    ['ReportBufferOverflowErrorEvent', {}, { kind: 'buffer-overflow' }],
    ['ConnectionAttemptEvent', { Status: 'Success' }, { kind: 'connection-attempt', status: 0 }],
    [
      'ConnectionAttemptEvent',
      { Status: 'Failed_A_Client_Initiated_Connection_Already_Exists' },
      { kind: 'connection-attempt', status: 2 },
    ],
    ['ConnectionCloseEvent', {}, { kind: 'connection-closed' }],
  ])('tells us %s %j', (name, event, expected) => {
    const data = { ReaderEventNotificationData: { UTCTimestamp: { Microseconds: 0 }, [name]: event } };
    expect(readEvents(decodeMessage(theirBytes('READER_EVENT_NOTIFICATION', 1, data)))).toEqual([expected]);
  });

  it('refuses with a status that we read', () => {
    const status = { StatusCode: 'M_UnsupportedVersion', ErrorDescription: 'no' };
    const message = decodeMessage(theirBytes('ERROR_MESSAGE', 5, { LLRPStatus: status }));
    expect(readStatus(message)).toEqual({ code: 110, description: 'no' });
    expect(readStatus(decodeMessage(theirBytes('KEEPALIVE', 5, {})))).toBeUndefined();
  });

  it('reads our ROSpec as we mean it', () => {
    fc.assert(
      fc.property(u32, u32, fc.array(u16, { minLength: 1, maxLength: 4 }), (id, roSpec, antennas) => {
        const bytes = encodeMessage({
          kind: 'add-ro-spec',
          version: 1,
          id,
          parameters: [
            {
              kind: 'ro-spec',
              roSpec,
              priority: 0,
              state: 0,
              parameters: [
                {
                  kind: 'ro-boundary-spec',
                  parameters: [
                    {
                      kind: 'ro-spec-start-trigger',
                      trigger: 3,
                      parameters: [{ kind: 'gpi-trigger-value', port: 2, high: true, timeoutMs: 1_000 }],
                    },
                    { kind: 'ro-spec-stop-trigger', trigger: 1, durationMs: 5_000 },
                  ],
                },
                {
                  kind: 'ai-spec',
                  antennas,
                  parameters: [
                    { kind: 'ai-spec-stop-trigger', trigger: 0, durationMs: 0 },
                    { kind: 'inventory-parameter-spec', spec: 1, protocol: 1 },
                  ],
                },
              ],
            },
          ],
        });
        expect(theirReading(bytes)).toMatchObject({
          id,
          type: 'ADD_ROSPEC',
          data: {
            ROSpec: {
              ROSpecID: roSpec,
              CurrentState: 'Disabled',
              ROBoundarySpec: {
                ROSpecStartTrigger: {
                  ROSpecStartTriggerType: 'GPI',
                  GPITriggerValue: { GPIPortNum: 2, GPIEvent: 1, Timeout: 1_000 },
                },
                ROSpecStopTrigger: { ROSpecStopTriggerType: 'Duration', DurationTriggerValue: 5_000 },
              },
              AISpec: {
                AntennaIDs: antennas,
                InventoryParameterSpec: { InventoryParameterSpecID: 1, ProtocolID: 'EPCGlobalClass1Gen2' },
              },
            },
          },
        });
      }),
    );
  });
});

describe('tags that say too little', () => {
  it('are left out', () => {
    const report = (...tags: string[]) => {
      const body = tags.map((tag) => `00f0${(4 + tag.length / 2).toString(16).padStart(4, '0')}${tag}`).join('');
      const head = `043d${(10 + body.length / 2).toString(16).padStart(8, '0')}00000001`;
      return decodeMessage(Buffer.from(head + body, 'hex'));
    };
    // No EPC at all, one of 0 bits, one of 16 bits in 1 byte, and one of 12 bits in 3 bytes.
    const tags = readTags(report('810001', '00f100060000', '00f100070010ab', '00f10009000cabcdef'));
    expect(tags).toEqual([{ epc: 'abcd' }]);
    expect(readTags(decodeMessage(Buffer.from('043e0000000a00000001', 'hex')))).toEqual([]);
    expect(readEvents(decodeMessage(Buffer.from('043e0000000a00000001', 'hex')))).toEqual([]);
  });
});
