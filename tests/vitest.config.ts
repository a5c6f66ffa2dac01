import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

// Unit tests use fake clocks and no network; system tests start real brokers, databases and browsers on loopback.
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
          exclude: ['tests/system/**', 'tests/bench/**'],
          testTimeout: 15_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          // After the unit tests: whole processes want the machine, and ports of their own.
          sequence: { groupOrder: 1 },
          include: ['tests/system/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
