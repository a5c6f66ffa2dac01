import { FatalError, RecoverableError } from '../protocols/errors.ts';
import type { Clock } from '../protocols/ports.ts';
import { enrol } from '../provisioning/enrolment/enrol.ts';
import { newKeyPem } from '../provisioning/enrolment/key-pair.ts';
import {
  type ExpiryVerdict,
  hubUrlOf,
  judgeExpiry,
  readVoucherText,
  type Voucher,
} from '../provisioning/enrolment/voucher-text.ts';
import type { HostPort } from './devices/driver.ts';
import { isEnrolled, storeIdentity } from './identity.ts';
import { fingerprintOf } from './machine.ts';
import { type Preparation, storePreparation } from './preparation.ts';

/** What an enrolment tells of the machine that asks. */
export interface MachineOptions {
  readonly dataDir: string;
  readonly agentVersion: string;
  readonly host: HostPort;
  /** What the machine is known by, where several agents share one. */
  readonly serial: string | undefined;
  /** Family of the driver that speaks to this machine itself. */
  readonly hostFamily: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface EnrolMachineOptions extends MachineOptions {
  /** Address of the hub's gateway, `https://host:port`; not needed with a voucher that tells it. */
  readonly gateway?: string;
  /** As it was typed or scanned: see `readVoucherText`. */
  readonly voucher: string;
  /** Whether an identity that is here already may be replaced. */
  readonly replace: boolean;
}

interface EnrolledMachine {
  readonly agentId: string;
  readonly name: string;
}

/**
 * Enrols this machine and keeps its identity. Throws FatalError `already-enrolled`, and as `enrol` and `readVoucherText` do; the
 * identity that was here stands until the new one is complete.
 */
export async function enrolMachine(options: EnrolMachineOptions): Promise<EnrolledMachine> {
  await requireRoom(options);
  const { code, hubUrl } = addressed(options);
  const keyPem = newKeyPem();
  return patiently(() => ask({ voucher: code, hubUrl, keyPem }, options), options);
}

/** What can be said of a machine that was prepared without asking anybody. */
export interface Prepared {
  readonly hubUrl: string;
  /** What the hub signed; absent for a typed code. */
  readonly claims: Voucher['claims'];
  readonly expiry: ExpiryVerdict | 'unknown';
}

/**
 * Prepares this machine to enrol by itself as soon as it reaches the hub. A signed voucher is checked here and now. Throws
 * FatalError `already-enrolled` | `voucher-expired` and as `readVoucherText` does.
 */
export async function prepareMachine(
  options: Pick<EnrolMachineOptions, 'dataDir' | 'gateway' | 'voucher' | 'replace' | 'clock'>,
): Promise<Prepared> {
  const { dataDir, clock } = options;
  await requireRoom(options);
  const { code, hubUrl, claims } = addressed(options);
  const expiry = claims ? judgeExpiry(claims, clock.now()) : 'unknown';
  if (claims && expiry === 'expired')
    throw new FatalError(
      'voucher-expired',
      `this voucher was good until ${claims.expiresAt.toISOString()}, and by the clock of this machine it is ${new Date(clock.now()).toISOString()}; ask for a new one, or set the clock if it is wrong`,
    );
  await storePreparation(dataDir, { voucher: code, hubUrl, keyPem: newKeyPem(), preparedAt: Math.round(clock.now()) });
  return { hubUrl, claims, expiry };
}

/** Enrols a machine that was prepared. Asks once; throws as `enrol` does, and whatever it throws, the next try may go well. */
export function redeemPreparation(preparation: Preparation, options: MachineOptions): Promise<EnrolledMachine> {
  return ask(preparation, options);
}

async function ask(
  { voucher, hubUrl, keyPem }: Pick<Preparation, 'voucher' | 'hubUrl' | 'keyPem'>,
  { dataDir, agentVersion, host, hostFamily, serial, clock, signal }: MachineOptions,
): Promise<EnrolledMachine> {
  const facts = await host.facts(signal);
  const machine = { fingerprint: fingerprintOf(facts, serial), hostname: facts.hostname, hostFamily, agentVersion };
  const enrolled = await enrol({ hubUrl, voucher, keyPem, clock, signal, ...machine });
  await storeIdentity(dataDir, enrolled);
  return { agentId: enrolled.agentId, name: enrolled.name };
}

async function requireRoom({ dataDir, replace }: Pick<EnrolMachineOptions, 'dataDir' | 'replace'>): Promise<void> {
  if (replace || !(await isEnrolled(dataDir))) return;
  throw new FatalError('already-enrolled', `${dataDir} has an identity already; use --replace to give it up`);
}

/** The voucher with the address of its hub. Whoever types one out means it; else the voucher's own counts. */
function addressed({ voucher, gateway }: Pick<EnrolMachineOptions, 'voucher' | 'gateway'>) {
  const read = readVoucherText(voucher);
  const hubUrl = gateway === undefined ? read.hubUrl : hubUrlOf(gateway);
  if (hubUrl === undefined)
    throw new FatalError('invalid-setting', 'a typed code does not tell where its hub is: add --hub https://host:port');
  return { ...read, hubUrl };
}

const tries = 4;

/** Tries again what may succeed later; the voucher is consumed only by a success. Throws the last failure. */
async function patiently<T>(work: () => Promise<T>, { clock, signal }: MachineOptions): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof RecoverableError) || ++failures >= tries) throw thrown;
      await clock.wait(2_000 * 2 ** failures, signal);
    }
  }
}
