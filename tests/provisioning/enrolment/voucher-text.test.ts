import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';
import { formatVoucherText, readVoucherText } from '../../../provisioning/enrolment/voucher-text.ts';

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
const codes = fc.tuple(hex(16), hex(32)).map(([secret, root]) => formatVoucherCode(secret, root));
const hubs = fc
  .tuple(
    fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    ),
    fc.integer({ min: 1, max: 65_535 }),
  )
  .map(([host, port]) => new URL(`https://${host}:${port}`).origin);

describe('the text of a voucher', () => {
  it('comes back from a scanner, in any case', () => {
    fc.assert(
      fc.property(codes, hubs, fc.constantFrom('', ' ', '\n', '\r\n'), (code, hubUrl, end) => {
        expect(readVoucherText(formatVoucherText({ code, hubUrl }) + end)).toEqual({ code, hubUrl });
        expect(readVoucherText(formatVoucherText({ code, hubUrl }).toUpperCase())).toEqual({ code, hubUrl });
        expect(readVoucherText(code + end)).toEqual({ code });
      }),
    );
  });

  it('is refused with what is wrong about it', () => {
    const [code = ''] = fc.sample(codes, 1);
    expect(() => readVoucherText(`${code.slice(0, -4)}0000@https://hub:1`)).toThrow('letter or digit');
    for (const hub of [
      '',
      'hub:8443',
      'http://hub',
      'https://hub/enrol',
      'https://me@hub',
      'https://hub?a',
      'https://a@b',
    ])
      expect(() => readVoucherText(`${code}@${hub}`), hub).toThrow('no address of a hub');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => readVoucherText(text)).toThrow(/voucher code/);
      }),
    );
  });
});
