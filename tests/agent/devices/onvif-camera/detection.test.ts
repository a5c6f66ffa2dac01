import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DetectionFold,
  detectionSamples,
  detectionState,
  foldDetection,
  forgetInside,
  isDetectionTopic,
  noDetections,
  tellDetections,
} from '../../../../agent/devices/onvif-camera/sensing/detection.ts';
import {
  nothingPublished,
  type Published,
  readPublished,
} from '../../../../agent/devices/onvif-camera/sensing/published.ts';
import { capabilities } from '../../../../protocols/fleet/capabilities/index.ts';
import { metricKeySchema } from '../../../../protocols/fleet/record.ts';
import type { Notification } from '../../../../protocols/onvif/sensing/notification.ts';

const line = 'RuleEngine/LineDetector/Crossed';
const field = 'RuleEngine/FieldDetector/ObjectsInside';
const counter = 'RuleEngine/CountAggregation/Counter';
const occupancy = 'RuleEngine/CountAggregation/OccupancyCounter';

const event = (
  topic: string,
  data: Record<string, string> = {},
  source: Record<string, string> = { VideoSource: 'vs0', Rule: 'Gate' },
  operation: Notification['operation'] = 'Changed',
): Notification => ({
  topic,
  at: undefined,
  operation,
  source: new Map(Object.entries(source)),
  data: new Map(Object.entries(data)),
  dropped: 0,
});

const fold = (events: readonly Notification[], from: DetectionFold = noDetections) =>
  events.reduce((state, one) => foldDetection(state, one, 1_000), from);

describe('detections', () => {
  it('count each crossing of a line, which has no state', () => {
    const crossed = event(line, {}, { VideoSource: 'vs0', Rule: 'Gate' }, undefined);
    expect(detectionState(fold([crossed, crossed, event(line, { State: 'false' })]))).toEqual({
      detectors: [{ id: 'Gate/vs0', name: 'Gate', kind: 'line', count: 2, lastAt: 1_000 }],
      counters: [],
    });
  });

  it('count entries into a field, and tell whether something is inside', () => {
    const inside = event(field, { IsInside: 'true' });
    const outside = event(field, { IsInside: 'false' });
    const initial = event(field, { IsInside: 'true' }, undefined, 'Initialized');
    const state = (events: readonly Notification[]) => detectionState(fold(events)).detectors[0];
    expect(state([initial])).toMatchObject({ active: true, count: 0 });
    expect(state([inside, inside, outside, inside])).toMatchObject({ active: true, count: 2, lastAt: 1_000 });
    expect(state([inside, event(field, {}, undefined, 'Deleted')])).toMatchObject({ active: false, count: 1 });
  });

  it('keep things in one field apart where the camera does', () => {
    const at = (object: string, isInside: boolean) =>
      event(field, { IsInside: String(isInside) }, { Rule: 'Gate', ObjectId: object });
    const state = (events: readonly Notification[]) => detectionState(fold(events)).detectors;
    expect(state([at('1', true), at('2', true), at('1', false)])).toMatchObject([{ active: true, count: 1 }]);
    expect(state([at('1', true), at('1', false), at('2', true)])).toMatchObject([{ active: true, count: 2 }]);
    const empty = event(field, { IsInside: 'false' }, { Rule: 'Gate' });
    expect(state([at('1', true), at('2', true), empty])).toMatchObject([{ active: false, count: 1 }]);
  });

  it('take counters as they are, also when the camera resets them', () => {
    const counted = fold([
      event(counter, { Count: '7' }, undefined, 'Initialized'),
      event(occupancy, { Count: '3' }, { Rule: 'Room' }),
      event(counter, { Count: '0' }),
    ]);
    expect(detectionState(counted).counters).toEqual([
      { id: 'Gate/vs0', name: 'Gate', kind: 'passed', value: 0, lastAt: 1_000 },
      { id: 'Room', name: 'Room', kind: 'inside', value: 3, lastAt: 1_000 },
    ]);
    expect(detectionSamples(counted)).toEqual({ 'detection.objects@Gate/vs0': 0, 'detection.objects@Room': 3 });
  });

  it('forget who is inside and nothing else', () => {
    const before = fold([event(field, { IsInside: 'true' }), event(counter, { Count: '4' })]);
    const after = detectionState(forgetInside(before));
    expect(after.detectors).toMatchObject([{ active: false, count: 1 }]);
    expect(after.counters).toEqual(detectionState(before).counters);
  });

  it('are told at most every 10 s for each rule, and none is lost', () => {
    const crossed = event(line, {}, undefined, undefined);
    const first = tellDetections(fold([crossed]), 0);
    expect(first.events).toEqual([{ name: 'crossed', data: { id: 'Gate/vs0', name: 'Gate', count: 1 } }]);
    const busy = tellDetections(fold([crossed, crossed], first.fold), 9_999);
    expect(busy.events).toEqual([]);
    expect(tellDetections(busy.fold, 10_000).events).toMatchObject([{ data: { count: 2 } }]);
    expect(tellDetections(tellDetections(busy.fold, 10_000).fold, 99_999).events).toEqual([]);
  });

  it('have names of their own that fit the key of a metric, in any language', () => {
    const names = ['Cửa', 'Cứa', 'A B', 'A-B', 'x'.repeat(100), 'x'.repeat(101), '#', ''];
    const folded = fold(names.map((Rule) => event(line, {}, { Rule }, undefined)));
    const { detectors } = detectionState(folded);
    expect(new Set(detectors.map(({ id }) => id)).size).toBe(names.length);
    for (const key of Object.keys(detectionSamples(folded))) metricKeySchema.parse(key);
  });

  it('stay within their bounds and the contract, whatever comes', () => {
    const some = fc.record({
      topic: fc.constantFrom(line, field, counter, occupancy, 'VideoSource/MotionAlarm'),
      at: fc.constant(undefined),
      operation: fc.constantFrom('Initialized', 'Changed', 'Deleted', undefined),
      source: fc
        .dictionary(fc.constantFrom('Rule', 'VideoSource', 'ObjectId', 'X'), fc.string({ unit: 'binary' }))
        .map((items) => new Map(Object.entries(items))),
      data: fc
        .dictionary(
          fc.constantFrom('IsInside', 'Count', 'State'),
          fc.constantFrom('true', 'false', '12', '-1', '9e99', 'x'),
        )
        .map((items) => new Map(Object.entries(items))),
      dropped: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 150 }), (notifications) => {
        let state: DetectionFold = noDetections;
        let told = 0;
        let mono = 0;
        for (const notification of notifications) {
          const before = total(state);
          const next = foldDetection(state, notification, 5);
          expect(total(next) - before).toBeGreaterThanOrEqual(0);
          expect(total(next) - before).toBeLessThanOrEqual(1);
          if (!isDetectionTopic(notification.topic)) expect(next).toBe(state);
          const { fold: after, events } = tellDetections(next, mono);
          told += events.reduce((sum, { data }) => sum + data.count, 0);
          mono += 4_000;
          capabilities.detection.state.strict().parse(detectionState(after));
          for (const key of Object.keys(detectionSamples(after))) metricKeySchema.parse(key);
          state = after;
        }
        told += tellDetections(state, mono + 10_000).events.reduce((sum, { data }) => sum + data.count, 0);
        expect(told).toBe(total(state));
      }),
    );
  });
});

const total = (state: DetectionFold) => detectionState(state).detectors.reduce((sum, { count }) => sum + count, 0);

describe('published events', () => {
  const encode = (value: unknown) => new TextEncoder().encode(value === undefined ? '' : JSON.stringify(value));
  const topic = 'device-1/onvif-ej/RuleEngine/FieldDetector/ObjectsInside/&vs0/Gate';
  const message = (isInside: boolean) => ({ Source: { Rule: 'Gate' }, Data: { IsInside: isInside } });
  const publish = (payloads: readonly unknown[], isRetained = false): readonly Notification[] => {
    let published: Published = nothingPublished;
    return payloads.map((payload) => {
      const read = readPublished(published, 'device-1', { topic, payload: encode(payload), isRetained });
      published = read.published;
      return read.notification;
    });
  };

  it('tell a state first, its changes then, and its end for the source that was last', () => {
    const read = publish([message(true), message(false), undefined]);
    expect(read.map(({ operation }) => operation)).toEqual(['Initialized', 'Changed', 'Deleted']);
    expect(read.map(({ source }) => source.get('Rule'))).toEqual(['Gate', 'Gate', 'Gate']);
  });

  it('happen each time where they carry no state', () => {
    const crossed = { Source: { Rule: 'Gate' }, Data: { ObjectId: '15' } };
    expect(publish([crossed, crossed]).map(({ operation }) => operation)).toEqual([undefined, undefined]);
  });

  it('are states of before where the broker has kept them', () => {
    const read = publish([message(false), message(true)], true);
    expect(read.map(({ operation }) => operation)).toEqual(['Initialized', 'Initialized']);
  });

  it('fold like those of a pull point', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (states) => {
        const pulled = states.map((isInside, index) =>
          event(field, { IsInside: String(isInside) }, { Rule: 'Gate' }, index === 0 ? 'Initialized' : 'Changed'),
        );
        expect(detectionState(fold(publish(states.map(message))))).toEqual(detectionState(fold(pulled)));
      }),
    );
  });

  it('are remembered for 512 topics, and read beyond', () => {
    let published: Published = nothingPublished;
    for (let index = 0; index < 600; index += 1) {
      const other = { topic: `${topic}${index}`, payload: encode(message(true)), isRetained: false };
      const read = readPublished(published, 'device-1', other);
      expect(read.notification.operation).toBe('Initialized');
      published = read.published;
    }
    expect(published.byTopic.size).toBe(512);
  });
});
