import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import { type Notification, parseState } from '../../../../protocols/onvif/sensing/notification.ts';
import { printable } from '../failure.ts';

interface Detector {
  readonly id: string;
  readonly name: string;
  readonly kind: 'line' | 'field';
  /** What is in a field now; one nameless thing where the camera does not tell them apart. */
  readonly inside: ReadonlySet<string>;
  /** Crossings or entries since the session began. */
  readonly count: number;
  readonly lastAt: number | undefined;
  /** Of them not yet told by an event, and when the last event was, by the monotonic clock. */
  readonly untold: number;
  readonly toldAt: number | undefined;
}

interface Counter {
  readonly id: string;
  readonly name: string;
  readonly kind: 'passed' | 'inside';
  readonly value: number;
  readonly lastAt: number | undefined;
}

/** What the rules inside a camera have told so far. */
export interface DetectionFold {
  readonly detectors: ReadonlyMap<string, Detector>;
  readonly counters: ReadonlyMap<string, Counter>;
}

export interface DetectionEvent {
  readonly name: 'crossed' | 'entered';
  readonly data: { readonly id: string; readonly name: string; readonly count: number };
}

export const noDetections: DetectionFold = { detectors: new Map(), counters: new Map() };

/** Rules and things in one field that are kept apart; a camera that invents more is not followed. */
const maxDetectors = 32;
const maxCounters = 32;
const maxObjects = 256;
/** A busy line tells what crossed it in this time by one event. */
const tellIntervalMs = 10_000;

const lineTopic = /(^|\/)LineDetector\/Crossed$/;
const fieldTopic = /(^|\/)FieldDetector\/ObjectsInside$/;
const counterTopic = /(^|\/)CountAggregation\/(Occupancy)?Counter$/;

/** Whether events of this topic are folded here. */
export function isDetectionTopic(topic: string): boolean {
  return lineTopic.test(topic) || fieldTopic.test(topic) || counterTopic.test(topic);
}

/** Takes one event into account. `now` is the agent's clock. */
export function foldDetection(fold: DetectionFold, notification: Notification, now: number): DetectionFold {
  const { topic } = notification;
  if (lineTopic.test(topic)) return foldLine(fold, notification, now);
  if (fieldTopic.test(topic)) return foldField(fold, notification, now);
  return counterTopic.test(topic) ? foldCounter(fold, notification, now) : fold;
}

/** Forgets who is where, before the camera tells it anew. */
export function forgetInside(fold: DetectionFold): DetectionFold {
  const detectors = [...fold.detectors].map(
    ([key, detector]) => [key, { ...detector, inside: new Set<string>() }] as const,
  );
  return { ...fold, detectors: new Map(detectors) };
}

/** The events that are due at `mono`, and the fold that has told them. */
export function tellDetections(
  fold: DetectionFold,
  mono: number,
): { readonly fold: DetectionFold; readonly events: readonly DetectionEvent[] } {
  const events: DetectionEvent[] = [];
  const detectors = new Map(fold.detectors);
  for (const [key, detector] of fold.detectors) {
    const { id, name, kind, untold, toldAt } = detector;
    if (untold === 0 || (toldAt !== undefined && mono - toldAt < tellIntervalMs)) continue;
    events.push({ name: kind === 'line' ? 'crossed' : 'entered', data: { id, name, count: untold } });
    detectors.set(key, { ...detector, untold: 0, toldAt: mono });
  }
  return events.length === 0 ? { fold, events } : { fold: { ...fold, detectors }, events };
}

export function detectionState(fold: DetectionFold): CapabilityState<'detection'> {
  return {
    detectors: [...fold.detectors.values()].map(({ id, name, kind, inside, count, lastAt }) => ({
      id,
      name,
      kind,
      ...(kind === 'field' ? { active: inside.size > 0 } : {}),
      count,
      ...(lastAt === undefined ? {} : { lastAt }),
    })),
    counters: [...fold.counters.values()].map(({ lastAt, ...counter }) => ({
      ...counter,
      ...(lastAt === undefined ? {} : { lastAt }),
    })),
  };
}

export function detectionSamples(fold: DetectionFold): Readonly<Record<string, number>> {
  const detectors = [...fold.detectors.values()].map(({ id, count }) => [`detection.detections@${id}`, count]);
  const counters = [...fold.counters.values()].map(({ id, value }) => [`detection.objects@${id}`, value]);
  return Object.fromEntries([...detectors, ...counters]);
}

/** A crossing is no state: each message is one. Some makers send an end beside, which is none. */
function foldLine(fold: DetectionFold, notification: Notification, now: number): DetectionFold {
  const { operation, data } = notification;
  const isEnd = operation === 'Deleted' || [...data.values()].some((value) => parseState(value) === false);
  const hasCrossed = !isEnd && operation !== 'Initialized';
  return withDetector(fold, 'line', notification, (line) => (hasCrossed ? counted(line, now) : line));
}

function foldField(fold: DetectionFold, notification: Notification, now: number): DetectionFold {
  const { operation, source, data } = notification;
  const object = source.get('ObjectId') ?? '';
  const isInside = operation === 'Deleted' ? false : parseState(data.get('IsInside') ?? data.get('State'));
  if (isInside === undefined) return fold;
  return withDetector(fold, 'field', notification, (field) => {
    // An end that names nothing empties the field.
    const isEmptied = !isInside && object === '' && field.inside.size > 0;
    if (field.inside.has(object) === isInside && !isEmptied) return field;
    const inside = new Set(isEmptied ? [] : field.inside);
    if (!isInside) inside.delete(object);
    else if (inside.size < maxObjects) inside.add(object);
    const hasBegun = field.inside.size === 0 && inside.size > 0 && operation !== 'Initialized';
    return hasBegun ? { ...counted(field, now), inside } : { ...field, inside };
  });
}

function foldCounter(fold: DetectionFold, notification: Notification, now: number): DetectionFold {
  const text = [...notification.data].find(([name]) => /^count$/i.test(name))?.[1];
  const value = Number(text);
  if (text === undefined || !Number.isSafeInteger(value)) return fold;
  const kind = notification.topic.endsWith('OccupancyCounter') ? 'inside' : 'passed';
  const { id, name } = nameOf(notification);
  const key = `${kind} ${id}`;
  const known = fold.counters.get(key);
  if ((!known && fold.counters.size >= maxCounters) || known?.value === value) return fold;
  const hasChanged = known !== undefined || notification.operation !== 'Initialized';
  const counters = new Map(fold.counters);
  counters.set(key, { id, name, kind, value, lastAt: hasChanged ? now : undefined });
  return { ...fold, counters };
}

function withDetector(
  fold: DetectionFold,
  kind: Detector['kind'],
  notification: Notification,
  change: (detector: Detector) => Detector,
): DetectionFold {
  const { id, name } = nameOf(notification);
  const key = `${kind} ${id}`;
  const known = fold.detectors.get(key);
  if (!known && fold.detectors.size >= maxDetectors) return fold;
  const fresh = {
    id,
    name,
    kind,
    inside: new Set<string>(),
    count: 0,
    lastAt: undefined,
    untold: 0,
    toldAt: undefined,
  };
  const next = change(known ?? fresh);
  if (next === known) return fold;
  return { ...fold, detectors: new Map([...fold.detectors, [key, next]]) };
}

function counted(detector: Detector, now: number): Detector {
  return { ...detector, count: detector.count + 1, untold: detector.untold + 1, lastAt: now };
}

/** The rule and its picture source: stable over sessions and the same from either feed, and fit for the key of a metric. */
function nameOf({ source }: Notification): { readonly id: string; readonly name: string } {
  const find = (pattern: RegExp) => [...source].find(([item]) => pattern.test(item))?.[1];
  const rule = find(/^Rule(Name)?$/i);
  const picture = find(/^VideoSource|^Source/i);
  const parts = [rule, picture].flatMap((part) => (part === undefined || part === '' ? [] : slug(part)));
  const name = printable(rule ?? picture ?? '', 100);
  return { id: parts.join('/') || 'rule', name: name || 'rule' };
}

/** What a metric's instance may hold; a text that loses something on the way keeps a mark of its own. */
function slug(text: string): string {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/g, 'd').replace(/Đ/g, 'D');
  const clean = plain.replace(/[^\w.:-]+/g, '-').slice(0, 20);
  return clean === text ? text : `${clean}-${checksum(text)}`;
}

/** FNV-1a, 32 bits, in hex: tells two rules apart whose names differ only in what a slug drops. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
