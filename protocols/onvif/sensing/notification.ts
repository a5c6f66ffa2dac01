import { parseBoolean } from '../values.ts';

/** One event of a camera, without everything that could tell who or what was seen. */
export interface Notification {
  /** Path of local names: the prefixes differ from device to device. `VideoSource/MotionAlarm` */
  readonly topic: string;
  /** When it happened by the device's clock, milliseconds since the Unix epoch. */
  readonly at: number | undefined;
  /** `Initialized` tells a state as it was before the subscription, `Deleted` that its source is gone [ONVIF Core 9.4.3]. */
  readonly operation: 'Initialized' | 'Changed' | 'Deleted' | undefined;
  /** What it is about: the items of its source and of its key, which together name a property [ONVIF Core 9.4.3]. */
  readonly source: ReadonlyMap<string, string>;
  /** States and counts, and nothing else. */
  readonly data: ReadonlyMap<string, string>;
  /** How many items of data were left out. */
  readonly dropped: number;
}

export interface NotificationInput {
  /** As the device wrote it, with prefixes. */
  readonly topic: string;
  readonly at: number | undefined;
  readonly operation: Notification['operation'];
  readonly source: Iterable<readonly [name: string, value: string]>;
  readonly data: Iterable<readonly [name: string, value: string]>;
  /** Items of data that are no name and value: pictures, shapes, descriptions of what was seen. */
  readonly complexItems: number;
}

// What names a detector, an input or a picture source; a source item of any other name might name a person.
const sourceNames =
  /^(VideoSource(Configuration)?(Token)?|(Video)?AnalyticsConfiguration(Token)?|Source(Token)?|Rule(Name)?|(Input|Relay)?Token|Port|Channel|Region|Window|ObjectId)$/i;
const stateNames = /^(State|IsMotion|IsTamper|Value|Motion|Tamper|IsInside|LogicalState)$/i;
const countNames = /^Count$/i;
const maxValueLength = 100;
const maxTopicLength = 300;

/**
 * Makes one event of what a device sent. Kept are the items that name a detector, states and counts: a camera that also
 * recognises faces or plates sends them here, and they go no further than this. Undefined for an event without topic.
 */
export function readNotification(input: NotificationInput): Notification | undefined {
  const topic = readTopic(input.topic);
  if (topic === '') return undefined;
  const all = [...input.data];
  const data = all.filter(([name, value]) => isPermitted(name, value));
  const source = [...input.source].filter(([name]) => sourceNames.test(name));
  return {
    topic,
    at: input.at,
    operation: input.operation,
    source: new Map(source.map(([name, value]) => [name, value.slice(0, maxValueLength)])),
    data: new Map(data),
    dropped: all.length - data.length + input.complexItems,
  };
}

/** Undefined for an event that is no property, and for nonsense. */
export function readOperation(value: unknown): Notification['operation'] {
  return value === 'Initialized' || value === 'Changed' || value === 'Deleted' ? value : undefined;
}

/** A relay's state is `active` or `inactive` where an input's is a boolean [ONVIF Device IO 5.10]. */
export function parseState(text: string | undefined): boolean | undefined {
  const value = text?.trim().toLowerCase();
  if (value === 'active' || value === 'inactive') return value === 'active';
  return parseBoolean(value);
}

function isPermitted(name: string, value: string): boolean {
  if (stateNames.test(name)) return parseState(value) !== undefined;
  return countNames.test(name) && /^\s*-?\d{1,15}\s*$/.test(value);
}

function readTopic(expression: string): string {
  return expression
    .split('/')
    .map((step) => step.slice(step.lastIndexOf(':') + 1).trim())
    .filter((step) => step !== '')
    .join('/')
    .slice(0, maxTopicLength);
}
