import type { Camera } from '../camera.ts';

export interface ImagingState {
  brightness: number;
  contrast: number;
  saturation: number;
  sharpness: number;
  irCutFilter: string;
  backlight: string;
  exposure: string;
}

export interface Relay {
  readonly token: string;
  mode: 'Monostable' | 'Bistable';
  delayMs: number;
  idle: 'open' | 'closed';
  isActive: boolean;
}

export interface Input {
  readonly token: string;
  isActive: boolean;
}

/** A rule of the camera's own analytics. */
export interface Rule {
  readonly name: string;
  readonly kind: 'line' | 'field' | 'counter' | 'occupancy';
  /** What is in the field now, or what was counted. */
  value: number;
}

/** One event, apart from how it is sent. */
export interface CameraEvent {
  /** With prefixes, as in a pull point. */
  readonly topic: string;
  readonly isProperty: boolean;
  readonly source: readonly (readonly [name: string, value: string])[];
  readonly data: readonly (readonly [name: string, value: string | number | boolean])[];
  /** Elements in the data beside, such as what a recognition found. */
  readonly elements?: string;
}

/** What a simulated camera senses and switches. */
export interface Senses {
  readonly imaging: ImagingState;
  readonly relays: readonly Relay[];
  readonly inputs: readonly Input[];
  readonly rules: readonly Rule[];
  /** Sends an event to whoever listens. */
  tell: (event: CameraEvent) => void;
}

export interface SenseTraits {
  readonly hasImaging: boolean;
  /** Acknowledges picture settings and changes none. */
  readonly ignoresImaging: boolean;
  /** False for a camera that switches its relays and never tells. */
  readonly tellsRelays: boolean;
  /** Acknowledges every relay command and switches nothing. */
  readonly hasStuckRelays: boolean;
  /** Knows its outputs only at the service for inputs and outputs. */
  readonly hasRelaysAtDeviceIo: boolean;
  /** Message brokers that it can publish to; 0 for a camera without that. */
  readonly maxEventBrokers: number;
  /** Takes the address of a broker and never goes there. */
  readonly isShyOfBrokers: boolean;
}

export function createSenses(options: Partial<Pick<Senses, 'relays' | 'inputs' | 'rules'>>): Senses {
  return {
    imaging: {
      brightness: 50,
      contrast: 40,
      saturation: 60,
      sharpness: 3,
      irCutFilter: 'AUTO',
      backlight: 'OFF',
      exposure: 'AUTO',
    },
    relays: (options.relays ?? []).map((relay) => ({ ...relay })),
    inputs: (options.inputs ?? []).map((input) => ({ ...input })),
    rules: (options.rules ?? []).map((rule) => ({ ...rule })),
    tell: () => {},
  };
}

export function senseTraits(options: Partial<SenseTraits>): SenseTraits {
  return {
    hasImaging: options.hasImaging ?? true,
    ignoresImaging: options.ignoresImaging ?? false,
    tellsRelays: options.tellsRelays ?? true,
    hasStuckRelays: options.hasStuckRelays ?? false,
    hasRelaysAtDeviceIo: options.hasRelaysAtDeviceIo ?? false,
    maxEventBrokers: options.maxEventBrokers ?? 0,
    isShyOfBrokers: options.isShyOfBrokers ?? false,
  };
}

export const motionEvent = ({ isMotion }: Camera): CameraEvent => ({
  topic: 'tns1:RuleEngine/CellMotionDetector/Motion',
  isProperty: true,
  source: [
    ['VideoSourceConfigurationToken', 'vsc0'],
    ['Rule', 'MyMotionDetector'],
  ],
  data: [['IsMotion', isMotion]],
});

export const tamperEvent = ({ isTampered }: Camera): CameraEvent => ({
  topic: 'tns1:VideoSource/GlobalSceneChange/ImagingService',
  isProperty: true,
  source: [['Source', 'vs0']],
  data: [['State', isTampered]],
});

export const relayEvent = ({ token, isActive }: Relay): CameraEvent => ({
  topic: 'tns1:Device/Trigger/Relay',
  isProperty: true,
  source: [['RelayToken', token]],
  data: [['LogicalState', isActive ? 'active' : 'inactive']],
});

export const inputEvent = ({ token, isActive }: Input): CameraEvent => ({
  topic: 'tns1:Device/Trigger/DigitalInput',
  isProperty: true,
  source: [['InputToken', token]],
  data: [['LogicalState', isActive]],
});

const ruleTopics = {
  line: 'tns1:RuleEngine/LineDetector/Crossed',
  field: 'tns1:RuleEngine/FieldDetector/ObjectsInside',
  counter: 'tns1:RuleEngine/CountAggregation/Counter',
  occupancy: 'tns1:RuleEngine/CountAggregation/OccupancyCounter',
} as const;

/** What analytics tell besides is sent too: a real camera does not leave it out for us. */
export function ruleEvent({ name, kind, value }: Rule): CameraEvent {
  const told: CameraEvent['data'] =
    kind === 'field' ? [['IsInside', value > 0]] : kind === 'line' ? [] : [['Count', value]];
  return {
    topic: ruleTopics[kind],
    isProperty: kind !== 'line',
    source: [
      ['VideoSource', 'vs0'],
      ['AnalyticsConfiguration', 'vac0'],
      ['Rule', name],
    ],
    data: [...told, ['ObjectId', '15'], ['ClassTypes', 'Human']],
  };
}

/** A recogniser's event: none of it may ever leave the agent. */
export const recognitionEvent = (plate: string): CameraEvent => ({
  topic: 'tns1:RuleEngine/Recognition/LicensePlate',
  isProperty: false,
  source: [
    ['VideoSource', 'vs0'],
    ['Rule', 'Plates'],
  ],
  data: [
    ['Value', plate],
    ['State', plate],
    ['PlateNumber', plate],
  ],
  elements: `<tt:ElementItem Name="LicensePlateInfo"><tt:PlateNumber Likelihood="0.9">${plate}</tt:PlateNumber></tt:ElementItem>`,
});

/** Every property as it is now, as a new listener is told. */
export function propertiesOf(camera: Camera): readonly CameraEvent[] {
  const { senses, traits } = camera;
  return [
    motionEvent(camera),
    tamperEvent(camera),
    ...(traits.tellsRelays ? senses.relays.map(relayEvent) : []),
    ...senses.inputs.map(inputEvent),
    ...senses.rules.filter(({ kind }) => kind !== 'line').map(ruleEvent),
  ];
}

/** Every topic that it may tell about. */
export function topicsOf(camera: Camera): readonly string[] {
  const lines = camera.senses.rules.filter(({ kind }) => kind === 'line').map(ruleEvent);
  return [...new Set([...propertiesOf(camera), ...lines].map(({ topic }) => topic))];
}
