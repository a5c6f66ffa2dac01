import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import * as device from '../../../protocols/onvif/device.ts';
import { buildProbe, parseProbeMatches, readScopes } from '../../../protocols/onvif/discovery.ts';
import * as events from '../../../protocols/onvif/events.ts';
import * as media from '../../../protocols/onvif/media.ts';
import * as ptz from '../../../protocols/onvif/ptz.ts';
import {
  buildEnvelope,
  isNotAuthorized,
  isNotSupported,
  parseReply,
  readAnswer,
  type SoapOperation,
  soapContentType,
} from '../../../protocols/onvif/soap.ts';
import {
  formatDuration,
  parseBoolean,
  parseCount,
  parseDateTime,
  parseMac,
  parseNumber,
} from '../../../protocols/onvif/values.ts';
import { passwordDigest, usernameToken } from '../../../protocols/onvif/ws-security.ts';
import { child, parseXml, textAt } from '../../../protocols/onvif/xml.ts';
import { bytesOf, loadVectors, testVectors, type Vector } from '../../support/vectors.ts';

const operations: Readonly<Record<string, SoapOperation<unknown>>> = {
  getSystemDateAndTime: device.getSystemDateAndTime(),
  getDeviceInformation: device.getDeviceInformation(),
  getServices: device.getServices(),
  getCapabilities: device.getCapabilities(),
  getScopes: device.getScopes(),
  getHostname: device.getHostname(),
  getNetworkInterfaces: device.getNetworkInterfaces(),
  getProfiles1: media.getProfiles(1),
  getProfiles2: media.getProfiles(2),
  getSnapshotUri1: media.getSnapshotUri(1, 'p'),
  getSnapshotUri2: media.getSnapshotUri(2, 'p'),
  getStreamUri1: media.getStreamUri(1, 'p'),
  getStreamUri2: media.getStreamUri(2, 'p'),
  getStatus: ptz.getStatus('p'),
  getPresets: ptz.getPresets('p'),
  continuousMove: ptz.continuousMove('p', { pan: 1, tilt: 0, zoom: 0 }, 1_000),
  stop: ptz.stop('p'),
  gotoPreset: ptz.gotoPreset('p', '1'),
  createPullPointSubscription: events.createPullPointSubscription(60_000),
  pullMessages: events.pullMessages(1_000, 10),
  renew: events.renew(60_000),
  unsubscribe: events.unsubscribe(),
};

const encode = (text: string) => new TextEncoder().encode(text);

function operationOf(name: string): SoapOperation<unknown> {
  const operation = operations[name];
  if (!operation) throw new Error(`no operation ${name}`);
  return operation;
}

function answer(name: string, bytes: Uint8Array): unknown {
  const reply = parseReply(bytes);
  if (reply.kind === 'fault') throw new ProtocolError('malformed', 'a fault');
  return readAnswer(operationOf(name), reply.body);
}

/** As JSON holds it: maps as objects, and nothing where something is undefined. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Map ? Object.fromEntries(inner) : inner,
  );
  return text === undefined ? null : JSON.parse(text);
}

interface AnswerVector extends Vector {
  readonly operation: string;
}

describe('answers', () => {
  const vectors = loadVectors<AnswerVector>('onvif', 'answers');
  it.each(vectors)('reads: $name', (vector) => {
    expect(plain(answer(vector.operation, bytesOf(vector)))).toEqual(vector.value);
  });

  it.each(vectors)('takes no part for the whole: $name', (vector) => {
    const bytes = bytesOf(vector);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(() => answer(vector.operation, bytes.subarray(0, length))).toThrow(ProtocolError);
      }),
    );
  });

  it.each(vectors)('throws nothing but ProtocolError when bytes are damaged: $name', (vector) => {
    const bytes = bytesOf(vector);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        expectOnlyProtocolError(() => answer(vector.operation, damaged));
      }),
    );
  });

  it('reads no answer of another operation', () => {
    for (const vector of vectors) {
      for (const name of Object.keys(operations)) {
        if (operationOf(name).answer.name === operationOf(vector.operation).answer.name) continue;
        expect(() => answer(name, bytesOf(vector)), `${vector.name} as ${name}`).toThrow(ProtocolError);
      }
    }
  });

  it('survives any answer of the right name: a missing part is absent or a ProtocolError', () => {
    const tag = fc.constantFrom(
      ...['Profiles', 'Configurations', 'VideoEncoder', 'Resolution', 'Width', 'Name', 'MediaUri', 'Uri'],
    );
    const more = fc.constantFrom(
      ...['PTZStatus', 'Position', 'PanTilt', 'Preset', 'SubscriptionReference', 'NotificationMessage'],
    );
    const rest = fc.constantFrom(
      ...['Message', 'Topic', 'Data', 'SimpleItem', 'SystemDateAndTime', 'UTCDateTime', 'Capabilities', 'Service'],
    );
    const name = fc.oneof(tag, more, rest);
    const decoration = fc.constantFrom('', ' token="1"', ' x="NaN" y="1e999"');
    const { node: tree } = fc.letrec<{ node: string; leaf: string; branch: string }>((tie) => ({
      node: fc.oneof({ maxDepth: 5 }, tie('leaf'), tie('branch')),
      leaf: name.map((element) => `<${element}>1</${element}>`),
      branch: fc
        .tuple(name, decoration, fc.array(tie('node'), { maxLength: 3 }))
        .map(([element, extra, children]) => `<${element}${extra}>${children.join('')}</${element}>`),
    }));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(operations)), tree, (name, content) => {
        const { namespace, name: element } = operationOf(name).answer;
        const body = `<a:${element} xmlns:a="${namespace}">${content}</a:${element}>`;
        expectOnlyProtocolError(() => answer(name, encode(buildEnvelope({ markup: body }))));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('faults', () => {
  testVectors(loadVectors('onvif', 'faults'), {
    decode: (bytes) => {
      const reply = parseReply(bytes);
      return reply.kind === 'fault' ? reply.fault : undefined;
    },
  });

  it('are told apart', () => {
    const fault = (...subcodes: readonly string[]) => ({ code: 'Sender', subcodes, reason: '', details: [] });
    expect(isNotAuthorized(fault('NotAuthorized'))).toBe(true);
    expect(isNotAuthorized(fault('InvalidArgVal', 'NoProfile'))).toBe(false);
    expect(isNotSupported(fault('ActionNotSupported'))).toBe(true);
    expect(isNotSupported(fault('OptionalActionNotImplemented', 'X'))).toBe(true);
    expect(isNotSupported(fault())).toBe(false);
  });

  it('end: neither levels without end nor a novel as the reason are kept', () => {
    const levels = '<s:Subcode><s:Value>a:b</s:Value>'.repeat(40) + '</s:Subcode>'.repeat(40);
    const text = `<s:Fault><s:Code><s:Value>s:Sender</s:Value>${levels}</s:Code><s:Reason><s:Text>${'x'.repeat(9_000)}</s:Text></s:Reason></s:Fault>`;
    const reply = parseReply(encode(buildEnvelope({ markup: text })));
    expect(reply).toMatchObject({ kind: 'fault', fault: { code: 'Sender' } });
    if (reply.kind !== 'fault') return;
    expect(reply.fault.subcodes).toHaveLength(8);
    expect(reply.fault.reason).toHaveLength(500);
  });
});

describe('discovery', () => {
  testVectors(loadVectors('onvif', 'discovery'), { decode: parseProbeMatches });

  it('asks for video transmitters under its own message id', () => {
    const probe = parseXml(encode(buildProbe('urn:uuid:1')));
    expect(textAt(probe, 'Header', 'MessageID')).toBe('urn:uuid:1');
    expect(textAt(probe, 'Body', 'Probe', 'Types')).toBe('dn:NetworkVideoTransmitter');
    expect(() => parseProbeMatches(encode(buildProbe('urn:uuid:1')))).toThrow(ProtocolError);
  });

  it('throws nothing but ProtocolError for any datagram', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        expectOnlyProtocolError(() => parseProbeMatches(bytes)),
      ),
    );
  });

  it('picks facts out of scopes', () => {
    expect(
      readScopes([
        'onvif://www.onvif.org/name/C%E1%BB%ADa%20l%E1%BB%9Bp',
        'onvif://www.onvif.org/hardware/100%',
        'onvif://www.onvif.org/MAC/02-ED-F1-00-00-01',
        'onvif://www.onvif.org/location/',
        'http://example.org/name/x',
      ]),
    ).toEqual({ name: 'Cửa lớp', hardware: '100%', location: undefined, mac: '02:ed:f1:00:00:01' });
  });
});

describe('ws-security', () => {
  it.each(loadVectors('onvif', 'ws-security'))('computes: $name', ({ text, value }) => {
    const { nonce, created, password } = value as Record<'nonce' | 'created' | 'password', string>;
    const token = { nonce: Buffer.from(nonce, 'base64'), created, password };
    expect(passwordDigest(token)).toBe(text);
    const envelope = parseXml(encode(buildEnvelope({ markup: '' }, [usernameToken({ ...token, username: 'a<&"' })])));
    const written = child(envelope, 'Header', 'Security', 'UsernameToken');
    expect(textAt(written, 'Username')).toBe('a<&"');
    expect(textAt(written, 'Password')).toBe(text);
    expect(textAt(written, 'Nonce')).toBe(nonce);
    expect(textAt(written, 'Created')).toBe(created);
  });

  it('never writes the password', () => {
    const token = usernameToken({ username: 'u', password: 'hunter2', nonce: new Uint8Array(16), created: 'now' });
    expect(token.markup).not.toContain('hunter2');
  });
});

describe('requests', () => {
  it('carry their action in the content type', () => {
    expect(soapContentType('urn:x')).toBe('application/soap+xml; charset=utf-8; action="urn:x"');
  });

  it('send reference parameters back, marked as such', () => {
    const block = parseXml(encode('<p:Id xmlns:p="urn:p" p:a="1">7<p:x/></p:Id>'));
    const headers = events.addressingHeaders({ action: 'a', to: 't', messageId: 'm', referenceParameters: [block] });
    const header = child(parseXml(encode(buildEnvelope({ markup: '' }, headers))), 'Header');
    const echoed = child(header, 'Id');
    expect(echoed).toMatchObject({ namespace: 'urn:p', text: '7', children: [{ namespace: 'urn:p', name: 'x' }] });
    expect(echoed?.attributes).toContainEqual({
      namespace: 'http://www.w3.org/2005/08/addressing',
      name: 'IsReferenceParameter',
      value: 'true',
    });
  });
});

describe('values', () => {
  it('are read strictly', () => {
    expect(['true', ' 1 ', 'FALSE', '0', 'yes', ''].map(parseBoolean)).toEqual([
      true,
      true,
      false,
      false,
      undefined,
      undefined,
    ]);
    expect(['1.5', '-1e-3', '.5', '1.', 'NaN', '0x10', '1e999', ''].map(parseNumber)).toEqual([
      1.5,
      -0.001,
      0.5,
      1,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(['7', '-1', '1.5', '9007199254740993'].map(parseCount)).toEqual([7, undefined, undefined, undefined]);
    expect(parseMac('00:00:00:00:00:00')).toBeUndefined();
    expect(parseMac('02edf1000001')).toBe('02:ed:f1:00:00:01');
  });

  it('read every instant that a Date can write', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
        (date) => {
          expect(parseDateTime(date.toISOString())).toBe(date.getTime());
          expect(parseDateTime(date.toISOString().replace('Z', ''))).toBe(date.getTime());
        },
      ),
    );
    expect(parseDateTime('2026-03-02T07:00:00+07:00')).toBe(Date.UTC(2026, 2, 2));
    expect(parseDateTime('2026-13-02T07:00:00Z')).toBeUndefined();
  });

  it('write durations', () => {
    expect([0, 500, 20_000, 90_001].map(formatDuration)).toEqual(['PT0S', 'PT0.5S', 'PT20S', 'PT90.001S']);
    expect(() => formatDuration(-1)).toThrow(ProtocolError);
    expect(() => formatDuration(Number.NaN)).toThrow(ProtocolError);
  });
});

function expectOnlyProtocolError(work: () => unknown): void {
  try {
    work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
  }
}
