import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { parseDescription } from '../../../protocols/ssdp/description.ts';
import { decodeAnswer, encodeSearch } from '../../../protocols/ssdp/message.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

const vectors = loadVectors('ssdp', 'answers');
const encoder = new TextEncoder();

/** As UPnP Device Architecture 2.0 section 2.3 has it, with a device inside the device. */
const description = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0" configId="1">
  <specVersion><major>2</major><minor>0</minor></specVersion>
  <device>
    <deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType>
    <friendlyName>[Signage] Phòng 7 &amp; 8</friendlyName>
    <manufacturer><![CDATA[Samsung Electronics]]></manufacturer>
    <modelName>QM55R</modelName>
    <modelNumber></modelNumber>
    <serialNumber>0A1B2C</serialNumber>
    <deviceList><device><friendlyName>inside</friendlyName></device></deviceList>
  </device>
</root>`;

describe('SSDP', () => {
  testVectors(vectors, { decode: decodeAnswer });

  it('searches as UPnP Device Architecture 2.0 section 1.3.2 has it', () => {
    expect(Buffer.from(encodeSearch('ssdp:all', 2)).toString()).toBe(
      'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: ssdp:all\r\n\r\n',
    );
  });

  it.each([
    'NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nUSN: uuid:1\r\n\r\n',
    'M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n',
    'HTTP/1.1 404 Not Found\r\nST: a\r\nUSN: b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n',
    `HTTP/1.1 200 OK\r\nST: a\r\nUSN: b\r\n${'X: y\r\n'.repeat(70)}\r\n`,
  ])('takes no %j for an answer', (text) => {
    expect(() => decodeAnswer(encoder.encode(text))).toThrow(ProtocolError);
  });

  it('reads who a root device is, and nothing of the devices inside', () => {
    expect(parseDescription(encoder.encode(description))).toEqual({
      deviceType: 'urn:schemas-upnp-org:device:MediaRenderer:1',
      friendlyName: '[Signage] Phòng 7 & 8',
      manufacturer: 'Samsung Electronics',
      modelName: 'QM55R',
      serialNumber: '0A1B2C',
    });
  });

  it('refuses a document type, a depth without end and what is no description', () => {
    const bad = [
      description.replace('<root', '<!DOCTYPE root [<!ENTITY a "b">]><root'),
      `${'<root>'.repeat(40)}`,
      '<html><body>hello</body></html>',
      '{"json": true}',
      'x'.repeat(65 * 1_024),
    ];
    for (const text of bad)
      expect(() => parseDescription(encoder.encode(text)), text.slice(0, 40)).toThrow(ProtocolError);
  });

  it('ends with a meaning or with ProtocolError, whatever comes', () => {
    const bent = fc
      .tuple(
        fc.constantFrom(description, ...vectors.map((vector) => vector.text ?? '')),
        fc.nat({ max: 900 }),
        fc.string({ unit: 'binary', maxLength: 12 }),
      )
      .map(([text, at, piece]) => encoder.encode(text.slice(0, at) + piece + text.slice(at + piece.length)));
    fc.assert(
      fc.property(fc.oneof(bent, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        for (const read of [decodeAnswer, parseDescription]) {
          try {
            read(bytes);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(bytesOf(vectors[0] ?? { name: '', source: '' }).length).toBeGreaterThan(0);
  });
});
