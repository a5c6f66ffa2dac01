/** How Debian's `ipmitool` reaches one controller. No password here: it goes by environment, because others can read arguments. */
export interface IpmiTarget {
  /** An IPv4 address, never a name: `ipmitool` would resolve it past the agent's network policy. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** `lanplus` is IPMI 2.0 (RMCP+, encrypted), `lan` is IPMI 1.5: signed at most, never hidden. */
  readonly interface: 'lanplus' | 'lan';
  /** Of lanplus; `ipmitool` asks the controller for its best one unless given. */
  readonly cipherSuite: 3 | 17 | undefined;
}

/** Everything that `ipmitool` is ever asked. */
export const questions = {
  /** With `-v`, which makes it say on stderr why a session was refused. */
  controller: ['-v', 'mc', 'info'],
  chassis: ['-v', 'chassis', 'status'],
  sensors: ['sdr', 'elist', 'all'],
  logSummary: ['sel', 'info'],
  /** The newest 64 entries. */
  log: ['sel', 'elist', 'last', '64'],
  inventory: ['fru', 'print', '0'],
  powerOn: ['chassis', 'power', 'on'],
  powerOff: ['chassis', 'power', 'off'],
  powerSoft: ['chassis', 'power', 'soft'],
  powerReset: ['chassis', 'power', 'reset'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type IpmiQuestion = keyof typeof questions;

/** The variable that `-E` makes `ipmitool` read the password from. */
export const passwordVariable = 'IPMI_PASSWORD';

/** The least privilege that reads and switches power (IPMI 2.0 appendix G); `ipmitool` would ask for all of them. */
const privilege = ['-L', 'OPERATOR'];
/** Seconds until it asks again, and how often. */
const patience = ['-N', '2', '-R', '2'];

/** The arguments of one call. */
export function ipmitoolArguments(target: IpmiTarget, question: IpmiQuestion): readonly string[] {
  const cipher =
    target.interface === 'lanplus' && target.cipherSuite !== undefined ? ['-C', `${target.cipherSuite}`] : [];
  return [
    '-I',
    target.interface,
    ...cipher,
    '-H',
    target.host,
    '-p',
    `${target.port}`,
    '-U',
    target.username,
    '-E',
    ...privilege,
    ...patience,
    ...questions[question],
  ];
}
