import { readFileSync } from 'node:fs';
import { FatalError, toError } from '../../protocols/errors.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Driver } from '../devices/driver.ts';
import type { Language } from './texts.ts';

/** What a person gives on the command line about one device. Never a password: other users can read a command line. */
export interface DeviceFlags {
  readonly family?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly passwordStdin?: boolean;
  /** JSON, or a file with JSON. */
  readonly settings?: string;
  readonly lang?: string;
}

export interface Target {
  readonly host: string;
  readonly port?: number;
}

/** Standard input, read only when a person says that the password comes from there. */
export type Input = () => AsyncIterable<unknown>;

const maxPasswordBytes = 1_024;

/** Reads `host`, `host:port`, an IPv6 address or `[IPv6]:port`. Throws FatalError `invalid-address`. */
export function parseTarget(text: string): Target {
  const bracketed = /^\[([0-9a-fA-F:.%]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^([^\s:/@[\]]{1,255})(?::(\d{1,5}))?$/.exec(text);
  const bare = /^[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*$/.test(text) ? [text, text, undefined] : undefined;
  const [, host, portText] = bracketed ?? plain ?? bare ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new FatalError('invalid-address', `${text} is no address; write 192.168.1.20 or 192.168.1.20:4352`);
  }
  return { host, ...(port === undefined ? {} : { port }) };
}

/** Throws FatalError `invalid-language`. */
export function languageOf({ lang = 'vi' }: DeviceFlags): Language {
  if (lang === 'vi' || lang === 'en') return lang;
  throw new FatalError('invalid-language', `there is no language ${lang}; choose vi or en`);
}

/** Throws FatalError `unknown-family`. */
export function driverOf(drivers: readonly Driver[], family: string): Driver {
  const driver = drivers.find((candidate) => candidate.family === family);
  if (driver) return driver;
  const known = drivers.map((candidate) => candidate.family).join(', ');
  throw new FatalError('unknown-family', `this agent has no family ${family}; it knows ${known}`);
}

/** Throws FatalError `invalid-password` for a file or an input that holds none. */
export async function readCredentials(
  { username, passwordFile, passwordStdin }: DeviceFlags,
  input: Input,
): Promise<DesiredDevice['credentials']> {
  const password = passwordFile === undefined ? undefined : passwordIn(readTextFile(passwordFile, 'invalid-password'));
  const typed = passwordStdin ? passwordIn(await readAll(input)) : undefined;
  const known = password ?? typed;
  if (username === undefined && known === undefined) return undefined;
  return { ...(username === undefined ? {} : { username }), ...(known === undefined ? {} : { password: known }) };
}

/** The line end that an editor or `echo` adds belongs to no password. */
function passwordIn(text: string): string {
  const password = text.replace(/\r?\n$/, '');
  if (password !== '' && !password.includes('\n') && password.length <= 200) return password;
  throw new FatalError('invalid-password', 'a password is one line of at most 200 characters');
}

async function readAll(input: Input): Promise<string> {
  let text = '';
  for await (const chunk of input()) {
    text += String(chunk);
    if (text.length > maxPasswordBytes) break;
  }
  return text;
}

/** The settings, raw and checked by the family. Throws FatalError `invalid-settings`. */
export function readDeviceSettings(
  driver: Driver,
  text: string | undefined,
): { readonly raw: Record<string, unknown>; readonly checked: unknown } {
  const json = text === undefined ? '{}' : text.trimStart().startsWith('{') ? text : readTextFile(text);
  return checkSettings(driver, parseObject(json));
}

/** Throws FatalError `invalid-settings` naming what the family does not take. */
export function checkSettings(
  driver: Driver,
  raw: Record<string, unknown>,
): { readonly raw: Record<string, unknown>; readonly checked: unknown } {
  const parsed = driver.settings.safeParse(raw);
  if (parsed.success) return { raw, checked: parsed.data };
  const issue = parsed.error.issues[0];
  throw new FatalError(
    'invalid-settings',
    `${driver.family}: ${issue?.path.join('.') || 'settings'}: ${issue?.message}; give them by --settings`,
  );
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (thrown) {
    throw new FatalError('invalid-settings', `--settings is no JSON: ${toError(thrown).message}`);
  }
  throw new FatalError('invalid-settings', '--settings is no JSON object');
}

function readTextFile(path: string, code = 'invalid-settings'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new FatalError(code, `${path} cannot be read: ${toError(thrown).message}`);
  }
}
