import type { DnsRecord, Name } from './message.ts';

/** One instance of a service as its owner announces it (RFC 6763 section 4). */
export interface AnnouncedService {
  /** `_ipp._tcp`, in lower case. */
  readonly type: string;
  /** What people call it, `HP LaserJet`. */
  readonly instance: string;
  /** Undefined when the answer does not say it. */
  readonly port: number | undefined;
  /** The name that the machine gives itself, `NPI8D2F3A`. */
  readonly host: string | undefined;
  readonly text: Readonly<Record<string, string>>;
}

/** Of one sender; more is no machine of a school. */
const maxServices = 64;

/** Turns the text of a service type, `_ipp._tcp`, into the name that is asked for. */
export function serviceName(type: string): Name {
  return [...type.split('.'), 'local'];
}

/** The services in the answers of one sender; what it says about a service in pieces is put together. */
export function readServices(records: readonly DnsRecord[]): readonly AnnouncedService[] {
  const instances = new Map<string, Name>();
  for (const record of records) {
    const name = instanceOf(record);
    if (name && instances.size < maxServices) instances.set(keyOf(name), name);
  }
  return [...instances].map(([key, name]) => {
    const service = records.find((record) => record.kind === 'service' && keyOf(record.name) === key);
    const text = records.find((record) => record.kind === 'text' && keyOf(record.name) === key);
    const isService = service?.kind === 'service';
    return {
      type: typeOf(name),
      instance: name[0] ?? '',
      port: isService && service.port > 0 ? service.port : undefined,
      host: isService ? service.host[0] : undefined,
      text: text?.kind === 'text' ? text.entries : {},
    };
  });
}

/** `<instance>.<_service>.<_tcp|_udp>.local`; everything else names no instance. */
function instanceOf(record: DnsRecord): Name | undefined {
  const name = record.kind === 'pointer' ? record.target : record.kind === 'service' ? record.name : undefined;
  if (name?.length !== 4) return undefined;
  const [, service = '', transport = '', domain = ''] = name.map((label) => label.toLowerCase());
  const isInstance = service.startsWith('_') && /^_(tcp|udp)$/.test(transport) && domain === 'local';
  return isInstance ? name : undefined;
}

function typeOf([, service = '', transport = '']: Name): string {
  return `${service}.${transport}`.toLowerCase();
}

/** Names are the same whatever the case of their letters (RFC 6762 section 16). */
function keyOf(name: Name): string {
  return name.join('\0').toLowerCase();
}
