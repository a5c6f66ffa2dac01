import type { Framer } from '../../../protocols/bytes/framer.ts';
import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { TlsOptions } from '../driver.ts';
import type { Channel } from './channel.ts';

export type PanelFault = NonNullable<CapabilityState<'diagnostics'>['faults']>[number];

/** Everything that some wire can say about a panel, in the words of the product. */
export interface Readings {
  readonly power: 'on' | 'off';
  /** An id of the wire's inputs, or `code-` and the wire's own code for one that it has no name for. */
  readonly input: string;
  readonly signal: boolean;
  /** Percent. */
  readonly volume: number;
  readonly muted: boolean;
  readonly blanked: boolean;
  readonly frozen: boolean;
  readonly panelLocked: boolean;
  readonly remoteLocked: boolean;
  readonly keysLocked: boolean;
  readonly celsius: number;
  /** The panel finds itself too hot, or not. */
  readonly overheated: boolean;
  readonly hours: number;
  readonly faults: readonly PanelFault[];
  readonly serial: string;
  readonly model: string;
  readonly firmware: string;
  readonly hardware: string;
  readonly name: string;
  /** The line over the picture; empty when there is none. */
  readonly message: string;
}
export type Topic = keyof Readings;

/** What can be set, and is verified by asking for the same topic. */
export type Settable =
  | 'power'
  | 'input'
  | 'volume'
  | 'muted'
  | 'blanked'
  | 'frozen'
  | 'panelLocked'
  | 'remoteLocked'
  | 'keysLocked';

/** One exchange that yields one or more topics. */
export interface Question {
  /** At least one. A value that the panel leaves out is left out of the answer. */
  readonly gives: readonly Topic[];
  /** `power` is asked first and must succeed; `status` at every poll; `wear` every few minutes; `facts` once an hour. */
  readonly rank: 'power' | 'status' | 'wear' | 'facts';
  /** Whether a panel answers it while it is off. */
  readonly inStandby: boolean;
  /** Throws DeviceError; `unsupported` when the panel refuses this question by its own protocol. */
  ask(channel: Channel): Promise<Partial<Readings>>;
}

/** Throws DeviceError; `unsupported` when the panel refuses. Returning means acknowledged, never more. */
export type Order<T extends Settable> = (channel: Channel, value: Readings[T]) => Promise<void>;
export type Orders = { readonly [T in Settable]?: Order<T> };

/** A line over the picture, verified by asking for the topic `message`. */
export interface PanelMessage {
  /** Returns the line as the panel can show it. Throws DeviceError. */
  show(channel: Channel, text: string, minutes: number): Promise<string>;
  clear(channel: Channel): Promise<void>;
}

/** What one vendor profile knows: how the generic questions and orders read on its wire. */
export interface PanelWire {
  readonly vendor: string;
  readonly port: number;
  /** Least time between an answer and the next question. */
  readonly paceMs: number;
  readonly answerTimeoutMs: number;
  readonly inputs: readonly PanelInput[];
  /** Exactly one has the rank `power` and gives `power`. */
  readonly questions: readonly Question[];
  readonly orders: Orders;
  /** Only where the wire has an order of its own for it. */
  readonly reboot?: (channel: Channel) => Promise<void>;
  readonly message?: PanelMessage;
  /** Present when the wire is spoken inside TLS. */
  readonly tls?: TlsOptions;
  createFramer(): Framer;
  /** What must pass on a fresh connection before the first question. Throws DeviceError. */
  readonly open?: (channel: Channel) => Promise<void>;
}

export interface PanelInput {
  readonly id: string;
  readonly label: string;
}
