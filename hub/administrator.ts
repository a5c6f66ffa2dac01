import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '../protocols/ports.ts';
import type { Access } from './access/index.ts';
import type { HubConfig } from './config.ts';
import { openSecret } from './secret.ts';

export interface AdministratorDeps {
  readonly access: Pick<Access, 'hasUsers' | 'ensureUser'>;
  readonly config: HubConfig;
  /** Root of the organisation. */
  readonly unitId: number;
  readonly log: Log;
}

/** Makes the first administrator when there is nobody yet; a password that was not given is written to the data folder. */
export async function ensureAdministrator({ access, config, unitId, log }: AdministratorDeps): Promise<void> {
  if (await access.hasUsers()) return;
  const { email } = config.admin;
  const file = join(config.dataDir, 'admin-password');
  const password = config.admin.password ?? (await openSecret(file, () => randomBytes(15).toString('base64url')));
  await access.ensureUser({ email, name: 'Quản trị', password, role: 'province-admin', unitId });
  log.info('first administrator made', { email, ...(config.admin.password ? {} : { passwordFile: file }) });
}
