import type { PjlinkClass } from './line.ts';
import {
  parseClass,
  parseFaults,
  parseHours,
  parseInput,
  parseInputs,
  parseLamps,
  parseMute,
  parsePower,
  parseResolution,
  parseSize,
  parseSwitch,
  parseText,
} from './values.ts';

/** One question: its code, the class that knows it, and how its answer reads. */
export interface Query<T> {
  readonly class: PjlinkClass;
  readonly code: string;
  /** Throws ProtocolError `malformed`. */
  readonly parse: (parameter: string) => T;
}

/** Every question of class 1 and 2. Inputs can be asked in both classes; class 2 knows more of them. */
export const queries = {
  power: { class: 1, code: 'POWR', parse: parsePower },
  input: { class: 1, code: 'INPT', parse: parseInput },
  mute: { class: 1, code: 'AVMT', parse: parseMute },
  faults: { class: 1, code: 'ERST', parse: parseFaults },
  lamps: { class: 1, code: 'LAMP', parse: parseLamps },
  inputs: { class: 1, code: 'INST', parse: parseInputs },
  name: { class: 1, code: 'NAME', parse: parseText },
  maker: { class: 1, code: 'INF1', parse: parseText },
  model: { class: 1, code: 'INF2', parse: parseText },
  remark: { class: 1, code: 'INFO', parse: parseText },
  class: { class: 1, code: 'CLSS', parse: parseClass },
  serial: { class: 2, code: 'SNUM', parse: parseText },
  software: { class: 2, code: 'SVER', parse: parseText },
  inputName: { class: 2, code: 'INNM', parse: parseText },
  resolution: { class: 2, code: 'IRES', parse: parseResolution },
  recommendedResolution: { class: 2, code: 'RRES', parse: parseSize },
  filterHours: { class: 2, code: 'FILT', parse: parseHours },
  lampModel: { class: 2, code: 'RLMP', parse: parseText },
  filterModel: { class: 2, code: 'RFIL', parse: parseText },
  frozen: { class: 2, code: 'FREZ', parse: parseSwitch },
} as const satisfies Readonly<Record<string, Query<unknown>>>;
