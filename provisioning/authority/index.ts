export { type Authority, type IssuedCertificate, openAuthority, type ServerIdentity } from './authority.ts';
export { fingerprintOf, identityOf, type PeerIdentity } from './identity.ts';
