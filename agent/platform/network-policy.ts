import { BlockList, isIP } from 'node:net';
import { FatalError } from '../../protocols/errors.ts';
import type { Address } from './network.ts';

/** Where the hub of this agent stands: no device is there, unless the local configuration names that very place. */
export interface HubPlace {
  /** Whether `ip` is one of its addresses, as far as they are known. */
  isAt(ip: string): boolean;
  /** Whether the hub is called `host`. */
  isCalled(host: string): boolean;
  /** Looks its names up when the last answer has aged; takes 2 s at most. Throws only the signal's reason. */
  settle(signal?: AbortSignal): Promise<void>;
}

/**
 * What this agent may reach, by its own local configuration: the hub can ask for any address, and gets none beyond these.
 * Nothing is allowed that is not listed, so loopback and link-local need an entry of their own. The hub itself is refused
 * although a block or a name leads to it: only an entry that is its very address or its very name lets it be asked.
 */
export interface NetworkPolicy {
  /** CIDR blocks, single addresses, or exact host names. A name allows what it resolves to, unless that is loopback, link-local or multicast. */
  readonly allow: readonly string[];
  /** CIDR blocks and addresses that are refused although `allow` has them. */
  readonly deny: readonly string[];
  /** Ports as `80` or `8000-8099`; an empty list allows every port. */
  readonly ports: readonly string[];
  /** Whether broadcast and multicast datagrams may be sent. */
  readonly broadcast: boolean;
  /** The hub, once this machine is enrolled. */
  readonly hub?: HubPlace;
}

/** Private networks of RFC 1918 and RFC 4193; where a school's devices live. */
export const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] as const;

/** Places that a name must never lead to by itself: this machine, link-local services, everyone. */
const specialNetworks = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/127',
  'fe80::/10',
  'ff00::/8',
] as const;

/** A policy that is ready to answer. All questions are about a resolved address. */
export interface AddressFilter {
  /** Whether `ip`, which `host` resolved to, may be asked on `port`. */
  allows(host: string, ip: string, port: number): boolean;
  /** Whether a datagram may go to `ip`, which may be a broadcast or multicast address. */
  allowsDatagram(ip: string, port: number): boolean;
  /** Whether something that came from `ip` may be looked at. */
  believes(ip: string): boolean;
  /** Brings up to date where the hub is; before the questions above. Throws only the signal's reason. */
  settle(signal?: AbortSignal): Promise<void>;
}

/** Compiles a policy. Throws FatalError `invalid-policy` naming the entry that cannot be read. */
export function createAddressFilter(policy: NetworkPolicy): AddressFilter {
  const names = new Set(policy.allow.filter(isHostName).map((name) => name.toLowerCase()));
  const allowed = blockListOf(policy.allow.filter((entry) => !isHostName(entry)));
  const denied = blockListOf(policy.deny);
  const special = blockListOf(specialNetworks);
  const ranges = policy.ports.map(portRangeOf);
  const portAllowed = (port: number) =>
    ranges.length === 0 || ranges.some(([first, last]) => port >= first && port <= last);
  const exact = blockListOf(policy.allow.filter((entry) => isIP(entry) !== 0));
  const isForeignHub = (ip: string) => (policy.hub?.isAt(plainAddress(ip)) ?? false) && !contains(exact, ip);
  const addressAllowed = (ip: string) => contains(allowed, ip) && !contains(denied, ip) && !isForeignHub(ip);
  return {
    allows: (host, ip, port) => {
      if (!portAllowed(port)) return false;
      if (addressAllowed(ip)) return true;
      if (!names.has(host.toLowerCase()) || contains(special, ip) || contains(denied, ip)) return false;
      return !isForeignHub(ip) || (policy.hub?.isCalled(host) ?? false);
    },
    allowsDatagram: (ip, port) => {
      if (!portAllowed(port) || contains(denied, ip)) return false;
      return isManyAddress(ip) ? policy.broadcast : addressAllowed(ip);
    },
    believes: addressAllowed,
    settle: async (signal) => policy.hub?.settle(signal),
  };
}

/** Throws the one error for an address outside the policy; it names what to change. */
export function refuseAddress(address: Address, ips: readonly string[]): never {
  throw new FatalError(
    'address-not-allowed',
    `${address.host} port ${address.port} (${ips.join(', ') || 'no address'}) is outside the network policy of this agent; ` +
      'add it to network.allow and network.ports of the agent configuration if it should be reached ' +
      '(loopback, link-local and the hub by an entry of their own)',
    { details: { host: address.host, port: address.port, ips } },
  );
}

/** Whether an entry of `allow` is neither an address nor a block. */
function isHostName(entry: string): boolean {
  return !entry.includes('/') && isIP(entry) === 0;
}

function isManyAddress(ip: string): boolean {
  if (ip === '255.255.255.255') return true;
  if (isIP(ip) === 6) return ip.toLowerCase().startsWith('ff');
  const first = Number(ip.split('.')[0]);
  return first >= 224 && first <= 239;
}

function contains(list: BlockList, ip: string): boolean {
  const plain = plainAddress(ip);
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}

/** An IPv4 address that travels as IPv6 (RFC 4291 2.5.5.2) obeys the IPv4 rules. */
function plainAddress(ip: string): string {
  const withoutZone = ip.split('%')[0] ?? ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone);
  return mapped?.[1] ?? withoutZone;
}

function blockListOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) addEntry(list, entry);
  return list;
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', prefixText, ...rest] = entry.split('/');
  const version = isIP(address);
  const prefix = prefixText === undefined ? maxPrefix(version) : Number(prefixText);
  const readable =
    version !== 0 && rest.length === 0 && Number.isInteger(prefix) && prefix >= 0 && prefix <= maxPrefix(version);
  if (!readable) {
    throw new FatalError('invalid-policy', `${entry} is no address and no block such as 192.168.1.0/24`);
  }
  list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
}

function maxPrefix(version: number): number {
  return version === 6 ? 128 : 32;
}

function portRangeOf(entry: string): readonly [number, number] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(entry);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (!match || first < 1 || last > 65_535 || first > last) {
    throw new FatalError('invalid-policy', `${entry} is no port and no range of ports such as 8000-8099`);
  }
  return [first, last];
}
