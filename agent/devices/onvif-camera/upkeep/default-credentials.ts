import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';

/** Name and password that a maker's handbook gives to everybody. */
export interface DefaultCredentials {
  readonly username: string;
  readonly password: string;
}

/** From handbooks and installation guides, the most usual of each maker first. Cameras of today mostly demand a password at first use. */
const byMaker: readonly (readonly [maker: RegExp, credentials: readonly DefaultCredentials[]])[] = [
  [/hikvision|hiwatch|annke/i, [{ username: 'admin', password: '12345' }]],
  [/dahua|kbvision|kbone|imou|amcrest|lorex/i, [{ username: 'admin', password: 'admin' }]],
  [/axis/i, [{ username: 'root', password: 'pass' }]],
  [
    /vivotek|foscam|reolink|xiongmai|^h264|^hi3518/i,
    [
      { username: 'admin', password: '' },
      { username: 'root', password: '' },
    ],
  ],
  [/hanwha|samsung|wisenet/i, [{ username: 'admin', password: '4321' }]],
  [/uniview|unv/i, [{ username: 'admin', password: '123456' }]],
  [/panasonic|i-pro/i, [{ username: 'admin', password: '12345' }]],
  [/bosch/i, [{ username: 'service', password: 'service' }]],
  [/mobotix/i, [{ username: 'admin', password: 'meinsm' }]],
  [/acti\b/i, [{ username: 'Admin', password: '123456' }]],
  [/milesight/i, [{ username: 'admin', password: 'ms1234' }]],
  [/flir/i, [{ username: 'admin', password: 'fliradmin' }]],
];

/** Of makers that are not in the list, and of boxes that say nothing of their maker. */
const ofAnybody: readonly DefaultCredentials[] = [
  { username: 'admin', password: 'admin' },
  { username: 'admin', password: '12345' },
  { username: 'admin', password: '123456' },
  { username: 'admin', password: '' },
  { username: 'root', password: 'pass' },
];

type Verdict = CapabilityState<'accounts'>['defaultPassword'];

export interface AccountFacts {
  readonly vendor: string | undefined;
  /** Names of the accounts; undefined for a camera that does not tell us. */
  readonly names: readonly string[] | undefined;
  /** What we sign in with and the camera accepts. */
  readonly own: DefaultCredentials | undefined;
  /** What was tried, and whether the camera accepted it. */
  readonly tried: readonly (DefaultCredentials & { readonly isAccepted: boolean })[];
}

/**
 * Whether some account has a documented password, from what is known without asking: ours either is one, or shows that our
 * account has none; an account that does not exist has none; and a trial tells the rest. Every wrong attempt counts towards
 * locking an account or our address, and we cannot know how many others have made, so nothing is ever tried by itself.
 */
export function defaultVerdict(facts: AccountFacts): { verdict: Verdict; next: DefaultCredentials | undefined } {
  const { own, tried, names } = facts;
  const documented = documentedOf(facts.vendor);
  const isDocumented = (found: DefaultCredentials) =>
    [...documented, ...ofAnybody].some((entry) => isSame(entry, found));
  if ((own && isDocumented(own)) || tried.some(({ isAccepted }) => isAccepted)) {
    return { verdict: 'yes', next: undefined };
  }
  if (names === undefined) return { verdict: 'unknown', next: undefined };
  const open = documented.filter(
    (entry) =>
      entry.username !== own?.username &&
      names.includes(entry.username) &&
      !tried.some((attempt) => isSame(attempt, entry)),
  );
  return { verdict: open.length === 0 ? 'no' : 'unknown', next: open[0] };
}

function documentedOf(vendor: string | undefined): readonly DefaultCredentials[] {
  return byMaker.find(([maker]) => maker.test(vendor ?? ''))?.[1] ?? ofAnybody;
}

function isSame(a: DefaultCredentials, b: DefaultCredentials): boolean {
  return a.username === b.username && a.password === b.password;
}
