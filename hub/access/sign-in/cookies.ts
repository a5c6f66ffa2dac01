/** Answer of what sets or clears cookies; `cookies` are values of `Set-Cookie`. */
export interface WithCookies<T> {
  readonly value: T;
  readonly cookies: readonly string[];
}

/** Where the library reads from which address a person comes; set by us, never taken over from a request. */
export const addressHeader = 'x-edufleet-address';
export const cookiePrefix = 'edufleet';

/** The library's cookies by what they are for. */
const names = { session: 'session_token', secondStep: 'two_factor', state: 'state', passkey: 'passkey' } as const;

/** Reads the library's cookies out of a Cookie or a Set-Cookie header. */
export interface Cookies {
  /** The value, undefined without one. */
  valueOf(of: keyof typeof names, header: string | undefined): string | undefined;
  /** A Cookie header of this one cookie; undefined without it. */
  only(of: keyof typeof names, header: string | undefined): string | undefined;
  /** Those of these Set-Cookie lines that set or clear this one. */
  set(of: keyof typeof names, lines: readonly string[]): readonly string[];
}

export function createCookies(secure: boolean): Cookies {
  const nameOf = (of: keyof typeof names) => `${secure ? '__Secure-' : ''}${cookiePrefix}.${names[of]}=`;
  const only = (of: keyof typeof names, header: string | undefined) =>
    header
      ?.split(';')
      .map((part) => part.trim())
      .find((part) => part.startsWith(nameOf(of)));
  return {
    only,
    valueOf: (of, header) => only(of, header)?.slice(nameOf(of).length),
    set: (of, lines) => lines.filter((line) => line.startsWith(nameOf(of))),
  };
}

/** What a signed cookie holds before its signature, unchecked. */
export function unsigned(value: string): string | undefined {
  try {
    const text = decodeURIComponent(value);
    const end = text.lastIndexOf('.');
    return end > 0 ? text.slice(0, end) : undefined;
  } catch (thrown) {
    // Percent signs that are no encoding: not a cookie of ours.
    if (thrown instanceof URIError) return undefined;
    throw thrown;
  }
}
