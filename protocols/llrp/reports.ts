import type { Message } from './messages.ts';
import { allParameters, findParameter, type Parameter, type ParameterOf } from './parameters.ts';

/** One tag as one report tells it. */
export interface TagSighting {
  /** Lower hex, whole bytes. */
  readonly epc: string;
  /** Protocol control word: length, user memory, toggle bit and, behind that, AFI or attributes. */
  readonly pc?: number;
  readonly antenna?: number;
  /** dBm */
  readonly rssi?: number;
  /** Which ROSpec saw it. */
  readonly roSpec?: number;
}

/** What a reader tells unasked [LLRP 1.0.1 section 13.2.6]; what a gate has no use for is left out. */
export type ReaderEvent =
  /** Status 0: we may speak. 1 and 2: another connection stands. 3: any other reason. 4: somebody else tried to connect. */
  | { readonly kind: 'connection-attempt'; readonly status: number }
  | { readonly kind: 'connection-closed' }
  | { readonly kind: 'input'; readonly port: number; readonly high: boolean }
  | { readonly kind: 'antenna'; readonly antenna: number; readonly connected: boolean }
  | { readonly kind: 'ro-spec'; readonly change: 'started' | 'ended' | 'preempted'; readonly roSpec: number }
  | { readonly kind: 'buffer-filling'; readonly percent: number }
  | { readonly kind: 'buffer-overflow' }
  | { readonly kind: 'exception'; readonly message: string };

/** How a reader answers a request [LLRP 1.0.1 section 14.2]. */
export interface ReaderStatus {
  /** 0 success; 100 to 112 message, 200 to 209 parameter, 300 and 301 field, 401 device. */
  readonly code: number;
  readonly description: string;
}

/** StatusCode `M_UnsupportedVersion` [LLRP 1.1 section 15]: what a reader of 1.0.1 answers to a message of 1.1. */
export const unsupportedVersion = 110;

/** The tags of a report; one without an EPC says nothing and is left out. */
export function readTags(message: Message): readonly TagSighting[] {
  if (message.kind !== 'ro-access-report') return [];
  return allParameters(message.parameters, 'tag-report-data').flatMap((tag) => readTag(tag) ?? []);
}

function readTag({ parameters }: ParameterOf<'tag-report-data'>): TagSighting | undefined {
  const epc = readEpc(parameters);
  if (epc === undefined) return undefined;
  const pc = findParameter(parameters, 'c1g2-pc')?.pc;
  const antenna = findParameter(parameters, 'antenna-id')?.antenna;
  const rssi = findParameter(parameters, 'peak-rssi')?.rssi;
  const roSpec = findParameter(parameters, 'ro-spec-id')?.roSpec;
  return {
    epc,
    ...(pc === undefined ? {} : { pc }),
    ...(antenna === undefined ? {} : { antenna }),
    ...(rssi === undefined ? {} : { rssi }),
    ...(roSpec === undefined ? {} : { roSpec }),
  };
}

/** An EPC of 96 bits comes as EPC-96, any other length as EPCData [LLRP 1.0.1 section 16.2.7.3]. */
function readEpc(parameters: readonly Parameter[] | undefined): string | undefined {
  const short = findParameter(parameters, 'epc-96');
  if (short) return short.epc;
  const data = findParameter(parameters, 'epc-data');
  if (!data || data.bits === 0) return undefined;
  const epc = data.epc.slice(0, Math.ceil(data.bits / 8) * 2);
  return epc.length * 4 >= data.bits ? epc : undefined;
}

/** The events of a notification, in the order of the reader. */
export function readEvents(message: Message): readonly ReaderEvent[] {
  if (message.kind !== 'reader-event-notification') return [];
  const data = findParameter(message.parameters, 'reader-event-notification-data');
  return (data?.parameters ?? []).flatMap((parameter) => readEvent(parameter) ?? []);
}

const roSpecChanges = ['started', 'ended', 'preempted'] as const;

function readEvent(parameter: Parameter): ReaderEvent | undefined {
  switch (parameter.kind) {
    case 'connection-attempt-event':
      return { kind: 'connection-attempt', status: parameter.status };
    case 'connection-close-event':
      return { kind: 'connection-closed' };
    case 'gpi-event':
      return { kind: 'input', port: parameter.port, high: parameter.high };
    case 'antenna-event':
      return { kind: 'antenna', antenna: parameter.antenna, connected: parameter.event === 1 };
    case 'ro-spec-event': {
      const change = roSpecChanges[parameter.event];
      return change && { kind: 'ro-spec', change, roSpec: parameter.roSpec };
    }
    case 'report-buffer-level-warning-event':
      return { kind: 'buffer-filling', percent: parameter.percent };
    case 'report-buffer-overflow-error-event':
      return { kind: 'buffer-overflow' };
    case 'reader-exception-event':
      return { kind: 'exception', message: parameter.message };
    default:
      return undefined;
  }
}

/** The status inside a response or an error message; undefined for a message that has none. */
export function readStatus(message: Message): ReaderStatus | undefined {
  if (message.kind === 'unknown') return undefined;
  const status = findParameter(message.parameters, 'llrp-status');
  return status && { code: status.code, description: status.description };
}
