import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentEvents } from '../../protocols/fleet/agent-events.ts';
import type { Capability } from '../../protocols/fleet/capabilities/index.ts';
import { capabilities } from '../../protocols/fleet/capabilities/index.ts';
import { channels } from '../../protocols/fleet/channels.ts';
import * as enrolment from '../../protocols/fleet/enrolment.ts';
import { startTestServer } from '../hub/http/fake-features.ts';
import { type Difference, differences } from './difference.ts';

const updating = process.env['EDUFLEET_UPDATE_CONTRACT'] === '1';

describe('frozen contracts', () => {
  it('agent and hub: fleet-v1.json', () => {
    compare('fleet-v1.json', fleetContract(), 'protocols/fleet', '`fleet/v2` topics beside v1');
  });

  it('HTTP: api-v1.json', async () => {
    await using started = await startTestServer({ version: 'v1' });
    const document = started.server.app.swagger() as { readonly components?: { readonly schemas?: object } };
    compare('api-v1.json', document, 'protocols/api', '`/api/v2` beside v1');
    const text = JSON.stringify(document);
    const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? '');
    expect(Object.keys(document.components?.schemas ?? {})).toEqual(expect.arrayContaining([...new Set(named)]));
    expect(named.length).toBeGreaterThan(20);
  });
});

describe('differences', () => {
  const kinds = (frozen: Parameters<typeof differences>[0], present: Parameters<typeof differences>[0]) =>
    differences(frozen, present).map(({ kind, path }) => `${kind} ${path}`);

  it('tells additions from what breaks a reader', () => {
    expect(kinds({ a: 1 }, { a: 1 })).toEqual([]);
    expect(kinds({ properties: {} }, { properties: { b: {} } })).toEqual(['addition /properties/b']);
    expect(kinds({ properties: {} }, { properties: { pattern: {} } })).toEqual(['addition /properties/pattern']);
    expect(kinds({ enum: ['a'] }, { enum: ['b', 'a'] })).toEqual(['addition /enum']);
    expect(kinds({ oneOf: [1] }, { oneOf: [1, 2] })).toEqual(['addition /oneOf/1']);
    expect(kinds({ required: ['a'] }, { required: ['a', 'b'] })).toEqual(['change /required']);
    expect(kinds({ type: 'string' }, { type: 'string', maxLength: 3 })).toEqual(['change /maxLength']);
    expect(kinds({ enum: ['a', 'b'] }, { enum: ['b'] })).toEqual(['removal /enum']);
    expect(kinds({ properties: { a: {} } }, { properties: {} })).toEqual(['removal /properties/a']);
    expect(kinds({ type: 'string' }, { type: 'number' })).toEqual(['change /type']);
    expect(kinds([1, 2], [1])).toEqual(['removal /1']);
  });
});

/** Everything that crosses the wire between agent and hub, as JSON Schema. */
function fleetContract(): unknown {
  const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' });
  const mapped = <T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
  const enrolmentSchemas = Object.entries(enrolment).flatMap(([name, value]): [string, z.ZodType][] =>
    value instanceof z.ZodType ? [[name, value]] : [],
  );
  return {
    topics: 'fleet/v1/<agent>/<channel>',
    channels: mapped(channels, ({ direction, qos, maxBytes, schema, meaning }) => ({
      direction,
      qos,
      maxBytes,
      meaning,
      schema: schemaOf(schema),
    })),
    capabilities: mapped(capabilities as Readonly<Record<string, Capability>>, (capability) => ({
      state: schemaOf(capability.state),
      metrics: mapped(capability.metrics, ({ unit }) => ({ unit })),
      events: mapped(capability.events, schemaOf),
      commands: mapped(capability.commands, ({ args, idempotent }) => ({ idempotent, args: schemaOf(args) })),
    })),
    agentEvents: mapped(agentEvents, schemaOf),
    enrolment: Object.fromEntries(enrolmentSchemas.map(([name, schema]) => [name, schemaOf(schema)])),
  };
}

function compare(file: string, value: unknown, source: string, breaking: string): void {
  const path = join(import.meta.dirname, file);
  const present = JSON.parse(JSON.stringify(value));
  if (updating) writeFileSync(path, `${JSON.stringify(present, null, 2)}\n`);
  expect(existsSync(path), `${file} is missing; \`npm run contract:update\` writes it`).toBe(true);
  const found = differences(JSON.parse(readFileSync(path, 'utf8')), present);
  expect(found.length, message(file, found, source, breaking)).toBe(0);
}

function message(file: string, found: readonly Difference[], source: string, breaking: string): string {
  const lines = (kinds: readonly Difference['kind'][]) =>
    found.filter(({ kind }) => kinds.includes(kind)).map(({ path, text }) => `  ${path}: ${text}`);
  const added = lines(['addition']);
  const broken = lines(['change', 'removal']);
  return [
    `${source} differs from the frozen ${file}.`,
    ...(broken.length > 0 ? [`These break whoever speaks v1 today; they belong into ${breaking}:`, ...broken] : []),
    ...(added.length > 0 ? ['These are additions, which v1 may take:', ...added] : []),
    'If this is meant: `npm run contract:update`, and the diff of tests/contract is part of the review.',
  ].join('\n');
}
