import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

/** Conversations with simulated devices over real sockets, with clocks that run many times too fast. */
const wire = [
  'tests/agent/capture/replay.test.ts',
  'tests/agent/devices/**/*.test.ts',
  'tests/agent/platform/**/*.test.ts',
  'tests/protocols/onvif/schema.test.ts',
];

export default defineConfig({
  root,
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/system/**', 'tests/bench/**', ...wire],
          testTimeout: 15_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'wire',
          sequence: { groupOrder: 0 },
          include: wire,
          testTimeout: 15_000,
          // A machine that stands still for a tenth of a second makes such a clock jump by seconds.
          retry: process.env['CI'] ? 1 : 0,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          // After the others: whole processes want the machine. Two at a time, for many of them mostly wait for the clock.
          sequence: { groupOrder: 1 },
          include: ['tests/system/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
