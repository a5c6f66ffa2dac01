import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { toError } from '../../protocols/errors.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { writeDurableFile } from '../../provisioning/platform/durable-file.ts';
import { createApi, signIn } from '../support/api.ts';
import { addOthers, adoptFound, createToken, ensureSchool, issueVoucher } from './adoption.ts';
import { enrolAgent, isEnrolled, startAgent } from './agent.ts';
import { ensureCalendar } from './calendar.ts';
import { ensureDashboard } from './dashboard.ts';
import { startHub } from './hub.ts';
import { type DemoOptions, readOptions, UsageError, usage } from './options.ts';
import { ensurePolicies } from './policies.ts';
import { ensureRules } from './rules.ts';
import { demoRooms, startSchool } from './school/index.ts';

/** How to reach a running demo; kept as `access.json` in the data folder. */
interface AccessFile {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly apiToken: string;
  readonly dataDir: string;
}

const email = 'admin@edufleet.example';
const schoolName = 'THPT Mẫu Edufleet (dữ liệu mẫu)';

async function main(options: DemoOptions, stop: AbortSignal): Promise<void> {
  const say = (line: string) => {
    if (!options.quiet) process.stdout.write(`  ${line}\n`);
  };
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const before = await readAccess(dataDir);
  const password = before?.password ?? randomBytes(12).toString('base64url');
  await using stack = new AsyncDisposableStack();
  await ensureDashboard(say);
  say('starting the hub: database, broker, API');
  const hub = stack.use(
    await startHub({ dataDir, port: options.port, admin: { email, password }, logLevel: 'warn', onLog: tell(options) }),
  );
  if (!hub.address.durable) say('warning: the database does not reach the disk on this machine');
  const { url, gatewayUrl } = hub.address;
  const apiToken =
    before?.apiToken ?? (await createToken(createApi(url, await signIn(url, email, password)), 'npm start'));
  const access: AccessFile = { url, email, password, apiToken, dataDir };
  await writeDurableFile(join(dataDir, 'access.json'), `${JSON.stringify(access, null, 2)}\n`);

  const api = createApi(url, { authorization: `Bearer ${apiToken}` });
  const place = await ensureSchool(api, schoolName, demoRooms);
  if (await ensureCalendar(api, place.school)) say('a sample school year is set');
  await ensureRules(api, place.school);
  await ensurePolicies(api, place.school);
  const school = options.empty
    ? undefined
    : stack.use(await startSchool({ clock: systemClock, seed: options.seed, network: 10 + (options.port % 240) }));
  if (school)
    say(
      `simulated school: ${school.devices.length} devices of ${new Set(school.devices.map(({ family }) => family)).size} families on loopback`,
    );
  const agent = {
    dataDir: join(dataDir, 'agent'),
    targets: school?.devices.flatMap(({ isFound, address }) => (isFound && address ? [address] : [])) ?? [],
    broker: school?.broker,
    logLevel: 'warn',
    onLog: tell(options),
  };
  if (!isEnrolled(agent.dataDir)) {
    await enrolAgent(agent, { gatewayUrl, voucher: await issueVoucher(api, place.school, 'Máy tính nhỏ của trường') });
    say('agent enrolled with a voucher');
  }
  const running = stack.use(startAgent(agent));
  announce(access);
  if (school) {
    const added = await addOthers(api, school.devices, place);
    if (added > 0) say(`${added} devices added with their settings, as a person does`);
    const adopted = await adoptFound(api, school.devices, place);
    if (adopted > 0) say(`${adopted} devices found by discovery and adopted`);
    if (added + adopted === 0) say('all devices were adopted before');
  }
  const ended = await Promise.race([
    running.exited.then(() => 'agent'),
    hub.child.exited.then(() => 'hub'),
    aborted(stop),
  ]);
  if (ended) throw new Error(`the ${ended} ended by itself; its last words are above`);
  say('stopping');
}

/** Warnings and errors of the children, as they come. */
function tell(options: DemoOptions): (line: string) => void {
  return (line) => {
    if (!options.quiet) process.stderr.write(`  ${line}\n`);
  };
}

function announce({ url, email: user, password, dataDir }: AccessFile): void {
  process.stdout.write(
    `\nEdufleet is ready: ${url}\n  sign in as ${user} with ${password}\n  details in ${join(dataDir, 'access.json')}\n  Ctrl-C stops everything\n\n`,
  );
}

async function readAccess(dataDir: string): Promise<AccessFile | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, 'access.json'), 'utf8')) as AccessFile;
  } catch (thrown) {
    if ((toError(thrown) as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((done) => {
    if (signal.aborted) done(undefined);
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error(signal)));
try {
  const options = readOptions(process.argv.slice(2));
  if (options) await main(options, stop.signal);
  else process.stdout.write(`${usage}\n`);
} catch (thrown) {
  process.stderr.write(`npm start: ${toError(thrown).message}\n`);
  process.exitCode = thrown instanceof UsageError ? 2 : 1;
}
