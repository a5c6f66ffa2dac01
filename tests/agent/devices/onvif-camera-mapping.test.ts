import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicStreamUri, relocate, urlOf } from '../../../agent/devices/onvif-camera/address.ts';
import { printable } from '../../../agent/devices/onvif-camera/failure.ts';
import {
  type CameraFacts,
  describeCamera,
  firmwareState,
  foldMotion,
  forgetMotion,
  identityState,
  type MotionFold,
  motionState,
  noMotion,
  ptzState,
  videoState,
} from '../../../agent/devices/onvif-camera/mapping.ts';
import { capabilities } from '../../../protocols/fleet/capabilities/index.ts';
import { descriptorSchema } from '../../../protocols/fleet/record.ts';
import type { Notification } from '../../../protocols/onvif/sensing/notification.ts';

const origin = { scheme: 'http', host: '10.0.0.5', port: 8080 } as const;

describe('addresses that a camera advertises', () => {
  it.each([
    ['http://10.0.0.5:8080/onvif/media', 8080, '/onvif/media'],
    ['http://192.0.2.1/onvif/media?a=1&b=2', 80, '/onvif/media?a=1&b=2'],
    ['http://attacker.example:81/x', 81, '/x'],
    ['http://user:secret@10.0.0.5:82/x', 82, '/x'],
    [' https://10.0.0.5:443/x ', 8080, '/x'],
    ['http://10.0.0.5:0/x', 8080, '/x'],
    ['http://10.0.0.5', 80, '/'],
  ])('give port and path only: %s', (advertised, port, path) => {
    const location = relocate(advertised, origin);
    expect(location).toEqual({ port, path });
    expect(urlOf(origin, location ?? { port: 1, path: '/' })).toBe(`http://10.0.0.5:${port}${path}`);
  });

  it.each(['', '/onvif/media', 'ftp://10.0.0.5/', 'javascript:alert(1)', 'http://', 'http://a:99999/'])(
    'are nothing when they are no HTTP address: %s',
    (advertised) => expect(relocate(advertised, origin)).toBeUndefined(),
  );

  it('never lead away from the enrolled host', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.webUrl().map((url) => url.replace('//', '//a:b@')),
        ),
        (text) => {
          const location = relocate(text, origin);
          if (location) expect(new URL(urlOf(origin, location)).hostname).toBe('10.0.0.5');
        },
      ),
    );
  });

  it('put an IPv6 host into brackets', () => {
    expect(urlOf({ scheme: 'https', host: 'fe80::1', port: 443 }, { port: 443, path: '/' })).toBe(
      'https://[fe80::1]:443/',
    );
  });
});

describe('stream addresses', () => {
  const show = (advertised: string) => publicStreamUri(advertised, '10.0.0.5', 'S3cret!&');
  it.each([
    ['rtsp://admin:S3cret!@192.0.2.1:554/ch0?channel=1&subtype=0', 'rtsp://10.0.0.5:554/ch0?channel=1&subtype=0'],
    ['rtsp://192.0.2.1/ch0?user=a&password=b&x=1', 'rtsp://10.0.0.5/ch0?x=1'],
    [
      'rtsp://192.0.2.1:554/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp',
      'rtsp://10.0.0.5:554/channel=1_stream=0.sdp',
    ],
    ['rtsp://192.0.2.1/user=a_password=a_b_stream=0', 'rtsp://10.0.0.5/stream=0'],
    ['rtsp://192.0.2.1/x?token=abc', 'rtsp://10.0.0.5/x'],
  ])('are shown without credentials: %s', (advertised, shown) => expect(show(advertised)).toBe(shown));

  it.each(['', 'file:///etc/passwd', 'rtsp://h/S3cret!&/x', 'rtsp://h/S3cret!%26/x', `rtsp://h/${'x'.repeat(600)}`])(
    'are hidden when they cannot be shown: %s',
    (advertised) => expect(show(advertised)).toBeUndefined(),
  );
});

const event = (
  topic: string,
  data: Record<string, string>,
  operation: Notification['operation'] = 'Changed',
  source: Record<string, string> = { VideoSource: '1' },
): Notification => ({
  topic,
  at: undefined,
  operation,
  source: new Map(Object.entries(source)),
  data: new Map(Object.entries(data)),
  dropped: 0,
});

const motion = 'RuleEngine/CellMotionDetector/Motion';
const fold = (events: readonly Notification[], from: MotionFold = noMotion) =>
  events.reduce((state, notification) => foldMotion(state, notification, 1_000), from);

describe('motion', () => {
  it.each([
    [motion, 'IsMotion', 'true'],
    ['VideoSource/MotionAlarm', 'State', '1'],
    ['RuleEngine/MotionRegionDetector/Motion', 'State', 'TRUE'],
  ])('is read from %s', (topic, item, value) => {
    expect(motionState(fold([event(topic, { [item]: value })]))).toEqual({ active: true, lastAt: 1_000 });
  });

  it.each([
    ['VideoSource/GlobalSceneChange/ImagingService', 'State'],
    ['RuleEngine/TamperDetector/Tamper', 'IsTamper'],
    ['VideoSource/Tampering', 'State'],
  ])('is kept apart from tampering, %s', (topic, item) => {
    expect(motionState(fold([event(topic, { [item]: 'true' })]))).toEqual({ active: false, tampered: true });
    expect(motionState(fold([event(topic, { [item]: 'false' })]))).toEqual({ active: false, tampered: false });
  });

  it('is active while any source sees it, and counted once per beginning', () => {
    const at = (source: string, value: string) =>
      event(motion, { IsMotion: value }, 'Changed', { VideoSource: source });
    const both = fold([at('1', 'true'), at('1', 'true'), at('2', 'true'), at('1', 'false')]);
    expect(motionState(both).active).toBe(true);
    expect(both.count).toBe(2);
    expect(motionState(fold([at('2', 'false')], both)).active).toBe(false);
  });

  it('ends when its source is deleted, and when the camera sends an empty message', () => {
    const active = fold([event(motion, { IsMotion: 'true' })]);
    expect(motionState(fold([event(motion, {}, 'Deleted')], active)).active).toBe(false);
    expect(motionState(fold([event(motion, {}, undefined, {})], active)).active).toBe(false);
  });

  it('that stood before is no detection, and what a new pull point does not repeat is over', () => {
    const initial = fold([event(motion, { IsMotion: 'true' }, 'Initialized')]);
    expect(initial).toMatchObject({ count: 0, lastAt: 1_000 });
    expect(motionState(forgetMotion(initial)).active).toBe(false);
  });

  it('is not read from other events or from nonsense', () => {
    const others = [
      event('Device/Trigger/DigitalInput', { LogicalState: 'true' }),
      event('RuleEngine/MyMotionless', { State: 'true' }),
      event(motion, { ObjectId: '7' }),
      event(motion, { IsMotion: 'maybe' }),
    ];
    expect(fold(others)).toEqual(noMotion);
  });

  it('stays bounded and true to the contract, whatever comes', () => {
    const some = fc.record({
      topic: fc.constantFrom(motion, 'VideoSource/MotionAlarm', 'RuleEngine/TamperDetector/Tamper', 'Other'),
      at: fc.constant(undefined),
      operation: fc.constantFrom('Initialized', 'Changed', 'Deleted', undefined),
      source: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }).map((items) => new Map(Object.entries(items))),
      data: fc
        .dictionary(fc.constantFrom('State', 'IsMotion', 'IsTamper', 'X'), fc.constantFrom('true', 'false', '1', 'x'))
        .map((items) => new Map(Object.entries(items))),
      dropped: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 200 }), (notifications) => {
        let state: MotionFold = noMotion;
        for (const notification of notifications) {
          const next = foldMotion(state, notification, 5);
          expect(next.count).toBeGreaterThanOrEqual(state.count);
          expect(next.count - state.count).toBeLessThanOrEqual(1);
          expect(next.active.size).toBeLessThanOrEqual(64);
          capabilities.motion.state.strict().parse(motionState(next));
          state = next;
        }
      }),
    );
  });
});

describe('states', () => {
  const text = fc.option(fc.string({ unit: 'binary', maxLength: 400 }), { nil: undefined });
  const token = fc.string({ minLength: 1, maxLength: 80 });
  const count = fc.option(fc.nat(), { nil: undefined });
  const axis = fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined });
  const zoom = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
  const position = fc.record({ pan: axis, tilt: axis, zoom });
  const facts: fc.Arbitrary<CameraFacts> = fc.record({
    information: fc.record({
      manufacturer: text,
      model: text,
      firmwareVersion: text,
      serialNumber: text,
      hardwareId: text,
    }),
    name: text,
    macs: fc.array(fc.constant('02:ed:f1:00:00:01'), { maxLength: 32 }),
    profiles: fc.array(
      fc.record({
        token,
        name: fc.string({ maxLength: 300 }),
        encoding: text,
        width: count,
        height: count,
        framesPerSecond: count,
        bitrateKbps: count,
        videoSource: fc.option(token, { nil: undefined }),
        hasPtz: fc.boolean(),
      }),
      { maxLength: 32 },
    ),
    streamUris: fc.constant(new Map<string, string>()),
    hasSnapshot: fc.boolean(),
    presets: fc.array(fc.record({ token, name: fc.string({ maxLength: 300 }), position }), { maxLength: 20 }),
    hasPtz: fc.boolean(),
    hasEvents: fc.boolean(),
  });

  it('keep the contract, whatever a camera says', () => {
    fc.assert(
      fc.property(facts, position, (camera, where) => {
        descriptorSchema.strict().parse(describeCamera(camera));
        capabilities.identity.state.strict().parse(identityState(camera));
        capabilities.video.state.strict().parse(videoState(camera));
        capabilities.firmware.state.strict().parse(firmwareState(camera, 1));
        capabilities.ptz.state.strict().parse(ptzState(camera, { position: where, isMoving: undefined }));
      }),
    );
  });

  it('show no control characters', () => {
    expect(printable('a\u0000b\u009bc\u202ed\ne', 100)).toBe('a b c d e');
    expect(printable('😀😀', 3)).toBe('😀\ufffd');
  });
});
