/** What a request says of the page that sent it. */
export interface RequestOrigin {
  readonly method: string;
  /** `https://host:port` of this request, by the proxy's word where one is trusted. */
  readonly own: string;
  /** Address that people use, from the configuration. */
  readonly publicUrl: string;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** Whether the browser may have added the session's cookie by itself. */
  readonly hasCookie: boolean;
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that changes something may have been made by a foreign page (CSRF; ASVS 5.0, 3.5). Pure.
 * A browser states Sec-Fetch-Site and Origin and no page can change them; with a cookie one of them must be there.
 */
export function isForeign(request: RequestOrigin): boolean {
  if (safeMethods.has(request.method)) return false;
  const { origin, fetchSite, hasCookie } = request;
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return true;
  if (origin !== undefined) return origin !== request.own && origin !== originOf(request.publicUrl);
  return hasCookie && fetchSite === undefined;
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}
