import { describe, expect, it } from 'vitest';
import { Pseudonyms } from '../../../agent/capture/pseudonyms.ts';
import { rewriteText } from '../../../agent/capture/rewrite.ts';
import { documentSecrets, scrubHeaders } from '../../../agent/capture/wires/http.ts';
import { pjlinkSecrets } from '../../../agent/capture/wires/pjlink.ts';
import { libraryEdits } from '../../../agent/capture/wires/sip2.ts';
import { scrubSnmp } from '../../../agent/capture/wires/snmp.ts';
import { decodeMessage, fieldOf } from '../../../protocols/sip2/message.ts';

describe('what each wire is known to carry', () => {
  it('takes the random number and the digest out of PJLink', () => {
    expect(rewriteText('PJLINK 1 498e4a67\r', pjlinkSecrets)).toBe('PJLINK 1 00000000\r');
    expect(rewriteText('5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r', pjlinkSecrets)).toBe(
      `${'0'.repeat(32)}%1POWR ?\r`,
    );
    expect(rewriteText('%1POWR=1\r', pjlinkSecrets)).toBe('%1POWR=1\r');
  });

  it('takes sign-in out of headers, and leaves how to sign in', () => {
    const challenge = 'Digest realm="camera", nonce="abc", opaque="def", qop="auth", algorithm=MD5';
    expect(scrubHeaders({ authorization: ['Digest x'], 'www-authenticate': [challenge], server: ['x'] })).toEqual({
      authorization: ['scrubbed'],
      'www-authenticate': ['Digest realm="camera", nonce="scrubbed", opaque="scrubbed", qop="auth", algorithm=MD5'],
      server: ['x'],
    });
  });

  it.each([
    ['<s:Header><w:Security s:mustUnderstand="1"><a>geheim</a></w:Security></s:Header>'],
    ['<tt:Password>geheim</tt:Password>'],
    ['{"op":1,"d":{"authentication":"geheim","rpcVersion":1}}'],
    ['{"salt":"geheim","challenge":"x"}'],
    ['http://10.0.0.1/cgi?user=a&password=geheim#x'],
    ['rtsp://admin:geheim@10.0.0.1/stream'],
  ])('takes the secret out of %s', (text) => {
    const clean = rewriteText(text, documentSecrets);
    expect(clean).not.toContain('geheim');
    expect(clean).toContain('scrubbed');
  });

  it('names another community of SNMP with its lengths right, and lets nothing of version 3 through', () => {
    // RFC 3416 GetRequest for sysDescr.0, request id 1, as net-snmp's snmpget writes it.
    const pdu = 'a01902010102010002010030 0e300c06082b060102010101000500'.replaceAll(' ', '');
    const message = Buffer.from(`302602010104067075626c6963${pdu}`, 'hex');
    const clean = Buffer.from(scrubSnmp(message, 'public', 'scrubbed') ?? []);
    expect(clean.toString('hex')).toBe(`30280201010408${Buffer.from('scrubbed').toString('hex')}${pdu}`);
    expect(scrubSnmp(message, 'other', 'scrubbed')).toEqual(message);
    expect(scrubSnmp(Buffer.from('3003020103', 'hex'), undefined, '')).toBeUndefined();
    expect(scrubSnmp(Buffer.from('hello'), 'public', '')).toEqual(Buffer.from('hello'));
  });

  it('names no person and no book of a library system, and makes the checksum right', () => {
    const names = new Pseudonyms(Buffer.alloc(32, 1));
    const line = '1804000120261124    081500AB00006789|AJDế Mèn|CHx|AA12345|AY1AZ';
    const bytes = Buffer.from(line);
    const sum = (-bytes.reduce((total, byte) => total + byte, 0) & 0xffff).toString(16).toUpperCase().padStart(4, '0');
    const clean = rewriteText(`${line}${sum}\r`, (stream) => libraryEdits(stream, names));
    const message = decodeMessage(Buffer.from(clean.trimEnd()));
    expect(message.isChecked).toBe(true);
    expect(fieldOf(message, 'AB')).toBe(names.item('00006789'));
    expect([fieldOf(message, 'AJ'), fieldOf(message, 'AA'), fieldOf(message, 'CH')]).toEqual([
      'scrubbed',
      'scrubbed',
      'x',
    ]);
  });
});
