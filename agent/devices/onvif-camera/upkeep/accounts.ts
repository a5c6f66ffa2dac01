import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import { type DeviceUser, getUsers, type UserLevel } from '../../../../protocols/onvif/upkeep/accounts.ts';
import type { Clock } from '../../../../protocols/ports.ts';
import { DeviceError } from '../../error.ts';
import type { CameraAspect, CameraScene, Offers, Output } from '../aspect.ts';
import { printable } from '../failure.ts';
import { optional } from '../survey.ts';
import { type AccountFacts, type DefaultCredentials, defaultVerdict } from './default-credentials.ts';

type AccountsState = CapabilityState<'accounts'>;
type Trial = DefaultCredentials & { readonly isAccepted: boolean; readonly at: number; readonly mono: number };

/** At most one wrong attempt within this, whoever asks for it. */
const trialIntervalMs = 24 * 3_600_000;
/** Devices whose trials are remembered. */
const maxDevices = 4_096;

/** Trials by device, for as long as the agent runs: a session that begins anew must not begin to count anew. One clock is one agent. */
const trialBooks = new WeakMap<Clock, Map<string, readonly Trial[]>>();

const levels: Readonly<Record<UserLevel, AccountsState['users'][number]['level']>> = {
  Administrator: 'administrator',
  Operator: 'operator',
  User: 'user',
  Anonymous: 'anonymous',
  Extended: 'other',
};

/** The accounts of a camera: who there is, and whether one still has the password of the maker's handbook. */
export function openAccounts(scene: CameraScene): CameraAspect {
  const { context, client } = scene;
  let users: readonly DeviceUser[] | undefined;
  let isOpen: boolean | undefined;

  const facts = (): AccountFacts => {
    const { username, password } = context.device.credentials ?? {};
    return {
      vendor: scene.survey().facts.information.manufacturer,
      names: users?.map(({ name }) => name),
      own: username === undefined ? undefined : { username, password: password ?? '' },
      tried: trialsOf(scene),
    };
  };
  const report = () => {
    if (users)
      context.reporter.report('accounts', accountsState(users, isOpen ?? false, facts(), trialsOf(scene).at(-1)?.at));
  };
  const tryDefault = async (signal: AbortSignal): Promise<Output> => {
    const { next } = defaultVerdict(facts());
    if (!next) throw new DeviceError('unsupported', 'no documented password is left to try');
    const last = trialsOf(scene).at(-1);
    if (last && context.clock.mono() - last.mono < trialIntervalMs) {
      throw new DeviceError(
        'unavailable',
        'a password was tried within the last 24 hours; wait, so that no account is locked',
      );
    }
    // Written down before it is made: an attempt that ends nowhere has still been made.
    const attempt = noteTrial(scene, next);
    const isAccepted = await client.accepts(next, signal);
    settleTrial(scene, attempt, isAccepted);
    report();
    return { account: next.username, defaultPassword: defaultVerdict(facts()).verdict };
  };

  return {
    survey: async (signal) => {
      users = await optional(client.call(client.deviceService, getUsers(), { signal }));
      // Once a session: some cameras write each such question into their log.
      if (users) isOpen ??= await optional(client.isOpen(signal));
    },
    offers: (): Offers => {
      if (!users) return {};
      const canTry = defaultVerdict(facts()).next !== undefined && isOpen !== true;
      return { accounts: canTry ? { tryDefault: { run: (_command, signal) => tryDefault(signal) } } : {} };
    },
    report,
  };
}

function accountsState(
  users: readonly DeviceUser[],
  isOpen: boolean,
  facts: AccountFacts,
  triedAt: number | undefined,
): AccountsState {
  return {
    users: users.slice(0, 64).map(({ name, level }) => ({
      name: printable(name, 120),
      level: level ? levels[level] : 'other',
      ...(name === facts.own?.username ? { own: true } : {}),
    })),
    defaultPassword: defaultVerdict(facts).verdict,
    open: isOpen,
    ...(triedAt === undefined ? {} : { triedAt }),
  };
}

function trialsOf({ context }: CameraScene): readonly Trial[] {
  return trialBooks.get(context.clock)?.get(context.device.id) ?? [];
}

function noteTrial(scene: CameraScene, { username, password }: DefaultCredentials): Trial {
  const { clock, device } = scene.context;
  const book = trialBooks.get(clock) ?? new Map<string, readonly Trial[]>();
  trialBooks.set(clock, book);
  const trial: Trial = { username, password, isAccepted: false, at: Math.round(clock.now()), mono: clock.mono() };
  const known = book.get(device.id) ?? [];
  book.delete(device.id);
  if (book.size >= maxDevices) book.delete(book.keys().next().value ?? '');
  book.set(device.id, [...known, trial].slice(-8));
  return trial;
}

/** An attempt that told nothing stays in the book for its time, but refutes no password. */
function settleTrial({ context }: CameraScene, trial: Trial, isAccepted: boolean | undefined): void {
  const book = trialBooks.get(context.clock);
  const known = book?.get(context.device.id) ?? [];
  const settled = isAccepted === undefined ? { ...trial, username: '' } : { ...trial, isAccepted };
  book?.set(
    context.device.id,
    known.map((entry) => (entry === trial ? settled : entry)),
  );
}
