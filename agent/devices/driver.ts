import type { z } from 'zod';
import type { CapabilityName, CapabilityState, Label } from '../../protocols/fleet/capabilities/index.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Descriptor, ProposalRecord } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { BrokerPort } from '../platform/broker.ts';
import type { Address, HttpPort, TcpPort, UdpPort, WebSocketPort } from '../platform/network.ts';
import type { ProgramName, ProgramPort } from '../platform/program.ts';

export type { BrokerGrant, BrokerMessage, BrokerPort, BrokerSeat } from '../platform/broker.ts';
export type {
  Address,
  Datagram,
  HttpPort,
  HttpRequest,
  HttpResponse,
  TcpConnection,
  TcpPort,
  TlsOptions,
  UdpPort,
  UdpSocket,
  WebSocketConnection,
  WebSocketPort,
} from '../platform/network.ts';
export type { ProgramCall, ProgramPort } from '../platform/program.ts';

/** The events that a driver may emit; `capability` owns the name and the shape of `data`. */
export interface DriverEvent {
  readonly capability: CapabilityName;
  readonly name: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a session tells the agent. Unchanged states and samples inside their deadband are dropped behind this port. */
export interface Reporter {
  describe(descriptor: Descriptor): void;
  report<N extends CapabilityName>(capability: N, state: CapabilityState<N>): void;
  /** Numbers of one tick; keys are `<capability>.<metric>` with `@instance` where a device has several. */
  sample(values: Readonly<Record<string, number>>): void;
  emit(event: DriverEvent): void;
}

/** Facts about the machine that the agent runs on: only the host family asks. */
export interface HostPort {
  /** The hardware and operating system; heavy, asked rarely. */
  facts(signal: AbortSignal): Promise<HostFacts>;
  /** Counters of now; light. */
  load(signal: AbortSignal): Promise<HostLoad>;
}

export interface HostFacts {
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  /** What its TPM is known by, where it has one that answers: SHA-256 of the public endorsement key, 64 hex digits. */
  readonly tpmKey?: string;
  readonly hostname: string;
  readonly os: string;
  readonly kernel: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly bootedAt: number;
  readonly firmware: string;
  readonly interfaces: readonly {
    readonly name: string;
    readonly mac: string;
    readonly addresses: readonly string[];
  }[];
  readonly disks: readonly {
    readonly name: string;
    readonly model: string;
    readonly serial: string;
    readonly sizeBytes: number;
  }[];
}

export interface HostLoad {
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly load1: number;
  readonly uptimeSeconds: number;
  /** Undefined where the machine has no sensor. */
  readonly temperatureCelsius: number | undefined;
  readonly volumes: readonly {
    readonly name: string;
    readonly type: string;
    readonly sizeBytes: number;
    readonly usedBytes: number;
  }[];
  readonly network: readonly { readonly name: string; readonly inPerSecond: number; readonly outPerSecond: number }[];
}

/** All that a driver may touch; narrow on purpose. */
export interface DriverContext<Settings = unknown> {
  readonly device: Omit<DesiredDevice, 'settings'>;
  /** Settings of the family, already checked by its schema. */
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly tcp: TcpPort;
  readonly udp: UdpPort;
  readonly http: HttpPort;
  readonly websocket: WebSocketPort;
  readonly broker: BrokerPort;
  readonly programs: ProgramPort;
  readonly host: HostPort;
  /** The device of this agent that alone has told this network card; cards of others are nobody's business. */
  ownerOf(mac: string): string | undefined;
  readonly reporter: Reporter;
  /** Sends a picture to the hub under the id of the command that asked for it. */
  upload(commandId: string, contentType: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Aborts when the device is removed or the agent stops. */
  readonly signal: AbortSignal;
}

export interface DriverCommand {
  readonly id: string;
  readonly capability: CapabilityName;
  readonly name: string;
  /** Already checked by the capability's schema. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Firmware or an app whose content the agent has checked against signed release metadata; a command of the hub cannot make one. */
export interface Artifact {
  readonly kind: 'firmware' | 'app';
  /** The package id of an app; the name of the release otherwise. */
  readonly name: string;
  /** What the device tells after a success, where that is known. */
  readonly version?: string;
  readonly sizeBytes: number;
  /** Its content from the beginning; may be read more than once. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface InstallProgress {
  readonly stage: 'sending' | 'installing' | 'restarting' | 'verifying';
  /** 0 to 100 within the stage, where the device tells. */
  readonly percent?: number;
}

/** One living conversation with one device. */
export interface DriverSession extends AsyncDisposable {
  /** How long the runner waits between two polls; 5 s to 1 h. */
  readonly pollIntervalMs: number;
  /**
   * Asks the device for everything due and reports it. Returning means the device answered and accepted us.
   * Throws DeviceError; the runner turns it into reachability and decides about reconnecting.
   */
  poll(signal: AbortSignal): Promise<void>;
  /**
   * Carries out one command and verifies its effect; an acknowledged command whose effect is not seen is a failure.
   * Returns a small typed output. Throws DeviceError, or FatalError `unsupported-command`.
   */
  execute(command: DriverCommand, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Installs a checked artifact and verifies by the device's own word what runs then; returns its version. At most once: a
   * caller that does not know how it ended looks at the device. Absent where the family can install nothing.
   * Throws DeviceError (`unsupported` for a kind that this device does not take).
   */
  install?(
    artifact: Artifact,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<{ readonly version?: string }>;
}

/** What discovery may use; answers are hostile until proven otherwise. */
export interface DiscoveryContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly tcp: TcpPort;
  readonly udp: UdpPort;
  readonly http: HttpPort;
  /** Addresses that the local policy lets this agent ask directly, beside broadcast and multicast. */
  readonly targets: readonly { readonly host: string; readonly port?: number }[];
  /** Whether broadcast and multicast questions are allowed. */
  readonly broadcast: boolean;
  readonly signal: AbortSignal;
}

/**
 * Something that a search on behalf of all families has seen. Only that it came from `host` is known; all else is what the
 * device claims. `service` announces itself by DNS-SD, `root-device` by SSDP; behind an `open-port` nothing was asked.
 */
export type Sighting =
  | {
      readonly kind: 'service';
      readonly host: string;
      /** `_ipp._tcp`. */
      readonly type: string;
      readonly instance: string;
      readonly port: number | undefined;
      readonly text: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'root-device';
      readonly host: string;
      readonly id: string;
      /** What it says it is and has: `urn:schemas-upnp-org:device:MediaRenderer:1`. */
      readonly types: readonly string[];
      readonly location: string | undefined;
      readonly server: string | undefined;
      /** From its description, where it has one at its own address. */
      readonly name: string | undefined;
      readonly vendor: string | undefined;
      readonly model: string | undefined;
      readonly serial: string | undefined;
    }
  | { readonly kind: 'open-port'; readonly host: string; readonly port: number }
  | {
      /** Said by a client of the agent's own broker, signed in as `username`. */
      readonly kind: 'announcement';
      readonly host: string;
      readonly username: string;
      readonly topic: string;
      readonly payload: Uint8Array;
    };

export type SightingOf<K extends Sighting['kind']> = Extract<Sighting, { kind: K }>;

/** What recognition may use beside what was seen. */
export interface RecognitionContext extends DiscoveryContext {
  readonly sightings: readonly Sighting[];
  /** Read-only community names that the local configuration has for boxes that it does not know yet. */
  readonly communities: readonly string[];
}

/** By what devices of a family are seen before they are asked. */
export interface Traces {
  /** DNS-SD services: `_ipp._tcp`. */
  readonly services?: readonly string[];
  /** SSDP search targets beside `ssdp:all`, for devices that answer to nothing else; an empty list asks for `ssdp:all` alone. */
  readonly searchTargets?: readonly string[];
  /** TCP ports on which they usually listen. They are opened and closed without a byte, and only where the policy says so. */
  readonly ports?: readonly number[];
  /** MQTT topic filters: where devices announce themselves to clients of a broker. */
  readonly topics?: readonly string[];
}

export type Proposal = Omit<ProposalRecord, 'kind' | 'seq' | 'at' | 'mono'>;

/** Something that a device needs of the agent's machine beside the network; `edufleet-agent doctor` looks whether it is there. */
export type MachineNeed =
  | { readonly kind: 'program'; readonly program: ProgramName }
  /** A program that listens, and the Debian package that brings it. */
  | { readonly kind: 'server'; readonly name: string; readonly package: string; readonly address: Address }
  /** The agent's own broker, to which the device connects. */
  | { readonly kind: 'broker' };

/** One device family: the whole knowledge of one kind of device. */
export interface Driver<Settings = unknown> {
  /** Folder name under `agent/devices/`, kebab-case. */
  readonly family: string;
  readonly label: Label;
  readonly settings: z.ZodType<Settings>;
  readonly defaultPort: number | undefined;
  /** Every capability that a device of this family may have. */
  readonly capabilities: readonly CapabilityName[];
  /** What a device with these settings needs of the agent's machine. Absent where that is nothing. */
  needs?(settings: Settings): readonly MachineNeed[];
  /** Opens a session: connects, signs in, describes the device once. Throws DeviceError. */
  connect(context: DriverContext<Settings>): Promise<DriverSession>;
  /**
   * Hears what a device says unasked, as long as the device is desired, also while it cannot be reached. Each call of `look`
   * makes the agent look at it soon; what was heard is a hint and never a state. Ends when the context's signal aborts.
   */
  listen?(context: DriverContext<Settings>, look: () => void): Promise<void>;
  /** Looks for devices of this family and yields what answered; ends by itself within a minute. */
  discover?(context: DiscoveryContext): AsyncIterable<Proposal>;
  readonly traces?: Traces;
  /** Finds devices of this family among what was seen, and may ask those in its own words; ends by itself within a minute. */
  recognise?(context: RecognitionContext): AsyncIterable<Proposal>;
}

/** Declares a driver; the registry takes it with its settings type erased. */
export function defineDriver<Settings>(driver: Driver<Settings>): Driver<Settings> {
  return driver;
}
