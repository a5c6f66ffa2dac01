import type { MessageBody, MessageOf } from '../../../protocols/llrp/messages.ts';
import { allParameters, findParameter, type Parameter, reportContent } from '../../../protocols/llrp/parameters.ts';
import { unsupportedVersion } from '../../../protocols/llrp/reports.ts';
import type { Log } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';
import { isRefusal, type ReaderConnection, type Refusal } from './reader-connection.ts';
import type { Settings } from './settings.ts';

/** What a reader says about itself. */
export interface ReaderFacts {
  /** IANA number of the maker. */
  readonly vendor: number;
  readonly model: number;
  readonly firmware: string;
  readonly antennas: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Hex of its MAC as EUI-64, or of an EPC. */
  readonly id: { readonly kind: 'mac' | 'epc'; readonly hex: string } | undefined;
}

/** Numbers of `requested` in get-reader-config [LLRP 1.0.1 section 12.1.1]. */
const identificationRequest = 1;
const antennaPropertiesRequest = 2;
const keepaliveRequest = 8;
const outputsRequest = 10;
/** Numbers of events in a notification specification [LLRP 1.0.1 section 13.2.5.1]. */
const wantedEvents = { input: 1, roSpec: 2, buffer: 3, exception: 4, antenna: 8 } as const;
const allRoSpecs = 0;
const c1g2 = 1;
/** Report after every N tags, and here N is 1: an alarm that waits for a second tag comes too late. */
const uponTags = 2;
const selectPc = 0x40;

type Setting = Extract<MessageBody, { kind: 'set-reader-config' }>;

/** Agrees on LLRP 1.1 where both can; a reader of 1.0.1 does not know the question [LLRP 1.1 section 9]. */
export async function negotiateVersion(reader: ReaderConnection, signal: AbortSignal): Promise<void> {
  const answer = await reader.request({ kind: 'get-supported-version' }, 'get-supported-version-response', signal, 2);
  if (isRefusal(answer)) {
    if (answer.refused.code === unsupportedVersion) return;
    throw refusal(answer, 'tell its versions');
  }
  if (answer.supportedVersion < 2) return;
  if (answer.currentVersion < 2) {
    const body = { kind: 'set-protocol-version', protocolVersion: 2 } as const;
    const set = await reader.request(body, 'set-protocol-version-response', signal, 2);
    if (isRefusal(set)) throw refusal(set, 'speak LLRP 1.1');
  }
  reader.setVersion(2);
}

/** Asks what the reader is. Throws DeviceError. */
export async function readFacts(reader: ReaderConnection, signal: AbortSignal): Promise<ReaderFacts> {
  const question = { kind: 'get-reader-capabilities', requested: 0 } as const;
  const answer = await reader.request(question, 'get-reader-capabilities-response', signal);
  if (isRefusal(answer)) throw refusal(answer, 'tell what it is');
  const device = findParameter(answer.parameters, 'general-device-capabilities');
  if (!device) throw new DeviceError('protocol', 'the reader does not say what it is');
  const ports = findParameter(device.parameters, 'gpio-capabilities');
  const config = await readConfig(reader, identificationRequest, signal);
  const identification = isRefusal(config) ? undefined : findParameter(config.parameters, 'identification');
  return {
    vendor: device.vendor,
    model: device.model,
    firmware: device.firmware,
    antennas: device.maxAntennas,
    inputs: ports?.inputs ?? 0,
    outputs: ports?.outputs ?? 0,
    id: identification && { kind: identification.idType === 0 ? 'mac' : 'epc', hex: identification.id },
  };
}

/**
 * Brings the reader into the state that a gate needs: our events, the siren off, what others left behind gone. A reader
 * may lack events that we want; those are left out one by one. Throws DeviceError.
 */
export async function configureReader(
  reader: ReaderConnection,
  settings: Settings,
  roSpec: number,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  await enableEvents(reader, settings, log, signal);
  for (const { port } of settings.inputs) {
    await configure(
      reader,
      [{ kind: 'gpi-port-current-state', port, enabled: true, state: 0 }],
      `use input ${port}`,
      signal,
    );
  }
  const { output } = settings;
  if (output) await setOutput(reader, output, false, signal);
  await forgetRoSpecs(reader, signal);
  // A reader that was told to hold its words until we are ready speaks from here on.
  await reader.tell({ kind: 'enable-events-and-reports' }, signal);
  if (settings.readsTags) await startReading(reader, settings, roSpec, signal);
}

/** Starts the ROSpec again that the reader has ended by itself. Throws DeviceError. */
export async function restartReading(reader: ReaderConnection, roSpec: number, signal: AbortSignal): Promise<void> {
  const answer = await reader.request({ kind: 'start-ro-spec', roSpec }, 'start-ro-spec-response', signal);
  if (isRefusal(answer)) throw refusal(answer, 'read tags again');
}

/**
 * The antennas and whether each is connected; undefined for a reader that cannot say. Answering is the sign of life that
 * a poll wants, so a reader without the question is asked something that every reader knows. Throws DeviceError.
 */
export async function readAntennas(
  reader: ReaderConnection,
  isKnown: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, boolean> | undefined> {
  const answer = await readConfig(reader, isKnown ? antennaPropertiesRequest : keepaliveRequest, signal);
  if (isRefusal(answer)) {
    if (answer.refused.code === deviceError) throw refusal(answer, 'tell its state');
    return undefined;
  }
  const antennas = allParameters(answer.parameters, 'antenna-properties');
  if (antennas.length === 0) return undefined;
  return new Map(antennas.map(({ antenna, connected }) => [antenna, connected]));
}

/** `M_DeviceError`: the reader itself is in trouble, whatever it was asked. */
const deviceError = 401;

/**
 * Switches an output and reads it back; a reader that cannot tell its outputs is believed. Throws DeviceError `no-effect`
 * when the output is not what it was set to.
 */
export async function setOutput(
  reader: ReaderConnection,
  { port, activeHigh }: NonNullable<Settings['output']>,
  isActive: boolean,
  signal: AbortSignal,
): Promise<void> {
  const on = isActive === activeHigh;
  await configure(reader, [{ kind: 'gpo-write-data', port, on }], `switch output ${port}`, signal);
  const config = await readConfig(reader, outputsRequest, signal, port);
  if (isRefusal(config)) return;
  const state = allParameters(config.parameters, 'gpo-write-data').find((output) => output.port === port);
  if (state && state.on !== on) {
    throw new DeviceError('no-effect', `output ${port} of the reader stays ${state.on ? 'on' : 'off'}`);
  }
}

async function enableEvents(
  reader: ReaderConnection,
  { keepaliveSeconds, inputs }: Settings,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const keepalive: Parameter = { kind: 'keepalive-spec', trigger: 1, intervalMs: keepaliveSeconds * 1_000 };
  const all = Object.values(wantedEvents);
  if (!isRefusal(await set(reader, [notifications(all), keepalive], signal))) return;
  await configure(reader, [keepalive], 'send keepalives', signal);
  for (const [name, event] of Object.entries(wantedEvents)) {
    const answer = await set(reader, [notifications([event])], signal);
    if (!isRefusal(answer)) continue;
    // A gate that counts by its inputs would count nothing, and say so to nobody.
    if (event === wantedEvents.input && inputs.length > 0) throw refusal(answer, 'tell what its inputs do');
    log.info('reader lacks an event', { event: name, reason: answer.refused.description });
  }
}

function notifications(events: readonly number[]): Parameter {
  const parameters = events.map((event) => ({ kind: 'event-notification-state', event, enabled: true }) as const);
  return { kind: 'reader-event-notification-spec', parameters };
}

async function forgetRoSpecs(reader: ReaderConnection, signal: AbortSignal): Promise<void> {
  const body = { kind: 'delete-ro-spec', roSpec: allRoSpecs } as const;
  const answer = await reader.request(body, 'delete-ro-spec-response', signal);
  if (isRefusal(answer)) throw refusal(answer, 'forget what it was told before');
}

async function startReading(
  reader: ReaderConnection,
  settings: Settings,
  roSpec: number,
  signal: AbortSignal,
): Promise<void> {
  const added = await reader.request(addRoSpec(settings, roSpec), 'add-ro-spec-response', signal);
  if (isRefusal(added)) throw refusal(added, 'take what it shall read');
  const enabled = await reader.request({ kind: 'enable-ro-spec', roSpec }, 'enable-ro-spec-response', signal);
  if (isRefusal(enabled)) throw refusal(enabled, 'get ready to read');
  await restartReading(reader, roSpec, signal);
}

/** Reads all the time on the chosen antennas and reports each tag at once. */
function addRoSpec(settings: Settings, roSpec: number): Extract<MessageBody, { kind: 'add-ro-spec' }> {
  const content = reportContent.roSpec | reportContent.antenna | reportContent.peakRssi;
  const pc: Parameter[] = needsPc(settings) ? [{ kind: 'c1g2-epc-memory-selector', select: selectPc }] : [];
  const boundary: Parameter = {
    kind: 'ro-boundary-spec',
    parameters: [
      { kind: 'ro-spec-start-trigger', trigger: 0 },
      { kind: 'ro-spec-stop-trigger', trigger: 0, durationMs: 0 },
    ],
  };
  const antennas: Parameter = {
    kind: 'ai-spec',
    // Antenna 0 stands for all.
    antennas: settings.antennas.length > 0 ? settings.antennas : [0],
    parameters: [
      { kind: 'ai-spec-stop-trigger', trigger: 0, durationMs: 0 },
      { kind: 'inventory-parameter-spec', spec: 1, protocol: c1g2 },
    ],
  };
  const report: Parameter = {
    kind: 'ro-report-spec',
    trigger: uponTags,
    tags: 1,
    parameters: [{ kind: 'tag-report-content-selector', content, ...(pc.length > 0 ? { parameters: pc } : {}) }],
  };
  const parameters = [boundary, antennas, report];
  return {
    kind: 'add-ro-spec',
    parameters: [{ kind: 'ro-spec', roSpec, priority: 0, state: 0, parameters }],
  };
}

/** Only a rule about AFI looks at the protocol control word, or one that must tell an EPC from an ISO identifier. */
function needsPc({ security, item }: Settings): boolean {
  return security?.by === 'afi' || item?.by === 'iso-uii' || item?.by === 'grai-96' || item?.by === 'sgtin-96';
}

function set(
  reader: ReaderConnection,
  parameters: readonly Parameter[],
  signal: AbortSignal,
): Promise<MessageOf<'set-reader-config-response'> | Refusal> {
  const body: Setting = { kind: 'set-reader-config', resetToFactoryDefaults: false, parameters };
  return reader.request(body, 'set-reader-config-response', signal);
}

async function configure(
  reader: ReaderConnection,
  parameters: readonly Parameter[],
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const answer = await set(reader, parameters, signal);
  if (isRefusal(answer)) throw refusal(answer, doing);
}

function readConfig(
  reader: ReaderConnection,
  requested: number,
  signal: AbortSignal,
  outputPort = 0,
): Promise<MessageOf<'get-reader-config-response'> | Refusal> {
  const body = { kind: 'get-reader-config', antenna: 0, requested, inputPort: 0, outputPort } as const;
  return reader.request(body, 'get-reader-config-response', signal);
}

function refusal({ refused }: Refusal, doing: string): DeviceError {
  const { code, description } = refused;
  const text = description.slice(0, 200);
  return new DeviceError(
    code === deviceError ? 'unavailable' : 'device-fault',
    `the reader does not ${doing}: status ${code}${text === '' ? '' : `, ${text}`}`,
    { details: { status: code } },
  );
}
