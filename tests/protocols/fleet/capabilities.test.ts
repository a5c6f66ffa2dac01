import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Capability,
  capabilities,
  capabilityNames,
  findCapability,
  findMetric,
  requireCommand,
} from '../../../protocols/fleet/capabilities/index.ts';
import { metricKeySchema } from '../../../protocols/fleet/record.ts';
import { arbitraryOf } from '../../support/arbitraries.ts';

describe.each(capabilityNames)('capability %s', (name) => {
  const capability: Capability = capabilities[name];

  it('is called as it is listed, and has labels in both languages', () => {
    expect(capability.name).toBe(name);
    expect(name).toMatch(/^[a-z]{1,30}$/);
    const labels = [capability.label, ...Object.values(capability.metrics), ...Object.values(capability.commands)].map(
      (part) => ('label' in part ? part.label : part),
    );
    for (const { vi, en } of labels) expect([vi.trim(), en.trim()]).not.toContain('');
  });

  it('has metrics whose keys a sample takes', () => {
    for (const [key, metric] of Object.entries(capability.metrics)) {
      expect(metricKeySchema.safeParse(`${name}.${key}`).success).toBe(true);
      expect(findMetric(`${name}.${key}`)).toBe(metric);
      expect(findMetric(`${name}.${key}@eth0`)).toBe(metric);
      expect(metric.deadband).toBeGreaterThanOrEqual(0);
    }
  });

  it('takes its own state and its own arguments, and survives any other', () => {
    const own = [capability.state, ...Object.values(capability.commands).map(({ args }) => args)];
    for (const schema of own) {
      const takes = (value: unknown) => expect(schema.safeParse(value).error).toBeUndefined();
      fc.assert(
        fc.property(arbitraryOf(schema), (value) => void takes(value)),
        { numRuns: 30 },
      );
      fc.assert(
        fc.property(fc.jsonValue(), (value) => void schema.safeParse(value)),
        { numRuns: 30 },
      );
    }
  });
});

describe('look-ups by a name from outside', () => {
  it('find nothing in a prototype', () => {
    for (const name of ['toString', '__proto__', 'constructor', 'hasOwnProperty', '']) {
      expect(findCapability(name)).toBeUndefined();
      expect(findMetric(`${name}.x`)).toBeUndefined();
      expect(findMetric(`lamp.${name}`)).toBeUndefined();
      expect(() => requireCommand('power', name)).toThrow(/no command/);
      expect(() => requireCommand(name, 'on')).toThrow(/no command/);
    }
  });
});
