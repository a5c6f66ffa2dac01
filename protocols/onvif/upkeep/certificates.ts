import { ProtocolError } from '../../bytes/error.ts';
import { deviceOperation, maxEntries } from '../device.ts';
import { namespaces } from '../namespaces.ts';
import { acknowledge, requireChild, requireText, type SoapOperation } from '../soap.ts';
import { parseBoolean, parseDuration } from '../values.ts';
import { childrenNamed, textAt, type XmlElement } from '../xml.ts';
import { type XmlMarkup, xml } from '../xml-markup.ts';

/** One certificate that a device holds. */
export interface DeviceCertificate {
  readonly id: string;
  /** X.509 in DER; empty when the device gives none. */
  readonly der: Uint8Array;
  /** The key in the keystore that belongs to it; undefined in the older service. */
  readonly keyId: string | undefined;
}

/** Certificates of the older device service [ONVIF Core 2.x 8.4.8; no longer in 26.06]. */
export function getCertificates(): SoapOperation<readonly DeviceCertificate[]> {
  return deviceOperation('GetCertificates', undefined, (answer) =>
    childrenNamed(answer, 'NvtCertificate')
      .slice(0, maxEntries)
      .flatMap((entry) => {
        const id = textAt(entry, 'CertificateID');
        const data = textAt(entry, 'Certificate', 'Data');
        return id === undefined ? [] : { id, der: decode(data), keyId: undefined };
      }),
  );
}

/** Ids of those of `getCertificates` that HTTPS uses. */
export function getCertificatesInUse(): SoapOperation<readonly string[]> {
  return deviceOperation('GetCertificatesStatus', undefined, (answer) =>
    childrenNamed(answer, 'CertificateStatus')
      .slice(0, maxEntries)
      .flatMap((entry) => (parseBoolean(textAt(entry, 'Status')) ? (textAt(entry, 'CertificateID') ?? []) : [])),
  );
}

/** Every certificate of the keystore [ONVIF Security 6.2.5]. */
export function getAllCertificates(): SoapOperation<readonly DeviceCertificate[]> {
  return securityOperation('GetAllCertificates', undefined, (answer) =>
    childrenNamed(answer, 'Certificate')
      .slice(0, maxEntries)
      .flatMap((entry) => {
        const id = textAt(entry, 'CertificateID');
        const der = decode(textAt(entry, 'CertificateContent'));
        return id === undefined ? [] : { id, der, keyId: textAt(entry, 'KeyID') };
      }),
  );
}

/** Ids of the certification paths that the TLS server shows [ONVIF Security 6.3]. */
export function getAssignedServerPaths(): SoapOperation<readonly string[]> {
  return securityOperation('GetAssignedServerCertificates', undefined, (answer) =>
    childrenNamed(answer, 'CertificationPathID')
      .slice(0, maxEntries)
      .map(({ text }) => text.trim())
      .filter((id) => id !== ''),
  );
}

/** Ids of the certificates of a path, that of the device first. */
export function getCertificationPath(pathId: string): SoapOperation<readonly string[]> {
  const content = xml`<tas:CertificationPathID>${pathId}</tas:CertificationPathID>`;
  return securityOperation('GetCertificationPath', content, (answer) =>
    childrenNamed(requireChild(answer, 'CertificationPath'), 'CertificateID')
      .slice(0, maxEntries)
      .map(({ text }) => text.trim()),
  );
}

/** Makes a key inside the device, which never leaves it; done after about `estimatedMs` [ONVIF Security 6.2.2]. */
export function createRsaKeyPair(
  bits: 2048 | 3072 | 4096,
  alias: string,
): SoapOperation<{ readonly keyId: string; readonly estimatedMs: number }> {
  const content = xml`<tas:KeyLength>${bits}</tas:KeyLength><tas:Alias>${alias}</tas:Alias>`;
  return securityOperation('CreateRSAKeyPair', content, (answer) => ({
    keyId: requireText(answer, 'KeyID'),
    estimatedMs: parseDuration(textAt(answer, 'EstimatedCreationTime')) ?? 0,
  }));
}

/** `ok`, `generating` or `corrupt`, in the device's own words. */
export function getKeyStatus(keyId: string): SoapOperation<string> {
  return securityOperation('GetKeyStatus', xml`<tas:KeyID>${keyId}</tas:KeyID>`, (answer) =>
    requireText(answer, 'KeyStatus'),
  );
}

/** A request for a certificate of that key in DER, signed by it with SHA-256 and RSA [RFC 2986, RFC 4055]. */
export function createCertificateRequest(keyId: string, commonName: string): SoapOperation<Uint8Array> {
  const subject = xml`<tas:Subject><tas:CommonName>${commonName}</tas:CommonName></tas:Subject>`;
  // sha256WithRSAEncryption, whose parameters are NULL.
  const algorithm = xml`<tas:SignatureAlgorithm><tas:algorithm>1.2.840.113549.1.1.11</tas:algorithm><tas:parameters>BQA=</tas:parameters></tas:SignatureAlgorithm>`;
  const content = xml`${subject}<tas:KeyID>${keyId}</tas:KeyID>${algorithm}`;
  return securityOperation('CreatePKCS10CSR', content, (answer) => {
    const der = decode(requireText(answer, 'PKCS10CSR'));
    if (der.byteLength === 0) throw new ProtocolError('malformed', 'a certificate request that is not base64');
    return der;
  });
}

/** Gives the device a certificate for a key that it holds; returns the certificate's id. */
export function uploadCertificate(der: Uint8Array, alias: string): SoapOperation<string> {
  const data = Buffer.from(der).toString('base64');
  const content = xml`<tas:Certificate>${data}</tas:Certificate><tas:Alias>${alias}</tas:Alias><tas:PrivateKeyRequired>true</tas:PrivateKeyRequired>`;
  return securityOperation('UploadCertificate', content, (answer) => requireText(answer, 'CertificateID'));
}

/** Joins certificates, the device's first, to a path; returns its id. */
export function createCertificationPath(certificateIds: readonly string[], alias: string): SoapOperation<string> {
  const ids = certificateIds.map((id) => xml`<tas:CertificateID>${id}</tas:CertificateID>`);
  const content = xml`<tas:CertificateIDs>${ids}</tas:CertificateIDs><tas:Alias>${alias}</tas:Alias>`;
  return securityOperation('CreateCertificationPath', content, (answer) => requireText(answer, 'CertificationPathID'));
}

/** Lets the TLS server show that path, beside those or in place of the one that it shows now. */
export function assignServerPath(pathId: string, replaces: string | undefined): SoapOperation<undefined> {
  if (replaces === undefined) {
    const content = xml`<tas:CertificationPathID>${pathId}</tas:CertificationPathID>`;
    return securityOperation('AddServerCertificateAssignment', content, acknowledge);
  }
  const content = xml`<tas:OldCertificationPathID>${replaces}</tas:OldCertificationPathID><tas:NewCertificationPathID>${pathId}</tas:NewCertificationPathID>`;
  return securityOperation('ReplaceServerCertificateAssignment', content, acknowledge);
}

function securityOperation<Result>(
  name: string,
  content: XmlMarkup | undefined,
  read: (answer: XmlElement) => Result,
): SoapOperation<Result> {
  const tag = { markup: name };
  return {
    action: `${namespaces.tas}/${name}`,
    body: xml`<tas:${tag} xmlns:tas="${namespaces.tas}">${content}</tas:${tag}>`,
    answer: { namespace: namespaces.tas, name: `${name}Response` },
    read,
  };
}

/** Base64 with white space in it; empty for anything else. */
function decode(text: string | undefined): Uint8Array {
  const packed = text?.replace(/\s+/g, '') ?? '';
  return /^[A-Za-z0-9+/]+={0,2}$/.test(packed) ? Buffer.from(packed, 'base64') : new Uint8Array();
}
