import { isIPv4 } from 'node:net';
import { ProtocolError } from '../../protocols/bytes/error.ts';
import { decodeAnswer, encodeQuery, maxMessageBytes, mdnsAddress } from '../../protocols/mdns/message.ts';
import { readServices, serviceName } from '../../protocols/mdns/service.ts';
import type { Address, DiscoveryContext, SightingOf } from '../devices/driver.ts';
import { type AskOptions, askEverybody } from './listening.ts';

const listenMs = 3_500;
const questionsInOneMessage = 16;

/**
 * Asks by Multicast DNS who announces these services: everybody where that is allowed, and the targets directly (RFC 6762
 * sections 5.1 and 5.5). An answer is believed only from the port that was asked (section 6).
 */
export async function searchServices(
  types: readonly string[],
  targets: DiscoveryContext['targets'],
  options: AskOptions,
): Promise<readonly SightingOf<'service'>[]> {
  const places = placesOf(targets, mdnsAddress, options.broadcast);
  const ports = new Set(places.map(({ port }) => port));
  const messages = Array.from({ length: Math.ceil(types.length / questionsInOneMessage) }, (_, at) =>
    encodeQuery(types.slice(at * questionsInOneMessage, (at + 1) * questionsInOneMessage).map(serviceName)),
  );
  const questions = messages.flatMap((bytes) => places.map((to) => ({ to, bytes })));
  const read = ({ bytes, from }: { readonly bytes: Uint8Array; readonly from: Address }) => {
    if (!ports.has(from.port)) throw new ProtocolError('malformed', `an answer from port ${from.port}`);
    return decodeAnswer(bytes);
  };
  const heard = await askEverybody(questions, { listenMs, maxBytes: maxMessageBytes, read }, options);
  const wanted = new Set(types);
  return [...heard].flatMap(([host, records]) =>
    readServices(records.flat())
      .filter(({ type }) => wanted.has(type))
      .map(({ type, instance, port, text }) => ({ kind: 'service' as const, host, type, instance, port, text })),
  );
}

/** The group of a wire, and each target at the wire's port and at its own. */
export function placesOf(targets: DiscoveryContext['targets'], group: Address, broadcast: boolean): readonly Address[] {
  const places = targets
    .filter(({ host }) => isIPv4(host))
    .flatMap(({ host, port = group.port }) => [
      { host, port },
      ...(port === group.port ? [] : [{ host, port: group.port }]),
    ]);
  return [...(broadcast ? [group] : []), ...places];
}
