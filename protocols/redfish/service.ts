import { object, type RedfishDocument, text } from './document.ts';
import { link, resourcePath } from './link.ts';

/** Where a service has its parts (DSP0268, ServiceRoot). */
export interface ServiceRoot {
  readonly vendor: string | undefined;
  readonly product: string | undefined;
  readonly systems: string | undefined;
  readonly chassis: string | undefined;
  readonly managers: string | undefined;
  readonly updateService: string | undefined;
  /** Where sessions are made; undefined for a service that knows Basic only. */
  readonly sessions: string | undefined;
}

const rootSchema = object({
  Vendor: text,
  Product: text,
  Systems: link,
  Chassis: link,
  Managers: link,
  UpdateService: link,
  Links: object({ Sessions: link }),
});

export function parseServiceRoot(document: RedfishDocument): ServiceRoot {
  const root = rootSchema.parse(document);
  return {
    vendor: root.Vendor,
    product: root.Product,
    systems: root.Systems,
    chassis: root.Chassis,
    managers: root.Managers,
    updateService: root.UpdateService,
    sessions: root.Links.Sessions,
  };
}

/** The body that opens a session (DSP0266 section 13.3.4.2). */
export function sessionRequest(username: string, password: string): string {
  return JSON.stringify({ UserName: username, Password: password });
}

export interface Session {
  /** Sent as `X-Auth-Token` from then on. A secret. */
  readonly token: string;
  /** What is deleted at the end; undefined where the service does not tell. */
  readonly path: string | undefined;
}

/** Reads the headers of the answer; undefined without a token that can be sent back. */
export function parseSession(headers: ReadonlyMap<string, readonly string[]>): Session | undefined {
  const token = headers.get('x-auth-token')?.[0];
  if (token === undefined || !/^[\x21-\x7e]{1,4096}$/.test(token)) return undefined;
  return { token, path: resourcePath(headers.get('location')?.[0]) };
}
