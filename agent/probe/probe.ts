import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { type Clock, silentLog } from '../../protocols/ports.ts';
import type { Driver, HostPort } from '../devices/driver.ts';
import type { BrokerPort } from '../platform/broker.ts';
import { createNetwork } from '../platform/create-network.ts';
import type { NetworkPolicy } from '../platform/network-policy.ts';
import type { ProgramPort } from '../platform/program.ts';
import { type Attempt, attemptDevice } from './attempt.ts';
import {
  askSecondOpinion,
  type CameraQuestion,
  compare,
  type Opinion,
  type Verdict,
} from './second-opinion/opinion.ts';
import { createScrubber } from './secrets.ts';
import { hasAnsweredAll, type Step, stepsOf } from './steps.ts';
import { Trace } from './trace.ts';
import type { WireListener } from './wire-event.ts';

/** What a look at one device needs of the machine. */
export interface ProbePorts {
  readonly policy: NetworkPolicy;
  readonly clock: Clock;
  readonly broker: BrokerPort;
  readonly programs: ProgramPort;
  readonly host: HostPort;
  readonly signal: AbortSignal;
}

export interface ProbeOptions extends ProbePorts {
  readonly driver: Driver;
  readonly device: DesiredDevice;
  /** Has passed the driver's schema. */
  readonly settings: unknown;
  /** Told every happening on the wire beside the probe itself. */
  readonly listener?: WireListener;
  readonly stayMs?: number;
  /** Whether another program is asked about a camera as well: one more sign-in. */
  readonly asksSecond: boolean;
}

export interface ProbeResult {
  readonly family: string;
  readonly steps: readonly Step[];
  readonly attempt: Attempt;
  /** Of a camera that could be connected to. */
  readonly second?: { readonly opinion: Opinion; readonly verdict: Verdict };
  readonly hasAnsweredAll: boolean;
}

/** The family that another program can speak as well. */
const cameraFamily = 'onvif-camera';

/** Lets the real driver talk to the device once, over a network that is listened to, and says step by step what happened. */
export async function probeDevice(options: ProbeOptions): Promise<ProbeResult> {
  const { driver, device, policy, clock, signal, listener } = options;
  const trace = new Trace(clock);
  const network = createNetwork({ policy, clock, log: silentLog, observe: trace.observeDial });
  const attempt = await attemptDevice({
    ...options,
    network,
    stayMs: options.stayMs ?? 0,
    listener: (event) => {
      trace.listen(event);
      listener?.(event);
    },
  });
  const { username, password } = device.credentials ?? {};
  const hasCredentials = Boolean(username || password);
  const steps = withoutSecrets(stepsOf({ trace, attempt, policy, hasCredentials }), device);
  const isAnswered = hasAnsweredAll(steps);
  const question = options.asksSecond ? cameraQuestion(options, trace) : undefined;
  if (!question) return { family: driver.family, steps, attempt, hasAnsweredAll: isAnswered };
  const opinion = await askSecondOpinion(question, clock, signal);
  const second = { opinion, verdict: compare(isAnswered, opinion) };
  return { family: driver.family, steps, attempt, second, hasAnsweredAll: isAnswered };
}

/** A device may say our own secret back, and the steps show its words. */
function withoutSecrets(steps: readonly Step[], { credentials }: DesiredDevice): readonly Step[] {
  const scrubber = createScrubber(credentials?.password ? [credentials.password] : []);
  return steps.map(({ detail, ...step }) => ({
    ...step,
    facts: step.facts.map((fact) => scrubber.text(fact)),
    ...(detail === undefined ? {} : { detail: scrubber.text(detail) }),
  }));
}

/** The other program opens its own socket, so it is given only an address that the policy has let through. */
function cameraQuestion({ driver, device }: ProbeOptions, trace: Trace): CameraQuestion | undefined {
  if (driver.family !== cameraFamily) return undefined;
  const open = trace.dials.find(({ outcome }) => outcome === 'open');
  const ip = open?.dialledIp;
  if (!open || ip === undefined) return undefined;
  return {
    host: ip,
    port: open.address.port,
    isSecure: trace.traffic.isSecure,
    username: device.credentials?.username ?? '',
    password: device.credentials?.password ?? '',
  };
}
