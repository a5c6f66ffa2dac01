export { type Authority, type IssuedCertificate, openAuthority } from './authority.ts';
export { identityOf, type PeerIdentity } from './identity.ts';
