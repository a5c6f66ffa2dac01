import { z } from 'zod';
import { list, object, type RedfishDocument, tolerant } from './document.ts';

/** Where every service begins (DSP0266 section 6.3). */
export const rootPath = '/redfish/v1/';

const longestPath = 512;
/** Longest collection that is walked. */
const mostMembers = 64;

/**
 * The path of a resource at the enrolled host; undefined for anything else. Links are a service's claim: only paths
 * below `/redfish/` are followed, never another host, so that nobody can send our credentials elsewhere. An absolute address
 * (a `Location` header may be one) keeps its path and loses its host. A fragment names a part of the same resource.
 */
export function resourcePath(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > longestPath) return undefined;
  const relative = value.replace(/^https?:\/\/[^/?#\\]+/i, '').replace(/#.*$/s, '');
  if (!/^\/redfish\/[\w\-.~!$&'()*+,;=:@%/]*(\?[\w\-.~!$&'()*+,;=:@%/?]*)?$/.test(relative)) return undefined;
  const [path = ''] = relative.split('?', 1);
  // `%2e` and `%2f` are read as dots and slashes by some servers.
  const segments = path
    .replaceAll(/%2e/gi, '.')
    .replaceAll(/%(2f|5c)/gi, '/')
    .split('/');
  return segments.includes('..') || segments.includes('.') || /%(?![0-9a-f]{2})/i.test(path) ? undefined : relative;
}

/** A link to one resource: `{"@odata.id": "/redfish/v1/…"}`. */
export const link = object({ '@odata.id': tolerant(z.unknown()) }).transform((value) =>
  resourcePath(value['@odata.id']),
);

/** Links to several. */
export const links = list(link).transform((paths) => paths.filter((path) => path !== undefined));

const collectionSchema = object({ Members: links, 'Members@odata.nextLink': tolerant(z.unknown()) });

/** A resource collection (DSP0266 section 7.5): the first 64 members, and where more of them are. */
export function parseCollection(document: RedfishDocument): {
  readonly members: readonly string[];
  readonly next: string | undefined;
} {
  const { Members, 'Members@odata.nextLink': next } = collectionSchema.parse(document);
  return { members: Members.slice(0, mostMembers), next: resourcePath(next) };
}
