import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readSettings, type SettingsSources } from '../../../provisioning/platform/settings.ts';

const schema = z.strictObject({
  dataDir: z.string().default('/var/lib/edufleet'),
  http: z
    .strictObject({ port: z.int().min(0).max(65_535).default(8080), origins: z.array(z.string()).default([]) })
    .prefault({}),
  admin: z.strictObject({ password: z.string().optional() }).prefault({}),
});

const read = (sources: Partial<SettingsSources>) =>
  readSettings(schema, { file: {}, environment: {}, flags: {}, readFile: () => 'from-file\n', ...sources });

describe('settings', () => {
  it('takes defaults, then the file, then the environment, then flags', () => {
    expect(read({}).values.http.port).toBe(8080);
    expect(read({ file: { http: { port: 1 } } }).values.http.port).toBe(1);
    expect(read({ file: { http: { port: 1 } }, environment: { EDUFLEET_HTTP__PORT: '2' } }).values.http.port).toBe(2);
    const all = read({
      file: { http: { port: 1 } },
      environment: { EDUFLEET_HTTP__PORT: '2' },
      flags: { http: { port: 3 } },
    });
    expect(all.values.http.port).toBe(3);
    expect(all.origins.get('http.port')).toBe('flag');
  });

  it('reads lists from the environment as JSON, and keeps text as text', () => {
    expect(read({ environment: { EDUFLEET_HTTP__ORIGINS: '["a"]', EDUFLEET_DATA_DIR: '12' } }).values).toMatchObject({
      dataDir: '12',
      http: { origins: ['a'] },
    });
  });

  it('reads a secret from the file that *_FILE names, without its newline', () => {
    expect(read({ environment: { EDUFLEET_ADMIN__PASSWORD_FILE: '/run/secret' } }).values.admin.password).toBe(
      'from-file',
    );
  });

  it.each([
    [{ file: { dataDirr: 'x' } }, 'unknown setting dataDirr in the file; did you mean dataDir?'],
    [{ file: { http: { prot: 1 } } }, 'unknown setting http.prot in the file; did you mean http.port?'],
    [
      { environment: { EDUFLEET_HTTP__PROT: '1' } },
      'unknown setting EDUFLEET_HTTP__PROT in the environment; did you mean EDUFLEET_HTTP__PORT?',
    ],
    [{ environment: { EDUFLEET_HTTP__PORT: 'x' } }, 'setting http.port (from the environment): '],
    [{ file: { http: { port: 70_000 } } }, 'setting http.port (from the file): '],
  ])('refuses %j with a sentence that names it', (sources, message) => {
    expect(() => read(sources)).toThrow(message);
  });

  it('ignores what is not ours and freezes what it gives', () => {
    const { values } = read({ environment: { PATH: '/bin' } });
    expect(Object.isFrozen(values.http)).toBe(true);
  });
});
