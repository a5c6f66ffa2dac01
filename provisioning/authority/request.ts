import 'reflect-metadata';
import { Pkcs10CertificateRequest, type PublicKey } from '@peculiar/x509';
import { FatalError, toError } from '../../protocols/errors.ts';
import { algorithm } from './keys.ts';

const maxRequestCharacters = 8 * 1024;

/**
 * The public key of a PKCS#10 request (RFC 2986) whose sender proved to hold the private key. The subject and every
 * extension of the request are ignored: a request never says who it is. Throws FatalError `bad-request`.
 */
export async function provenKeyOf(requestPem: string): Promise<PublicKey> {
  const request = parse(requestPem);
  const key = request.publicKey.algorithm as { readonly name?: string; readonly namedCurve?: string };
  if (key.name !== algorithm.name || key.namedCurve !== algorithm.namedCurve)
    throw badRequest('the key must be ECDSA on P-256; make a new key and ask again');
  const proven = await request.verify().catch((thrown: unknown) => {
    throw badRequest('the signature of the request cannot be checked', thrown);
  });
  if (!proven) throw badRequest('the request is not signed by the key in it');
  return request.publicKey;
}

function parse(requestPem: string): Pkcs10CertificateRequest {
  if (requestPem.length > maxRequestCharacters) throw badRequest('the request is too long');
  try {
    return new Pkcs10CertificateRequest(requestPem);
  } catch (thrown) {
    throw badRequest('the request is no PKCS#10 in PEM', thrown);
  }
}

function badRequest(message: string, thrown?: unknown): FatalError {
  return new FatalError('bad-request', `certificate request: ${message}`, {
    ...(thrown === undefined ? {} : { cause: toError(thrown) }),
  });
}
