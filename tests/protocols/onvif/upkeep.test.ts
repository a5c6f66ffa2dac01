import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { buildEnvelope, parseReply, readAnswer, type SoapOperation } from '../../../protocols/onvif/soap.ts';
import { createUsers, getUsers } from '../../../protocols/onvif/upkeep/accounts.ts';
import { createCertificateRequest, getAllCertificates } from '../../../protocols/onvif/upkeep/certificates.ts';
import { hostOf, readHost } from '../../../protocols/onvif/upkeep/host.ts';
import { attachmentOf, buildMtomFrame, parseMtom } from '../../../protocols/onvif/upkeep/multipart.ts';
import { getSystemLog } from '../../../protocols/onvif/upkeep/system.ts';
import { setNtp, setSystemTime } from '../../../protocols/onvif/upkeep/time.ts';
import { childrenNamed, parseXml, textAt } from '../../../protocols/onvif/xml.ts';
import { bytesOf, loadVectors, type Vector } from '../../support/vectors.ts';
import { openSchemas, schemaAbsence } from './onvif-schema.ts';
import { upkeepOperations } from './upkeep-operations.ts';

interface AnswerVector extends Vector {
  readonly operation: keyof typeof upkeepOperations;
}

function answer(operation: SoapOperation<unknown>, bytes: Uint8Array): unknown {
  const reply = parseReply(bytes);
  if (reply.kind === 'fault') throw new ProtocolError('malformed', 'a fault');
  return readAnswer(operation, reply.body);
}

/** As JSON holds it: bytes as an object, and nothing where something is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => {
      // A Buffer has written itself down already when it comes here.
      const data = (inner as { data?: unknown } | undefined)?.data;
      return Array.isArray(data) ? { ...data } : inner;
    }),
  );
}

function onlyProtocolError(work: () => unknown): void {
  try {
    work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
  }
}

const body = (operation: SoapOperation<unknown>) =>
  parseXml(Buffer.from(buildEnvelope(operation.body))).children.find(({ name }) => name === 'Body')?.children[0];

describe('answers about upkeep', () => {
  const vectors = loadVectors<AnswerVector>('onvif', 'upkeep');

  it.each(vectors)('are read: $name', (vector) => {
    expect(plain(answer(upkeepOperations[vector.operation], bytesOf(vector)))).toEqual(vector.value);
  });

  it.each(vectors)('throw nothing but ProtocolError when bytes are damaged: $name', (vector) => {
    const bytes = bytesOf(vector);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        onlyProtocolError(() => answer(upkeepOperations[vector.operation], damaged));
      }),
    );
  });

  it('never read a password, whatever a device leaves in', () => {
    const users = vectors.find(({ name }) => name === 'users of three levels');
    expect(users?.text).toContain('careless');
    expect(JSON.stringify(users && answer(getUsers(), bytesOf(users)))).not.toContain('careless');
  });

  it('take a log that is in the message itself, in base64', () => {
    const log = `<d:SystemLog><Binary> ${Buffer.from('đủ sáng').toString('base64')}\n</Binary></d:SystemLog>`;
    const text = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><d:GetSystemLogResponse xmlns:d="http://www.onvif.org/ver10/device/wsdl">${log}</d:GetSystemLogResponse></s:Body></s:Envelope>`;
    expect(answer(getSystemLog('system'), Buffer.from(text))).toEqual({ text: 'đủ sáng' });
  });

  it('take what is no base64 for no certificate', () => {
    const entry =
      '<a:Certificate><a:CertificateID>c</a:CertificateID><a:CertificateContent>%%</a:CertificateContent></a:Certificate>';
    const text = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><a:GetAllCertificatesResponse xmlns:a="http://www.onvif.org/ver10/advancedsecurity/wsdl">${entry}</a:GetAllCertificatesResponse></s:Body></s:Envelope>`;
    expect(answer(getAllCertificates(), Buffer.from(text))).toMatchObject([{ id: 'c', der: new Uint8Array() }]);
  });

  const absence = schemaAbsence();
  it.skipIf(absence !== undefined)(`in the vectors are what ONVIF's own schemas allow (${absence ?? 'judged'})`, () => {
    expect(openSchemas().validate(new Map(vectors.map((vector) => [vector.name, vector.text ?? ''])))).toEqual([]);
  });
});

describe('requests about upkeep', () => {
  it('carry names and passwords as they are, whatever they hold', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aZ0 &<>"\'đ\t\n') });
    fc.assert(
      fc.property(text, text, (name, password) => {
        const user = body(createUsers([{ name, password, level: 'Operator' }]))?.children[0];
        expect(user?.children.map((field) => [field.name, field.text])).toEqual([
          ['Username', name],
          ['Password', password],
          ['UserLevel', 'Operator'],
        ]);
      }),
    );
  });

  it('set a clock to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
        const at = new Date(seconds * 1_000);
        const set = body(setSystemTime(at.getTime(), { isDaylightSaving: false, timeZone: undefined }));
        const field = (...path: string[]) => Number(textAt(set, 'UTCDateTime', ...path));
        const date = [field('Date', 'Year'), field('Date', 'Month') - 1, field('Date', 'Day')] as const;
        const time = [field('Time', 'Hour'), field('Time', 'Minute'), field('Time', 'Second')] as const;
        expect(Date.UTC(...date, ...time)).toBe(at.getTime());
      }),
    );
  });

  it('name time servers by what they are', () => {
    const server = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(fc.array(server, { minLength: 1, maxLength: 4 }), (servers) => {
        const hosts = childrenNamed(body(setNtp(servers.map(hostOf))), 'NTPManual');
        expect(hosts.map(readHost)).toEqual(servers);
      }),
    );
  });

  it.each(['', 'a b', '256.1.1.1', '1.2.3.4.', 'x_y', ':::', 'a..b', '-a.test', 'http://a'])(
    'refuse %j as a server',
    (text) => {
      expect(() => hostOf(text)).toThrow(ProtocolError);
    },
  );

  it('ask for a certificate in the name that was given', () => {
    const subject = body(createCertificateRequest('key-1', 'cam & <7>'))?.children[0];
    expect(textAt(subject, 'CommonName')).toBe('cam & <7>');
  });
});

interface MessageVector extends Vector {
  readonly contentType: string;
}

describe('multipart messages', () => {
  const vectors = loadVectors<MessageVector>('onvif', 'multipart');
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

  it.each(vectors)('are taken apart: $name', (vector) => {
    const message = parseMtom(vector.contentType, bytesOf(vector));
    const attachments = [...(message?.attachments ?? [])].map(([id, bytes]) => [id, text(bytes)]);
    expect({
      envelope: text(message?.envelope ?? new Uint8Array()),
      attachments: Object.fromEntries(attachments),
    }).toEqual(vector.value);
  });

  it.each(vectors)('must be whole: $name', (vector) => {
    const bytes = bytesOf(vector);
    const end = bytes.length - '\r\n'.length - '--'.length;
    fc.assert(
      fc.property(fc.nat({ max: end - 1 }), (length) => {
        expect(() => parseMtom(vector.contentType, bytes.subarray(0, length))).toThrow(ProtocolError);
      }),
    );
  });

  it('come back as they were written, whatever is attached', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.stringMatching(/^<a>[^<\r\n]{0,20}<\/a>$/),
        (image, envelope) => {
          const boundary = 'b-6f1d';
          fc.pre(!Buffer.from(image).includes(boundary));
          const frame = buildMtomFrame({ envelope, action: 'urn:a', attachmentId: 'image@x', boundary });
          const message = parseMtom(frame.contentType, Buffer.concat([frame.before, image, frame.after]));
          expect(text(message?.envelope ?? new Uint8Array())).toBe(envelope);
          expect([...attachmentOf(message, 'cid:image%40x')]).toEqual([...image]);
        },
      ),
    );
  });

  it('throw nothing but ProtocolError, whatever the bytes', () => {
    const pieces = fc.constantFrom('--b', '--', '\r\n', '\r\n\r\n', 'Content-ID: <a>', 'a', '\n', ':');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (list) => {
        onlyProtocolError(() => parseMtom('multipart/related; boundary=b', Buffer.from(list.join(''))));
      }),
    );
  });

  it('are nothing for another content type, and nothing without a boundary', () => {
    expect(parseMtom('application/soap+xml', Buffer.from('--b'))).toBeUndefined();
    expect(parseMtom(undefined, new Uint8Array())).toBeUndefined();
    expect(() => parseMtom('multipart/related', Buffer.from('--b'))).toThrow(ProtocolError);
  });

  it('name an attachment that is not there, or cannot be decoded, as malformed', () => {
    expect(() => attachmentOf(undefined, 'cid:a')).toThrow(ProtocolError);
    expect(() => attachmentOf({ envelope: new Uint8Array(), attachments: new Map() }, 'cid:%')).toThrow(ProtocolError);
  });

  it('have few parts', () => {
    const parts = Array.from({ length: 9 }, () => '--b\r\n\r\nx\r\n').join('');
    expect(() => parseMtom('multipart/related; boundary=b', Buffer.from(`${parts}--b--`))).toThrow(/parts/);
  });
});
