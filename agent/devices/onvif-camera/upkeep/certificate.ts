import { X509Certificate } from 'node:crypto';
import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import {
  type DeviceCertificate,
  getAllCertificates,
  getAssignedServerPaths,
  getCertificates,
  getCertificatesInUse,
  getCertificationPath,
} from '../../../../protocols/onvif/upkeep/certificates.ts';
import type { Location } from '../address.ts';
import type { CameraAspect, CameraScene } from '../aspect.ts';
import type { OnvifClient } from '../client.ts';
import { printable } from '../failure.ts';
import { optional } from '../survey.ts';

type Entry = CapabilityState<'certificate'>['certificates'][number];

interface Holdings {
  readonly certificates: readonly DeviceCertificate[];
  /** Ids of those that the camera's server shows; undefined when it does not tell. */
  readonly served: readonly string[] | undefined;
}

const maxPaths = 8;
const maxCertificates = 32;

/** The certificates that the camera holds, and which of them its server shows. */
export function openCertificate(scene: CameraScene): CameraAspect {
  const { context, client } = scene;
  let holdings: Holdings | undefined;
  return {
    survey: async (signal) => {
      const { security } = scene.survey().services;
      holdings = security ? await readKeystore(client, security, signal) : undefined;
      holdings ??= await readOld(client, signal);
    },
    offers: () => (holdings ? { certificate: {} } : {}),
    report: () => {
      if (holdings) context.reporter.report('certificate', { certificates: describeAll(holdings) });
    },
  };
}

async function readKeystore(client: OnvifClient, at: Location, signal: AbortSignal): Promise<Holdings | undefined> {
  const certificates = await optional(client.call(at, getAllCertificates(), { signal }));
  if (!certificates) return undefined;
  const paths = await optional(client.call(at, getAssignedServerPaths(), { signal }));
  const served: string[] = [];
  for (const path of paths?.slice(0, maxPaths) ?? []) {
    // The device's own certificate is the first of a path; the others vouch for it.
    const [own] = (await optional(client.call(at, getCertificationPath(path), { signal }))) ?? [];
    if (own !== undefined) served.push(own);
  }
  return { certificates, served: paths && served };
}

async function readOld(client: OnvifClient, signal: AbortSignal): Promise<Holdings | undefined> {
  const certificates = await optional(client.call(client.deviceService, getCertificates(), { signal }));
  if (!certificates) return undefined;
  return {
    certificates,
    served: await optional(client.call(client.deviceService, getCertificatesInUse(), { signal })),
  };
}

function describeAll({ certificates, served }: Holdings): Entry[] {
  return certificates.slice(0, maxCertificates).flatMap(({ id, der }) => {
    const read = readCertificate(der);
    if (!read) return [];
    return { id: printable(id, 80), ...read, ...(served === undefined ? {} : { served: served.includes(id) }) };
  });
}

/** Undefined for what is no X.509 certificate. */
export function readCertificate(der: Uint8Array): Omit<Entry, 'id' | 'served'> | undefined {
  const certificate = parse(der);
  if (!certificate) return undefined;
  const notBefore = certificate.validFromDate.getTime();
  const notAfter = certificate.validToDate.getTime();
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    ...(notBefore >= 0 ? { notBefore } : {}),
    ...(notAfter >= 0 ? { notAfter } : {}),
    selfSigned: certificate.subject === certificate.issuer && isSignedBy(certificate, certificate),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    // Whatever the camera holds there, it is not ours to judge; the list is of what can be read.
    return undefined;
  }
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // A key or a signature of a kind that this machine does not know proves nothing.
    return false;
  }
}

/** One line of a name that X.509 gives in several. */
function nameOf(name: string | undefined): string {
  return printable((name ?? '').split('\n').join(', '), 300);
}
