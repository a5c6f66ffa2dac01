import { isIPv4 } from 'node:net';
import type { Address, Proposal, RecognitionContext, SightingOf } from '../driver.ts';
import { SnmpClient } from './client.ts';
import { family } from './mapping.ts';
import { snmpPort } from './session.ts';
import { settingsSchema } from './settings.ts';
import { type Facts, readFacts } from './survey.ts';

/** What printers announce (Bonjour Printing Specification 1.2.1): IPP, raw printing, LPD. */
export const printerServices = ['_ipp._tcp', '_pdl-datastream._tcp', '_printer._tcp'];
/** Raw printing, IPP and LPD: whoever listens there is asked by SNMP. */
export const printerPorts = [9_100, 631, 515];

const askMs = 4_000;
const parallel = 8;
const limitMs = 50_000;
/** Beyond, the next round comes too late for those. */
const mostAsked = 512;

/**
 * Asks targets and printers by SNMP who they are, with the communities of the local configuration. A printer that announces
 * itself is proposed also when SNMP is silent.
 */
export async function* findByCommunity(context: RecognitionContext): AsyncGenerator<Proposal> {
  const { sightings, targets, clock, signal } = context;
  const announced = sightings
    .filter((seen) => seen.kind === 'service')
    .filter(({ type }) => printerServices.includes(type));
  for (const sighting of announced) yield proposeAnnounced(sighting);
  const open = sightings.filter((seen) => seen.kind === 'open-port').filter(({ port }) => printerPorts.includes(port));
  // A target with the port of another wire is another device.
  const named = targets.filter(({ port }) => port === undefined || port === snmpPort);
  const places = [...named, ...announced, ...open].filter(({ host }) => isIPv4(host)).map(({ host }) => host);
  using deadline = clock.deadline(limitMs, signal);
  const asked = [...new Set(places)].slice(0, mostAsked).map((host) => ({ host, port: snmpPort }));
  for (let at = 0; at < asked.length && !deadline.signal.aborted; at += parallel) {
    const group = asked.slice(at, at + parallel).map((address) => ask(address, context, deadline.signal));
    yield* (await Promise.all(group)).flatMap((proposal) => proposal ?? []);
  }
}

function proposeAnnounced({ host, type, instance, text }: SightingOf<'service'>): Proposal {
  const { uuid, note } = text;
  const [vendor, model] = [text['usb_mfg'], text['ty'] ?? text['usb_mdl']];
  return {
    key: uuid ? `uuid:${uuid.slice(0, 100).toLowerCase()}` : `${host}:${snmpPort}`,
    family,
    address: { host },
    ...(instance ? { name: instance.slice(0, 200) } : {}),
    ...(vendor ? { vendor: vendor.slice(0, 200) } : {}),
    ...(model ? { model: model.slice(0, 200) } : {}),
    needsCredentials: false,
    confidence: 'likely',
    evidence: [
      `${host} announces a printer as ${type}`,
      ...(note ? [`it says that it stands in: ${note}`] : []),
      'its state is read by SNMP, which may have to be turned on',
    ].map((line) => line.slice(0, 300)),
  };
}

/** A wrong community is silence, as nobody is; so each is tried until one answers. */
async function ask(address: Address, context: RecognitionContext, limit: AbortSignal): Promise<Proposal | undefined> {
  const { udp, clock, log, communities, signal } = context;
  for (const community of communities) {
    using deadline = clock.deadline(askMs, limit);
    try {
      await using client = await SnmpClient.open({
        address,
        username: undefined,
        password: community,
        settings: settingsSchema.parse({}),
        udp,
        clock,
        signal: deadline.signal,
      });
      const facts = await readFacts(client, 'auto');
      if (facts.description || facts.name || facts.serial) return proposeAnswered(address, facts, community);
    } catch (thrown) {
      signal.throwIfAborted();
      log.debug('no answer by SNMP', { host: address.host, reason: String(thrown) });
    }
  }
  return undefined;
}

const kinds = { switch: 'a switch or another box of the network', printer: 'a printer', ups: 'a UPS' } as const;

function proposeAnswered(address: Address, facts: Facts, community: string): Proposal {
  const { kind, name, description, vendor, model, serial } = facts;
  const isUsual = community === 'public';
  const short = (text: string) => text.slice(0, 200);
  return {
    key: `${address.host}:${address.port}`,
    family,
    address: { ...address },
    ...(name ? { name: short(name) } : {}),
    ...(vendor ? { vendor: short(vendor) } : {}),
    ...(model ? { model: short(model) } : {}),
    ...(serial ? { serial: short(serial) } : {}),
    needsCredentials: !isUsual,
    confidence: 'certain',
    evidence: [
      `${address.host} answers by SNMP on UDP port ${address.port}: ${description || 'it does not describe itself'}`,
      `by what it knows it is ${kinds[kind]}`,
      ...(isUsual
        ? ['everybody reads it by the community public']
        : ['its community is one of the local configuration']),
    ].map((line) => line.slice(0, 300)),
  };
}
