import { FatalError } from '../protocols/errors.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import { writeDurableFile } from '../provisioning/platform/durable-file.ts';
import { breakGlass as open } from './access/index.ts';
import { createAudit } from './audit/index.ts';
import type { HubConfig } from './config.ts';
import { createOrganisation } from './organisation/index.ts';
import { openStore } from './store/index.ts';

export interface BreakGlassOptions {
  readonly config: HubConfig;
  readonly email: string;
  /** 1 to 8. */
  readonly hours: number;
  readonly reason?: string | undefined;
  /** Where the password goes (0600); into the answer without it. */
  readonly passwordFile?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes somebody province administrator for some hours, for whoever has the server itself but no administrator who can
 * sign in. It works on the database: beside running hubs when that is PostgreSQL, and with the hub stopped when it is the
 * embedded one. Returns what to do next, in sentences. Throws FatalError `invalid-setting`, `person-disabled`, and as
 * openStore does (`data-folder-in-use`).
 */
export async function breakGlass(options: BreakGlassOptions): Promise<string> {
  const { config, email, hours, reason, passwordFile, clock, log } = options;
  if (!Number.isInteger(hours) || hours < 1 || hours > 8)
    throw new FatalError('invalid-setting', `--hours is ${hours}; give a whole number from 1 to 8.`);
  if (!/^[^@\s]+@[^@\s]+$/.test(email))
    throw new FatalError('invalid-setting', `--email: "${email}" is no e-mail address.`);
  const { databaseUrl, dataDir, province } = config;
  await using store = await openStore({ databaseUrl, dataDir, clock, log });
  await using organisation = createOrganisation({ store });
  await organisation.load();
  const unitId = await organisation.ensureRoot(province);
  await using audit = createAudit({ store, clock });
  const { userId, password, until, isNew } = await open({ store, clock }, { email, hours, unitId });
  // The password is not told before this stands in the log.
  await audit.append({
    actor: 'console',
    action: 'person.break-glass',
    subject: `person:${userId}`,
    unitId,
    reason,
    detail: { email, hours, until: until.toISOString(), made: isNew },
  });
  if (passwordFile !== undefined) await writeDurableFile(passwordFile, `${password}\n`);
  return [
    `${email} is province administrator until ${until.toISOString()}${isNew ? ' (the account was made)' : ''}.`,
    passwordFile === undefined ? `One-time password: ${password}` : `The one-time password is in ${passwordFile}.`,
    'It must be changed at the first sign-in. Their second factor and their sessions are gone.',
    'Every sign-in is written to the audit log and shown to the other administrators while it lasts.',
  ].join('\n');
}
