import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { FatalError } from '../../../protocols/errors.ts';

/** Addresses that are not of the public internet (RFC 6890 and its updates): a webhook must not become a hand into our own network. */
const inner = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inner.addSubnet(net, bits, 'ipv4');
/** Of IPv6 only what is global unicast is public, without the parts of it that lead elsewhere. */
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');
const notGlobal = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  notGlobal.addSubnet(net, bits, 'ipv6');

/** Whether an IP address lies in the public internet. */
export function isPublic(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isPublic(mapped);
  if (isIP(address) === 4) return !inner.check(address, 'ipv4');
  return isIP(address) === 6 && global.check(address, 'ipv6') && !notGlobal.check(address, 'ipv6');
}

export interface EndpointRules {
  readonly allowHttp: boolean;
  readonly allowPrivate: boolean;
}

/** Throws FatalError `endpoint-address` for an address that must not be called. Names are looked at when they are resolved. */
export function checkUrl(text: string, { allowHttp, allowPrivate }: EndpointRules): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !(url.protocol === 'https:' || (allowHttp && url.protocol === 'http:')))
    throw refused(`${text.slice(0, 100)} is no address that begins with https://`);
  if (url.username !== '' || url.password !== '') throw refused('an address must not hold a name or password');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(host) !== 0 && !isPublic(host)) throw refused(`${host} is not of the public internet`);
  return url;
}

/** Resolves a name for a connection and gives only what may be called: the address that was looked at is the one that is called. */
export function guardedLookup({ allowPrivate }: EndpointRules): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '');
      const allowed = allowPrivate ? addresses : addresses.filter(({ address }) => isPublic(address));
      const [first] = allowed;
      if (!first) return done(refused(`${name} is not of the public internet`), '');
      return options.all ? done(null, allowed as LookupAddress[]) : done(null, first.address, first.family);
    });
  };
}

function refused(why: string): FatalError {
  return new FatalError('endpoint-address', `The endpoint is not called: ${why}.`);
}
