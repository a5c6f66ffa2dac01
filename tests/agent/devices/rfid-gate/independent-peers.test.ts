import { describe, expect, it } from 'vitest';
import type { Driver } from '../../../../agent/devices/driver.ts';
import { rfidGate } from '../../../../agent/devices/rfid-gate/index.ts';
import { ReaderSimulator } from '../../../simulators/rfid-gate/index.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';
import { foreignMessage, llrpjs, startForeignReader } from '../../../support/llrpjs.ts';

const driver: Driver = rfidGate;
const epc = '300833b2ddd9014000000000';

describe('an independent client', () => {
  it('takes the simulated reader for one', async () => {
    const clock = createFastClock(1);
    await using reader = await ReaderSimulator.start({ clock });
    const client = new llrpjs.LLRPClient(reader.address);
    const greeting = client.connect().then(() => client.recv(2_000));
    const hello = await greeting;
    expect([hello.getName(), hello.toLLRPData().data]).toMatchObject([
      'READER_EVENT_NOTIFICATION',
      { ReaderEventNotificationData: { ConnectionAttemptEvent: { Status: 'Success' } } },
    ]);
    const ask = async (name: string, id: number, data: unknown = {}) =>
      (await client.transact(foreignMessage(name, id, data), 2_000)).toLLRPData();
    expect(await ask('GET_READER_CAPABILITIES', 1, { RequestedData: 'All' })).toMatchObject({
      id: 1,
      data: {
        GeneralDeviceCapabilities: {
          MaxNumberOfAntennaSupported: 4,
          DeviceManufacturerName: 25_882,
          ReaderFirmwareVersion: '5.14.0.240',
          GPIOCapabilities: { NumGPIs: 4, NumGPOs: 4 },
        },
      },
    });
    const config = { AntennaID: 0, GPIPortNum: 0, GPOPortNum: 0, RequestedData: 'AntennaProperties' };
    expect(await ask('GET_READER_CONFIG', 2, config)).toMatchObject({
      data: { AntennaProperties: [{ AntennaID: 1, AntennaConnected: 1 }, {}, {}, { AntennaConnected: 0 }] },
    });
    expect(await ask('DELETE_ROSPEC', 3, { ROSpecID: 0 })).toMatchObject({
      data: { LLRPStatus: { StatusCode: 'M_Success' } },
    });
    expect(await ask('ADD_ROSPEC', 4, { ROSpec: roSpec })).toMatchObject({
      data: { LLRPStatus: { StatusCode: 'M_Success' } },
    });
    expect(await ask('START_ROSPEC', 5, { ROSpecID: 9 })).toMatchObject({
      data: { LLRPStatus: { ErrorDescription: 'no such ROSpec' } },
    });
    await ask('ENABLE_ROSPEC', 6, { ROSpecID: 1 });
    await ask('START_ROSPEC', 7, { ROSpecID: 1 });
    const report = client.recv(2_000);
    reader.see({ epc, antenna: 2, rssi: -61 });
    expect((await report).toLLRPData()).toMatchObject({
      type: 'RO_ACCESS_REPORT',
      data: {
        TagReportData: {
          EPC_96: { EPC: epc.toUpperCase() },
          AntennaID: { AntennaID: 2 },
          PeakRSSI: { PeakRSSI: -61 },
          ROSpecID: { ROSpecID: 1 },
        },
      },
    });
    expect(await ask('CLOSE_CONNECTION', 8)).toMatchObject({ type: 'CLOSE_CONNECTION_RESPONSE' });
    await client.disconnect();
    expect(reader.violations).toEqual([]);
  });
});

describe('an independent reader', () => {
  it('is set up, heard and left by the gate as by any client', async () => {
    const clock = createFastClock(5);
    await using reader = await startForeignReader();
    const test = createTestContext({
      family: driver.family,
      settings: driver.settings.parse({
        security: { by: 'afi', inStock: [0x07], onLoan: [0xc2] },
        item: { by: 'epc' },
        inputs: [{ port: 1, counts: 'people' }],
        output: { port: 1, seconds: 1 },
        antennas: [1, 2],
      }),
      clock,
      address: reader.address,
    });
    {
      await using session = await driver.connect(test.context);
      await session.poll(test.context.signal);
      expect(reader.received.map(({ type }) => type)).toEqual([
        'GET_READER_CAPABILITIES',
        'GET_READER_CONFIG',
        'SET_READER_CONFIG',
        'SET_READER_CONFIG',
        'SET_READER_CONFIG',
        'GET_READER_CONFIG',
        'DELETE_ROSPEC',
        'ENABLE_EVENTS_AND_REPORTS',
        'ADD_ROSPEC',
        'ENABLE_ROSPEC',
        'START_ROSPEC',
        'GET_READER_CONFIG',
      ]);
      const added = reader.received.find(({ type }) => type === 'ADD_ROSPEC')?.data as { ROSpec: { ROSpecID: number } };
      expect(added).toMatchObject({
        ROSpec: {
          CurrentState: 'Disabled',
          AISpec: { AntennaIDs: [1, 2], InventoryParameterSpec: { ProtocolID: 'EPCGlobalClass1Gen2' } },
          ROReportSpec: {
            ROReportTrigger: 'Upon_N_Tags_Or_End_Of_ROSpec',
            N: 1,
            TagReportContentSelector: {
              EnableROSpecID: 1,
              EnableAntennaID: 1,
              EnablePeakRSSI: 1,
              EnableFirstSeenTimestamp: 0,
              C1G2EPCMemorySelector: { EnableCRC: 0, EnablePCBits: 1 },
            },
          },
        },
      });
      await reader.say('KEEPALIVE', 99);
      await reader.say('RO_ACCESS_REPORT', 100, {
        TagReportData: {
          EPC_96: { EPC: epc },
          ROSpecID: { ROSpecID: added.ROSpec.ROSpecID },
          AntennaID: { AntennaID: 1 },
          C1G2_PC: { PC_Bits: 0x3107 },
        },
      });
      await expect
        .poll(() => test.reporter.events.map(({ data }) => data))
        .toEqual([{ item: epc.toUpperCase(), reason: 'in-stock' }]);
      // The siren is switched on and read back; this reader's client side hears one message of a segment only.
      await expect
        .poll(() => reader.received.filter(({ type }) => type === 'SET_READER_CONFIG').map(({ data }) => data))
        .toContainEqual(expect.objectContaining({ GPOWriteData: { GPOPortNumber: 1, GPOData: 1 } }));
      expect(reader.received.filter(({ type }) => type === 'KEEPALIVE_ACK')).toMatchObject([{ id: 99 }]);
    }
    expect(reader.received.at(-1)?.type).toBe('CLOSE_CONNECTION');
    test.stop();
    expect([test.openSockets(), clock.pending]).toEqual([0, 0]);
  });
});

const roSpec = {
  ROSpecID: 1,
  Priority: 0,
  CurrentState: 'Disabled',
  ROBoundarySpec: {
    ROSpecStartTrigger: { ROSpecStartTriggerType: 'Null' },
    ROSpecStopTrigger: { ROSpecStopTriggerType: 'Null', DurationTriggerValue: 0 },
  },
  AISpec: {
    AntennaIDs: [0],
    AISpecStopTrigger: { AISpecStopTriggerType: 'Null', DurationTrigger: 0 },
    InventoryParameterSpec: { InventoryParameterSpecID: 1, ProtocolID: 'EPCGlobalClass1Gen2' },
  },
};
