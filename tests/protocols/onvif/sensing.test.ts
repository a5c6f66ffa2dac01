import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { pullMessages } from '../../../protocols/onvif/events.ts';
import { setPreset } from '../../../protocols/onvif/ptz.ts';
import * as eventService from '../../../protocols/onvif/sensing/event-service.ts';
import * as imaging from '../../../protocols/onvif/sensing/imaging.ts';
import { maxJsonEventBytes, parseJsonEvent } from '../../../protocols/onvif/sensing/json-event.ts';
import { parseState, readNotification } from '../../../protocols/onvif/sensing/notification.ts';
import * as relay from '../../../protocols/onvif/sensing/relay.ts';
import { buildEnvelope, parseReply, readAnswer, type SoapOperation } from '../../../protocols/onvif/soap.ts';
import { formatDuration, parseDuration } from '../../../protocols/onvif/values.ts';
import { xml } from '../../../protocols/onvif/xml-markup.ts';
import { bytesOf, loadVectors, type Vector } from '../../support/vectors.ts';

const operations: Readonly<Record<string, SoapOperation<unknown>>> = {
  getImagingSettings: imaging.getImagingSettings('vs0'),
  getImagingOptions: imaging.getImagingOptions('vs0'),
  setPreset: setPreset('main', 'Door', undefined),
  getEventProperties: eventService.getEventProperties(),
  getEventCapabilities: eventService.getEventCapabilities(),
  getEventBrokers: eventService.getEventBrokers(),
  getRelayOutputs: relay.getRelayOutputs(),
  getDigitalInputs: relay.getDigitalInputs(),
};

function answer(name: string, bytes: Uint8Array): unknown {
  const operation = operations[name];
  if (!operation) throw new Error(`no operation ${name}`);
  const reply = parseReply(bytes);
  if (reply.kind === 'fault') throw new ProtocolError('malformed', 'a fault');
  return readAnswer(operation, reply.body);
}

/** As JSON holds it: maps as objects, and nothing where something is undefined. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, inner) => (inner instanceof Map ? Object.fromEntries(inner) : inner)));

const encode = (text: string) => new TextEncoder().encode(text);
const onlyProtocolError = (work: () => unknown) => {
  try {
    work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
  }
};

describe('answers about the senses of a camera', () => {
  const vectors = loadVectors<Vector & { readonly operation: string }>('onvif', 'sensing');
  it.each(vectors)('reads: $name', (vector) => {
    expect(plain(answer(vector.operation, bytesOf(vector)))).toEqual(vector.value);
  });

  it.each(vectors)('takes no part for the whole, and damage for nothing but nonsense: $name', (vector) => {
    const bytes = bytesOf(vector);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        expect(() => answer(vector.operation, bytes.subarray(0, at))).toThrow(ProtocolError);
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        onlyProtocolError(() => answer(vector.operation, damaged));
      }),
    );
  });

  it('reads what can be set, and leaves out what cannot', () => {
    const options =
      '<tt:BacklightCompensation><tt:Mode>OFF</tt:Mode><tt:Mode>ON</tt:Mode></tt:BacklightCompensation><tt:Brightness><tt:Min>5</tt:Min><tt:Max>5</tt:Max></tt:Brightness><tt:Contrast><tt:Min>-1</tt:Min><tt:Max>1.5</tt:Max></tt:Contrast><tt:Exposure><tt:Mode>AUTO</tt:Mode></tt:Exposure><tt:IrCutFilterModes>AUTO</tt:IrCutFilterModes><tt:IrCutFilterModes>OFF</tt:IrCutFilterModes><tt:IrCutFilterModes>Dusk</tt:IrCutFilterModes>';
    const text = `<timg:GetOptionsResponse xmlns:timg="http://www.onvif.org/ver20/imaging/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"><timg:ImagingOptions>${options}</timg:ImagingOptions></timg:GetOptionsResponse>`;
    expect(answer('getImagingOptions', encode(buildEnvelope({ markup: text })))).toEqual({
      ranges: { contrast: { min: -1, max: 1.5 } },
      irCutFilter: ['OFF', 'AUTO'],
      backlight: ['ON', 'OFF'],
      exposure: [],
    });
  });

  it('reads inputs and outputs, and bounds them', () => {
    const input = (token: string) => `<o:DigitalInputs token="${token}" IdleState="closed"/>`;
    const inputs = Array.from({ length: 100 }, (_one, index) => input(String(index))).join('');
    const body = `<o:GetDigitalInputsResponse xmlns:o="http://www.onvif.org/ver10/deviceIO/wsdl"><o:DigitalInputs/>${inputs}</o:GetDigitalInputsResponse>`;
    const read = answer('getDigitalInputs', encode(buildEnvelope({ markup: body }))) as readonly unknown[];
    expect(read).toHaveLength(63);
    expect(read[0]).toEqual({ token: '0', idle: 'closed' });
  });

  it('reads brokers and never a password', () => {
    const body = xml`<e:GetEventBrokersResponse xmlns:e="http://www.onvif.org/ver10/events/wsdl"><e:EventBroker><e:Address>mqtt://10.0.0.2:1883</e:Address><e:TopicPrefix>a</e:TopicPrefix><e:UserName>u</e:UserName><e:Password>secret</e:Password><e:Status>Connected</e:Status></e:EventBroker><e:EventBroker/></e:GetEventBrokersResponse>`;
    expect(answer('getEventBrokers', encode(buildEnvelope(body)))).toEqual([
      { address: 'mqtt://10.0.0.2:1883', topicPrefix: 'a', username: 'u', status: 'Connected' },
    ]);
  });
});

describe('events as JSON', () => {
  interface JsonVector extends Vector {
    readonly topicPrefix: string;
    readonly topic: string;
  }
  const vectors = loadVectors<JsonVector>('onvif', 'json-events');
  it.each(vectors)('reads: $name', (vector) => {
    expect(plain(parseJsonEvent(vector.topicPrefix, vector.topic, bytesOf(vector)))).toEqual(vector.value);
  });

  it.each(vectors)('throws nothing but ProtocolError when bytes are missing or damaged: $name', (vector) => {
    const bytes = bytesOf(vector);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length }), fc.nat({ max: 255 }), (at, value) => {
        const part = bytes.subarray(0, at);
        const read = () => parseJsonEvent('MyDevice', vector.topic, part);
        if (at > 0 && at < bytes.length) expect(read).toThrow(ProtocolError);
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        onlyProtocolError(() => parseJsonEvent('MyDevice', vector.topic, damaged));
      }),
    );
  });

  it('knows the key and the operation that devices of before 22.06 send', () => {
    const text =
      '{"UtcTime":"2021-01-01T00:00:00Z","PropertyOperation":"Changed","Source":{"Rule":"Field"},"Key":{"ObjectId":5},"Data":{"IsInside":true}}';
    const read = parseJsonEvent('p', 'p/onvif-ej/RuleEngine/FieldDetector/ObjectsInside/&Field/&5', encode(text));
    expect(plain(read)).toMatchObject({
      topic: 'RuleEngine/FieldDetector/ObjectsInside',
      operation: 'Changed',
      source: { Rule: 'Field', ObjectId: '5' },
      data: { IsInside: 'true' },
    });
  });

  it.each(['other/onvif-ej/A', 'p2/onvif-ej/A', 'p', 'p/onvif-mj/VideoAnalytics', 'p/onvif-ej/', 'p/onvif-ej//&1', ''])(
    'refuses the topic %j',
    (topic) => expect(() => parseJsonEvent('p', topic, encode('{}'))).toThrow(ProtocolError),
  );

  it.each(['[]', 'null', '1', '"x"', `{"a":"${'x'.repeat(maxJsonEventBytes)}"}`])('refuses the payload %.20s', (text) =>
    expect(() => parseJsonEvent('p', 'p/onvif-ej/A', encode(text))).toThrow(ProtocolError),
  );

  it('throws nothing but ProtocolError, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(encode)), fc.string(), (bytes, topic) => {
        onlyProtocolError(() => parseJsonEvent('p', `p/onvif-ej/${topic}`, bytes));
      }),
    );
  });

  it('tells the same as a pull point does', () => {
    const name = fc.constantFrom('Rule', 'VideoSource', 'ObjectId', 'State', 'IsInside', 'Count', 'Plate', 'Face');
    const value = fc.oneof(
      fc.constantFrom('true', 'false', '0', '12', 'active'),
      fc.string({ unit: 'grapheme-ascii' }),
    );
    const items = fc.dictionary(name, value);
    fc.assert(
      fc.property(items, items, (source, data) => {
        const message = { UtcTime: '2026-03-02T00:00:00Z', Source: source, Data: data };
        const fromJson = parseJsonEvent('p', 'p/onvif-ej/RuleEngine/X/Y', encode(JSON.stringify(message)));
        const simple = (group: Record<string, string>) =>
          Object.entries(group).map(([item, text]) => xml`<t:SimpleItem Name="${item}" Value="${text}"/>`);
        const body = xml`<e:PullMessagesResponse xmlns:e="http://www.onvif.org/ver10/events/wsdl" xmlns:t="http://www.onvif.org/ver10/schema"><e:NotificationMessage><e:Topic>tns1:RuleEngine/tns1:X/Y</e:Topic><e:Message><t:Message UtcTime="2026-03-02T00:00:00Z"><t:Source>${simple(source)}</t:Source><t:Data>${simple(data)}</t:Data></t:Message></e:Message></e:NotificationMessage></e:PullMessagesResponse>`;
        const reply = parseReply(encode(buildEnvelope(body)));
        if (reply.kind === 'fault') throw new Error('no fault');
        expect(readAnswer(pullMessages(1_000, 1), reply.body)).toEqual([fromJson]);
      }),
    );
  });
});

describe('what is seen', () => {
  it('is a state or a count and nothing that tells who: the rest is only counted', () => {
    const read = readNotification({
      topic: 'tns1:RuleEngine/Recognition/LicensePlate',
      at: undefined,
      operation: 'Changed',
      source: [
        ['VideoSource', 'vs0'],
        ['PersonName', 'Nguyễn Văn A'],
      ],
      data: [
        ['PlateNumber', '76A-123.45'],
        ['Value', '7612345'],
        ['State', 'Nguyễn Văn A'],
        ['Count', '76A12345'],
        ['ObjectId', '15'],
        ['Likelihood', '0.9'],
        ['IsInside', 'true'],
        ['Count', '3'],
      ],
      complexItems: 2,
    });
    expect(plain(read)).toEqual({
      topic: 'RuleEngine/Recognition/LicensePlate',
      operation: 'Changed',
      source: { VideoSource: 'vs0' },
      data: { IsInside: 'true', Count: '3' },
      dropped: 8,
    });
  });

  it('never passes on text, whatever a camera calls it', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('State', 'Value', 'IsMotion', 'count', 'LogicalState', 'Plate', 'Face', 'Picture'),
    );
    const items = fc.array(fc.tuple(name, fc.string()), { maxLength: 20 });
    fc.assert(
      fc.property(items, fc.nat({ max: 9 }), (data, complexItems) => {
        const read = readNotification({
          topic: 'A',
          at: undefined,
          operation: undefined,
          source: [],
          data,
          complexItems,
        });
        for (const value of read?.data.values() ?? []) {
          expect(parseState(value) !== undefined || /^\s*-?\d{1,15}\s*$/.test(value)).toBe(true);
        }
        expect(read?.dropped).toBeGreaterThanOrEqual(complexItems);
        expect((read?.data.size ?? 0) + (read?.dropped ?? 0)).toBeLessThanOrEqual(data.length + complexItems);
      }),
    );
  });
});

describe('durations', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  it('are read in days, hours, minutes and seconds, and nothing else is', () => {
    expect(['P1DT1H1M1.5S', 'PT90M', 'P2D', ' PT0S '].map(parseDuration)).toEqual([
      90_061_500, 5_400_000, 172_800_000, 0,
    ]);
    for (const text of ['P1Y', 'P', 'PT', 'P1DT', '1S', '-PT1S', 'PT1', ''])
      expect(parseDuration(text)).toBeUndefined();
  });
});
