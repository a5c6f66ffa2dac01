/** Where a camera was enrolled. Its host never changes, whatever the camera says about itself. */
export interface Origin {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** A place at the enrolled host. */
export interface Location {
  readonly port: number;
  /** Path and query as they go into the request line. */
  readonly path: string;
}

/** Where every device has its device service [ONVIF Core 5.1.1]. */
export const deviceServicePath = '/onvif/device_service';

/**
 * Parts of an address that carry credentials: `?user=admin&pwd=x`, and the `user=admin_password=x_` in the paths of some makers.
 * A value reaches to the next `&` or `_name=`, whatever it holds: an address that lost too much is better than one that tells too much.
 */
const secretPart = /(?<![a-z0-9])(user(name)?|usr|login|pass(word|wd)?|pwd|auth|token)=.*?(&|_(?=[a-z]+=)|$)/gi;

/**
 * Takes port and path from an address that a camera advertised, and keeps the enrolled host: an advertised host is
 * the camera's claim, and following it would hand our credentials to whoever is there. A port of another scheme
 * than ours is not taken. Undefined when it is no HTTP address at all.
 */
export function relocate(advertised: string, origin: Origin): Location | undefined {
  const url = URL.parse(advertised.trim());
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const isOurScheme = url.protocol === `${origin.scheme}:`;
  const standardPort = origin.scheme === 'https' ? 443 : 80;
  const port = url.port === '' ? standardPort : Number(url.port);
  return { port: isOurScheme && port > 0 ? port : origin.port, path: `${url.pathname}${url.search}` };
}

/** The URL of a place at the enrolled host. */
export function urlOf(origin: Origin, location: Location): string {
  return `${origin.scheme}://${bracketed(origin.host)}:${location.port}${location.path}`;
}

/**
 * A stream address that may be shown: at the enrolled host, without user, password or anything that looks like them.
 * Undefined when it is no RTSP or HTTP address, or when the password is still in it.
 */
export function publicStreamUri(advertised: string, host: string, password: string | undefined): string | undefined {
  const url = URL.parse(advertised.trim());
  if (!url || !/^(rtsps?|https?):$/.test(url.protocol)) return undefined;
  const port = url.port === '' ? '' : `:${url.port}`;
  const rest = `${url.pathname}${url.search}`.replace(secretPart, '').replace(/[?&]+$/, '');
  const uri = `${url.protocol}//${bracketed(host)}${port}${rest}`;
  const isSecret = (secret: string) => secret !== '' && rest.includes(secret);
  if (password !== undefined && (isSecret(password) || isSecret(encodeURIComponent(password)))) return undefined;
  return uri.length <= 500 ? uri : undefined;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
