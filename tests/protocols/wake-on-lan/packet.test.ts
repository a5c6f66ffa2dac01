import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { encodeMagicPacket } from '../../../protocols/wake-on-lan/packet.ts';
import { bytesOf, loadVectors } from '../../support/vectors.ts';

describe('magic packet', () => {
  for (const vector of loadVectors('wake-on-lan', 'packets')) {
    it(`writes ${vector.name}`, () => {
      const { mac, secureOn } = vector.value as { mac: string; secureOn?: string };
      expect(encodeMagicPacket(mac, secureOn)).toEqual(bytesOf(vector));
    });
  }

  it('names the card sixteen times, however its address is written', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 6, maxLength: 6 }),
        fc.constantFrom(':', '-'),
        fc.boolean(),
        (mac, separator, upper) => {
          const text = [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(separator);
          const packet = encodeMagicPacket(upper ? text.toUpperCase() : text);
          expect(packet).toHaveLength(102);
          expect([...packet.subarray(0, 6)]).toEqual(Array.from({ length: 6 }, () => 0xff));
          for (let copy = 0; copy < 16; copy++) expect(packet.subarray(6 + copy * 6, 12 + copy * 6)).toEqual(mac);
        },
      ),
    );
  });

  it.each(['', '00:11:22:33:44', '00:11:22:33:44:55:66', '00:11-22:33:44:55', '001122334455', 'zz:11:22:33:44:55'])(
    'refuses %j',
    (mac) => {
      expect(() => encodeMagicPacket(mac)).toThrow(ProtocolError);
      expect(() => encodeMagicPacket('00:11:22:33:44:55', mac)).toThrow(ProtocolError);
    },
  );
});
