import { expect } from 'vitest';
import { rfidGate } from '../../../agent/devices/rfid-gate/index.ts';
import { ReaderSimulator } from '../../simulators/rfid-gate/index.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

driverConformance<ReaderSimulator>({
  driver: rfidGate,
  start: (clock) => ReaderSimulator.start({ clock }),
  settings: {
    inputs: [{ port: 1, counts: 'people' }],
    output: { port: 1, seconds: 2 },
    security: { by: 'afi', inStock: [0x07], onLoan: [0xc2] },
  },
  change: { capability: 'tagreader', make: (reader) => reader.setAntenna(2, false) },
  without: { 'wrong-password': 'LLRP has no credentials' },
  commands: [
    {
      capability: 'gate',
      name: 'testAlarm',
      args: {},
      verify: (reader) => expect(reader.switched.map(({ on }) => on)).toEqual([false, true, false]),
    },
    {
      capability: 'gate',
      name: 'silence',
      args: { minutes: 5 },
      verify: (reader, { reporter, context }) => {
        expect(reader.outputs.get(1)).toBe(false);
        expect(reporter.last('gate')?.['silencedUntil']).toBeGreaterThan(context.clock.now() + 200_000);
      },
    },
  ],
});
