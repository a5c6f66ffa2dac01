import type { FastifyInstance } from 'fastify';
import { FatalError } from '../../protocols/errors.ts';
import { InvalidInputError } from '../access/index.ts';

/** Takes JSON and nothing else: no form, no text, no body without a type. */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser(/^application\/json(?:;|$)/i, { parseAs: 'string' }, (request, text, done) => {
    void parse(request, text as string, (error, value: unknown) => {
      if (error) return done(new FatalError('malformed-json', 'The body is not one well-formed JSON value.'));
      const field = findUnstorable(value);
      if (field === undefined) return done(null, value);
      return done(
        new InvalidInputError(field, `Text must be Unicode without NUL, and values have at most ${mostLevels} levels.`),
      );
    });
  });
}

/** Deeper than any body of ours. */
const mostLevels = 32;

/**
 * Path of the first text that PostgreSQL cannot store: one with NUL or half a surrogate pair. JSON and percent-encoding
 * can both carry it, and it would come back as a database error. So is a value of too many
 * levels, which parses but cannot be written again. Undefined when all is well.
 */
export function findUnstorable(value: unknown, path = '', levels = mostLevels): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path || '(value)';
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return path;
  for (const [key, inner] of Object.entries(value)) {
    const here = path ? `${path}.${key}` : key;
    if (!isStorable(key)) return path || '(key)';
    const found = findUnstorable(inner, here, levels - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
