import { generateKeyPairSync, type KeyPairKeyObjectResult, webcrypto } from 'node:crypto';
import type { Camera } from '../camera.ts';
import { envelope, escapeText, Fault, type ServiceRequest, textIn } from '../soap.ts';

type Answer = (camera: Camera, request: ServiceRequest) => string | Promise<string>;

const text = (request: ServiceRequest, name: string) => textIn(request.operation, name);
const unknown = (what: string) => new Fault(400, 'Sender', ['ter:InvalidArgVal', `ter:${what}`], 'No such id');
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

/** The keystore of ONVIF Security: keys that never leave, certificates for them, and what the TLS server shows. */
export const securityService: Readonly<Record<string, Answer>> = {
  'tas:GetAllCertificates': ({ upkeep }) => {
    const certificates = upkeep.certificates.map(
      ({ id, keyId, alias, der }) =>
        `<tas:Certificate><tas:CertificateID>${id}</tas:CertificateID><tas:KeyID>${keyId}</tas:KeyID><tas:Alias>${escapeText(alias)}</tas:Alias><tas:CertificateContent>${der.toString('base64')}</tas:CertificateContent><tas:HasPrivateKey>true</tas:HasPrivateKey></tas:Certificate>`,
    );
    return envelope(`<tas:GetAllCertificatesResponse>${certificates.join('')}</tas:GetAllCertificatesResponse>`);
  },
  'tas:GetAssignedServerCertificates': ({ upkeep }) => {
    const ids = upkeep.servedPaths.map((id) => `<tas:CertificationPathID>${id}</tas:CertificationPathID>`);
    return envelope(
      `<tas:GetAssignedServerCertificatesResponse>${ids.join('')}</tas:GetAssignedServerCertificatesResponse>`,
    );
  },
  'tas:GetCertificationPath': ({ upkeep }, request) => {
    const path = upkeep.paths.get(text(request, 'CertificationPathID'));
    if (!path) throw unknown('CertificationPathID');
    const ids = path.map((id) => `<tas:CertificateID>${id}</tas:CertificateID>`);
    return envelope(
      `<tas:GetCertificationPathResponse><tas:CertificationPath>${ids.join('')}</tas:CertificationPath></tas:GetCertificationPathResponse>`,
    );
  },
  'tas:CreateRSAKeyPair': ({ upkeep }, request) => {
    const modulusLength = Number(text(request, 'KeyLength'));
    if (modulusLength !== 2_048) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:KeyLength'], 'Not that length');
    }
    const id = `key-${upkeep.keys.size + 1}`;
    upkeep.keys.set(id, generateKeyPairSync('rsa', { modulusLength }));
    return envelope(
      `<tas:CreateRSAKeyPairResponse><tas:KeyID>${id}</tas:KeyID><tas:EstimatedCreationTime>PT3S</tas:EstimatedCreationTime></tas:CreateRSAKeyPairResponse>`,
    );
  },
  'tas:GetKeyStatus': ({ upkeep }, request) => {
    if (!upkeep.keys.has(text(request, 'KeyID'))) throw unknown('KeyID');
    return envelope('<tas:GetKeyStatusResponse><tas:KeyStatus>ok</tas:KeyStatus></tas:GetKeyStatusResponse>');
  },
  'tas:CreatePKCS10CSR': async ({ upkeep }, request) => {
    const pair = upkeep.keys.get(text(request, 'KeyID')) as KeyPairKeyObjectResult | undefined;
    if (!pair) throw unknown('KeyID');
    if (text(request, 'algorithm') !== '1.2.840.113549.1.1.11') throw unknown('UnsupportedSignatureAlgorithm');
    // Heavy, and hardly a simulated camera is ever asked for this; the library wants the polyfill first.
    await import('reflect-metadata');
    const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
    const keys = {
      privateKey: await imported('pkcs8', pair.privateKey.export({ type: 'pkcs8', format: 'der' }), ['sign']),
      publicKey: await imported('spki', pair.publicKey.export({ type: 'spki', format: 'der' }), ['verify']),
    };
    const name = [{ CN: [text(request, 'CommonName')] }];
    const made = await Pkcs10CertificateRequestGenerator.create(
      { name, keys, signingAlgorithm: algorithm },
      webcrypto as never,
    );
    return envelope(
      `<tas:CreatePKCS10CSRResponse><tas:PKCS10CSR>${Buffer.from(made.rawData).toString('base64')}</tas:PKCS10CSR></tas:CreatePKCS10CSRResponse>`,
    );
  },
  'tas:UploadCertificate': ({ upkeep }, request) => {
    const id = `certificate-${upkeep.certificates.length + 1}`;
    const keyId = [...upkeep.keys.keys()].at(-1);
    if (keyId === undefined) throw unknown('NoMatchingPrivateKey');
    const der = Buffer.from(text(request, 'Certificate'), 'base64');
    upkeep.certificates.push({ id, keyId, alias: text(request, 'Alias'), der });
    return envelope(
      `<tas:UploadCertificateResponse><tas:CertificateID>${id}</tas:CertificateID><tas:KeyID>${keyId}</tas:KeyID></tas:UploadCertificateResponse>`,
    );
  },
  'tas:CreateCertificationPath': ({ upkeep }, request) => {
    const list = request.operation.children.find(({ name }) => name === 'CertificateIDs')?.children ?? [];
    const ids = list.map((entry) => entry.text.trim());
    if (ids.some((id) => !upkeep.certificates.some((known) => known.id === id))) throw unknown('CertificateID');
    const id = `path-${upkeep.paths.size + 1}`;
    upkeep.paths.set(id, ids);
    return envelope(
      `<tas:CreateCertificationPathResponse><tas:CertificationPathID>${id}</tas:CertificationPathID></tas:CreateCertificationPathResponse>`,
    );
  },
  'tas:AddServerCertificateAssignment': ({ upkeep }, request) => {
    upkeep.servedPaths.push(requirePath(upkeep.paths, text(request, 'CertificationPathID')));
    return envelope('<tas:AddServerCertificateAssignmentResponse/>');
  },
  'tas:ReplaceServerCertificateAssignment': ({ upkeep }, request) => {
    const place = upkeep.servedPaths.indexOf(text(request, 'OldCertificationPathID'));
    if (place < 0) throw unknown('OldCertificationPathID');
    upkeep.servedPaths[place] = requirePath(upkeep.paths, text(request, 'NewCertificationPathID'));
    return envelope('<tas:ReplaceServerCertificateAssignmentResponse/>');
  },
};

/** The older certificates of the device service. */
export const oldSecurityService: Readonly<Record<string, Answer>> = {
  'tds:GetCertificates': ({ upkeep }) => {
    const certificates = upkeep.certificates.map(
      ({ id, der }) =>
        `<tds:NvtCertificate><tt:CertificateID>${id}</tt:CertificateID><tt:Certificate><tt:Data>${der.toString('base64')}</tt:Data></tt:Certificate></tds:NvtCertificate>`,
    );
    return envelope(`<tds:GetCertificatesResponse>${certificates.join('')}</tds:GetCertificatesResponse>`);
  },
  'tds:GetCertificatesStatus': ({ upkeep }) => {
    const served = new Set(upkeep.servedPaths.flatMap((path) => upkeep.paths.get(path)?.[0] ?? []));
    const statuses = upkeep.certificates.map(
      ({ id }) =>
        `<tds:CertificateStatus><tt:CertificateID>${id}</tt:CertificateID><tt:Status>${served.has(id)}</tt:Status></tds:CertificateStatus>`,
    );
    return envelope(`<tds:GetCertificatesStatusResponse>${statuses.join('')}</tds:GetCertificatesStatusResponse>`);
  },
};

function requirePath(paths: ReadonlyMap<string, readonly string[]>, id: string): string {
  if (!paths.has(id)) throw unknown('CertificationPathID');
  return id;
}

function imported(format: 'pkcs8' | 'spki', der: Buffer, usages: ('sign' | 'verify')[]) {
  return webcrypto.subtle.importKey(format, der, algorithm, true, usages);
}
